/** Handlers run in the order in which they are defined in Ansible, and in the order in which resources name them here. */
import { type Doc, layOut, object } from '../code/layout.ts';

/** A handler of the role, by the name of its constant. */
interface Named {
  readonly name: string;
  readonly code: Doc;
}

/**
 * The handlers, each with those of before that it must run after: where a resource names it earlier than one of them.
 * @param handlers in the order in which they are defined
 * @param resources in the order of the role
 */
export function inOrder<T extends Named>(handlers: readonly T[], resources: readonly Doc[]): readonly T[] {
  const mentioned = [...JSON.stringify(resources).matchAll(/\["notify","([^"]*)"\]/g)].flatMap(([, names = '']) =>
    names.replace(/[[\]]/g, '').split(', '),
  );
  return handlers.map((handler, i) => {
    const first = mentioned.indexOf(handler.name);
    const before = handlers.slice(0, i).filter(({ name }) => mentioned.lastIndexOf(name) > first);
    return before.length === 0 ? handler : { ...handler, code: after(handler.code, before) };
  });
}

function after(code: Doc, before: readonly Named[]): Doc {
  const others = ['after', `[${before.map(({ name }) => name).join(', ')}]`] as const;
  if (typeof code === 'object' && code.type === 'object') return object([...code.fields, others]);
  const spread = `...${layOut(code, 0, 0, Number.NEGATIVE_INFINITY)}`;
  return object([[spread, spread], others]);
}
