/** The handlers of a play: the constants that stand for them in the role. */
import type { Doc } from './code/layout.ts';
import type { Names } from './code/names.ts';
import type { Task } from './playbook/play.ts';

/** Constants for handlers: `restartDocker` for "restart docker". */
export function nameHandlers(handlers: readonly Task[], names: Names): ReadonlyMap<Task, string> {
  const found = new Map<Task, string>();
  for (const handler of handlers) {
    const words = handler.name.toLowerCase().match(/[a-z0-9]+/g) ?? ['handler'];
    const camel = words
      .map((word, i) => (i === 0 ? word : word.replace(/^./, (letter) => letter.toUpperCase())))
      .join('');
    const prefixed = `handler${camel.replace(/^./, (letter) => letter.toUpperCase())}`;
    const wish = /^[a-z]/.test(camel) && words.length > 1 ? camel : prefixed;
    found.set(handler, names.constant(wish, prefixed));
  }
  return found;
}

/** Without the handlers that did not come over: told once, where they stand. */
export function withoutHandlers(doc: Doc, lost: readonly string[]): Doc {
  if (lost.length === 0 || typeof doc === 'string') return doc;
  if (doc.type === 'spread' || doc.type === 'chain') {
    const of = withoutHandlers(doc.of, lost);
    return doc.type === 'spread'
      ? { ...doc, of }
      : { ...doc, of, args: doc.args.map((arg) => withoutHandlers(arg, lost)) };
  }
  if (doc.type === 'arrow') return { ...doc, body: withoutHandlers(doc.body, lost) };
  if (doc.type === 'array') return { ...doc, items: doc.items.map((item) => withoutHandlers(item, lost)) };
  if (doc.type === 'choice') return { ...doc, yes: withoutHandlers(doc.yes, lost), no: withoutHandlers(doc.no, lost) };
  if (doc.type !== 'call') return doc;
  const args = doc.args.flatMap((arg): Doc[] => {
    const [[name, value] = []] = typeof arg === 'object' && arg.type === 'object' ? arg.fields : [];
    if (name !== 'notify' || typeof value !== 'string') return [arg];
    const kept = value
      .replace(/[[\]]/g, '')
      .split(', ')
      .filter((handler) => !lost.includes(handler));
    const notify = kept.length === 1 ? (kept[0] ?? '') : `[${kept.join(', ')}]`;
    return kept.length === 0 ? [] : [{ type: 'object', fields: [['notify', notify]] }];
  });
  return { ...doc, args };
}
