/** The reference as text for a terminal. */
import { type Block, type KeyRow, keyRowsOf, keysOf, type Table } from '../reference/markdown.ts';
import type { Found, Page, Topic } from '../reference/topics.ts';
import type { Paint } from './colour.ts';
import { type TableOptions, tableLines } from './table.ts';
import { fill, padEnd, textWidth, wrap } from './width.ts';

/** A longer key stands on a line of its own. */
const MOST_KEY_COLUMNS = 24;
const NO_DEFAULT = '–';

/** A topic that was found. */
export function foundLines(found: Found, options: TableOptions): string[] {
  const { paint, columns } = options;
  if (found.kind === 'section') {
    const { topic, others } = found;
    const also = others.map(({ page, name }) => `provision docs ${page}.${name}`);
    return [
      paint('bold', topic.title),
      ...blockLines(topic.blocks, options),
      ...(also.length === 0 ? [] : ['', ...fill(['See also', also.join(', ')], columns)]),
    ];
  }
  const { path, rows, blocks } = found.topic;
  return [
    paint('bold', path),
    ...rows.flatMap((row) => ['', ...rowText(row).flatMap((line) => indented(inline(line, paint), '  ', columns))]),
    ...blockLines(blocks, options),
  ];
}

/** All topics, by what they tell of. */
export function topicLines(topics: readonly Topic[], { columns, paint }: TableOptions): string[] {
  const ofPage = (page: Page) => topics.filter((topic) => topic.page === page);
  const lists: readonly (readonly [string, readonly Topic[]])[] = [
    ['roles', ofPage('roles').filter(({ isRole }) => isRole)],
    ['inventory', ofPage('roles').filter(({ isRole }) => !isRole)],
    ['resources', ofPage('resources')],
    ['encrypted secrets', ofPage('vault')],
    ['the wizard', ofPage('wizard')],
    ['tests of roles', ofPage('test-roles')],
    ['coming from Ansible', ofPage('from-ansible')],
    ['errors', ofPage('errors')],
    ['lines of --json', ofPage('json')],
  ];
  return [
    'usage: provision docs TOPIC',
    ...lists.flatMap(([title, listed]) => {
      const names = [...new Set(listed.map(({ name }) => name))];
      return [
        '',
        paint('bold', title),
        ...fill(
          names.map((name, i) => (i < names.length - 1 ? `${name},` : name)),
          columns - 2,
        ).map((line) => `  ${line}`),
      ];
    }),
    '',
    ...wrap('A key is a topic as well: `stack.services.health`, `users.sudo`, `ansible_port`, `file.mode`.', columns),
  ];
}

function blockLines(blocks: readonly Block[], options: TableOptions): string[] {
  return blocks.flatMap((block) => ['', ...linesOf(block, options)]);
}

function linesOf(block: Block, options: TableOptions): string[] {
  const { columns, paint } = options;
  if (block.kind === 'paragraph') return wrap(inline(block.text, paint), columns);
  if (block.kind === 'code') return block.lines.map((line) => (line === '' ? '' : `    ${line}`));
  if (block.kind === 'table')
    return keysOf(block) === undefined ? plainTable(block, options) : keyTable(block, options);
  return block.items.flatMap(({ marker, text }) => {
    const [first = '', ...rest] = wrap(inline(text, paint), columns - marker.length - 1);
    return [`${marker} ${first}`, ...rest.map((line) => `${' '.repeat(marker.length + 1)}${line}`)];
  });
}

function plainTable({ head, rows }: Table, options: TableOptions): string[] {
  const text = (cell: string) => inline(cell, (_style, word) => word);
  return tableLines(
    head.map(text),
    rows.map((row) => row.map(text)),
    options,
  );
}

/** Each key with its type and default, and below that what it means. */
function keyTable(table: Table, { columns, paint }: TableOptions): string[] {
  const within = keysOf(table) ?? '';
  const rows = table.rows.map(([keys = ''], i) => ({
    keys: keys.replaceAll('`', ''),
    row: keyRowsOf({ ...table, rows: table.rows.slice(i, i + 1) })[0],
  }));
  const widths = rows.map(({ keys }) => textWidth(keys)).filter((width) => width <= MOST_KEY_COLUMNS);
  const indent = 2 + Math.max(0, ...widths) + 2;
  return [
    ...(within === '' ? [] : [paint('bold', `keys of ${within}`)]),
    ...rows.flatMap(({ keys, row }) => {
      const name = `  ${paint('green', keys)}`;
      const said =
        row === undefined
          ? []
          : rowText(row).flatMap((line) => indented(inline(line, paint), ' '.repeat(indent), columns));
      const [first = '', ...rest] = said;
      if (textWidth(keys) > MOST_KEY_COLUMNS) return [name, ...said];
      return [`${padEnd(name, indent)}${first.trimStart()}`, ...rest];
    }),
  ];
}

/** Type and default; then the meaning. */
function rowText({ type, default: fallback, meaning }: KeyRow): string[] {
  const counts = fallback === NO_DEFAULT ? '' : fallback === 'required' ? '; required' : `; default ${fallback}`;
  return [`${type}${counts}`, ...(meaning === '' ? [] : [meaning])];
}

function indented(text: string, indent: string, columns: number): string[] {
  return wrap(text, columns - indent.length).map((line) => `${indent}${line}`);
}

/** Links without their addresses, unless these lead out of the reference; code and stress painted word by word. */
function inline(text: string, paint: Paint): string {
  const words = (style: Parameters<Paint>[0], part: string) =>
    part
      .split(' ')
      .map((word) => paint(style, word))
      .join(' ');
  return text
    .replaceAll(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '$1 ($2)')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replaceAll(/`[^`]+`/g, (code) => words('cyan', code))
    .replaceAll(/\*\*([^*]+)\*\*/g, (_all, stressed: string) => words('bold', stressed));
}
