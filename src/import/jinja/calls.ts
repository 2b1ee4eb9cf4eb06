/** What expressions call: functions of Jinja, lookups of Ansible, and methods of Python's texts and mappings. */
import { asText, type Code, operand } from '../code/code.ts';
import { BOOLEAN, TEXT } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import { partsOf } from './entries-of-mappings.ts';
import type { Scope } from './expressions.ts';
import { applyFilter } from './filters.ts';
import type { Expression } from './jinja.ts';
import { range } from './operators.ts';

interface Context {
  readonly scope: Scope;
  translate(argument: Expression): Code;
}

const METHODS: Readonly<Record<string, string>> = {
  upper: 'toUpperCase',
  lower: 'toLowerCase',
  strip: 'trim',
  startswith: 'startsWith',
  endswith: 'endsWith',
};

/** @throws NotTranslated */
export function translateCall({ of, args }: Expression & { kind: 'call' }, context: Context): Code {
  const { translate } = context;
  if (of.kind === 'name' && of.name === 'range') return range(args.positional.map(translate));
  if (of.kind === 'name' && ['lookup', 'query', 'q'].includes(of.name)) return lookup(args.positional, context);
  if (of.kind !== 'get' || of.key.kind !== 'literal')
    throw new NotTranslated('it calls a function that has no equivalent');
  const method = String(of.key.value);
  const value = translate(of.of);
  if (method === 'items') return applyFilter('items', value, args, context);
  if (method === 'split' && args.positional.length + Object.keys(args.named).length < 2)
    return applyFilter('split', value, args, context);
  const count = args.positional.length + Object.keys(args.named).length;
  if ((method === 'keys' || method === 'values') && count === 0) return partsOf(method, value);
  const name = METHODS[method];
  if (name !== undefined && args.positional.length !== (method.endsWith('with') ? 1 : 0))
    throw new NotTranslated(`its function ${method}() is not understood`);
  if (name === undefined) throw new NotTranslated(`its function ${method}() has no equivalent`);
  const given = args.positional.map((argument) => asText(translate(argument)).code);
  const shape = method.endsWith('with') ? BOOLEAN : TEXT;
  return { code: `${operand(asText(value))}.${name}(${given.join(', ')})`, shape, isAtom: true };
}

function lookup(args: readonly Expression[], { scope, translate }: Context): Code {
  const [plugin, path] = args.map(translate);
  const kind = String(plugin?.literal).replace('ansible.builtin.', '');
  if (kind === 'file' && typeof path?.literal === 'string') return scope.fileContent(path.literal);
  throw new NotTranslated(
    `lookup('${kind}') has no equivalent`,
    kind === 'env' ? 'Make it a variable of the inventory: NAME: "{{ env.NAME }}".' : 'Make it a variable.',
  );
}
