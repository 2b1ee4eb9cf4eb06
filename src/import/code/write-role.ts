/** Writes a role as TypeScript. */

import type { Entry } from '../entries.ts';
import type { Told } from '../playbook/play.ts';
import type { TranslatedRole } from '../role.ts';
import type { Constant } from '../variable.ts';
import { HELPERS, type Helper } from './constants.ts';
import { array, call, type Doc, layOut, object } from './layout.ts';
import { FOLDER, mentions } from './names.ts';
import { keyCode } from './value-code.ts';

/** The folder beside the role with its templates and files. Another name than the role's: a role of Ansible may have that. */
export function filesFolder(role: string): string {
  return `${role}-files`;
}

/**
 * The file of the role.
 * @param from what it was imported from, for the comment at its top
 */
export function writeRole(name: string, role: TranslatedRole, from: string): string {
  const { params, constants, handlers, entries, uses, files } = role;
  const parts = [...(params.length > 0 ? ['params'] : []), ...uses];
  const context = parts.length === 0 ? '()' : `({ ${parts.join(', ')} })`;
  const list = array(entries.flatMap(entryDocs));
  const locals = [
    ...constants.map(localLine),
    ...handlers.map((handler) =>
      [...withoutLines(handler.without).map((line) => `    ${line}\n`), localLine(handler)].join(''),
    ),
  ];
  const body =
    locals.length === 0
      ? `${context} => ${layOutWhole(list, 2)}`
      : `${context} => {\n${locals.join('')}\n    return ${layOutWhole(list, 4)};\n  }`;
  const helpers = Object.entries(HELPERS).flatMap(([helper, about]) => (mentions(body, helper) ? [about] : []));
  const schema = layOut(call('z.object', object(params.map((param) => [keyCode(param.name), param.schema]))), 2, 10);
  return [
    `/** Imported from ${from}: ${role.total - role.left.length} of ${role.total} tasks. */`,
    ...(body.includes('readFileSync(') ? ["import { readFileSync } from 'node:fs';"] : []),
    importLine(usedImports(role, helpers)),
    '',
    ...(files.size > 0 ? [`const ${FOLDER} = \`\${import.meta.dirname}/${filesFolder(name)}\`;`, ''] : []),
    ...helpers.flatMap((helper) => [helper.code, '']),
    ...withoutLines(role.around),
    'export default defineRole({',
    `  name: '${name}',`,
    `  params: ${schema},`,
    `  resources: ${body},`,
    '});',
    '',
  ].join('\n');
}

/** With each entry on lines of its own: it is what people read. */
function layOutWhole(list: Doc, indent: number): string {
  const text = layOut(list, indent, Number.POSITIVE_INFINITY);
  return text === `[\n${' '.repeat(indent)}]` ? '[]' : text;
}

function entryDocs(entry: Entry): readonly Doc[] {
  if (entry.type === 'left') return [leftDoc(entry)];
  const [first, ...others] = entry.items;
  if (first === undefined) return [];
  const title = entry.name.replace(/^[; ]+|[; ]+$/g, '') === '' ? [] : [`// ${oneLine(entry.name)}`];
  const lost = (entry.lost ?? []).map(
    ({ name, place }) => `// NOT NOTIFIED: ${oneLine(name)} (${place}), which is not translated`,
  );
  const lines = [...title, ...lost, ...withoutLines(entry.without ?? [])];
  return [lines.length === 0 ? first : { type: 'comment', lines, of: first }, ...others];
}

function localLine({ name, type, code }: Constant): string {
  const start = `const ${name}${type === undefined ? '' : `: ${type}`} =`;
  return `    ${start} ${layOut(code, 4, 5 + start.length)};\n`;
}

/** What people search for as well: options that did not come over. */
function withoutLines(without: readonly Told[]): readonly string[] {
  return without.map(({ place, why }) => `// NOT TAKEN OVER: ${place} ${oneLine(why)}`);
}

/** The mark that people search for, and the task as it was. */
function leftDoc({ left }: Entry & { type: 'left' }): Doc {
  const source = left.source.split('\n').map((line) => `//   ${line}`.trimEnd());
  const hint = left.hint === undefined ? [] : [`// ${oneLine(left.hint)}`];
  const inherited = left.inherited.map((line) => `//   ${oneLine(line)}`);
  const around = inherited.length === 0 ? [] : ['// and from what it stands in:', ...inherited];
  const why = `// NOT TRANSLATED: ${left.place} ${oneLine(left.why)}`;
  const { notifiedBy = [] } = left;
  const notified = notifiedBy.length === 0 ? [] : [`// It is notified by what is at ${notifiedBy.join(', ')}.`];
  return { type: 'comment', lines: [why, ...hint, ...notified, ...source, ...around] };
}

function oneLine(text: string): string {
  return text.replace(/[\s\u2028\u2029]+/g, ' ').trim();
}

function usedImports({ imports, params }: TranslatedRole, helpers: readonly Helper[]): readonly string[] {
  const names = new Set([...imports, ...helpers.flatMap((helper) => helper.imports)]);
  if (layOut(object(params.map(({ name, schema }) => [keyCode(name), schema]))).includes('fields.'))
    names.add('fields');
  return [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

function importLine(names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from 'provision';`;
  return line.length <= 120 ? line : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from 'provision';`;
}
