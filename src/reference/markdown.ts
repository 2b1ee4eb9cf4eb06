/** As much of Markdown as the pages in docs/ use: for showing them in a terminal, and for comparing them with the code. */

export interface Section {
  /** The heading without its marks and backticks. */
  readonly title: string;
  /** 2 for `##`. */
  readonly level: number;
  /** What stands below the heading, up to the next one of any level. */
  readonly text: string;
  /** The titles of the sections that it lies in, the outermost first. */
  readonly parents: readonly string[];
}

/** What a section consists of. Texts still have their marks: backticks, links, `**`. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly { readonly marker: string; readonly text: string }[] }
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly string[] }
  | Table;

export interface Table {
  readonly kind: 'table';
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One key in a table with the columns key, type, default and meaning. */
export interface KeyRow {
  /** With what the head of the table says of its keys: `stack.services.NAME.port`. */
  readonly path: string;
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
}

/** All sections, in their order. Lines within code blocks are no headings. */
export function sectionsOf(document: string): readonly Section[] {
  const sections: (Section & { text: string })[] = [];
  let isCode = false;
  for (const line of document.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const [, marks = '', title = ''] = (isCode ? undefined : /^(#+) (.*)$/.exec(line)) ?? [];
    const current = sections.at(-1);
    if (marks !== '') sections.push({ title: title.replaceAll('`', ''), level: marks.length, text: '', parents: [] });
    else if (current !== undefined) current.text += `${line}\n`;
  }
  return sections.map((section, i) => ({ ...section, parents: parentsOf(sections.slice(0, i), section.level) }));
}

function parentsOf(before: readonly Section[], level: number): readonly string[] {
  const parent = before.findLast((section) => section.level < level);
  if (parent === undefined) return [];
  return [...parentsOf(before.slice(0, before.indexOf(parent)), parent.level), parent.title];
}

/** The blocks of a section's text, in their order. */
export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] ?? '';
    const end = endOf(lines, i);
    const part = lines.slice(i, end);
    if (line.startsWith('```')) blocks.push({ kind: 'code', language: line.slice(3), lines: part.slice(1, -1) });
    else if (line.startsWith('|')) blocks.push(readTable(part));
    else if (ITEM.test(line)) blocks.push(readList(part));
    else if (line.trim() !== '') blocks.push({ kind: 'paragraph', text: joined(part) });
    i = end;
  }
  return blocks;
}

const ITEM = /^(-|\d+\.) +/;

/** Where the block ends that begins in that line. */
function endOf(lines: readonly string[], start: number): number {
  const first = lines[start] ?? '';
  const isCode = first.startsWith('```');
  const belongs = (line: string) => {
    if (isCode) return line !== '```';
    if (first.trim() === '' || line.trim() === '' || line.startsWith('```')) return false;
    return first.startsWith('|') === line.startsWith('|') && (ITEM.test(first) || !ITEM.test(line));
  };
  let end = start + 1;
  while (end < lines.length && belongs(lines[end] ?? '')) end++;
  return isCode ? end + 1 : end;
}

function readList(lines: readonly string[]): Block {
  const items: { marker: string; text: string }[] = [];
  for (const line of lines) {
    const [mark, marker] = ITEM.exec(line) ?? [];
    const current = items.at(-1);
    if (mark !== undefined) items.push({ marker: marker ?? '-', text: line.slice(mark.length) });
    else if (current !== undefined) current.text += ` ${line.trim()}`;
  }
  return { kind: 'list', items };
}

function readTable(lines: readonly string[]): Table {
  const [head = [], , ...rows] = lines.map(cellsOf);
  return { kind: 'table', head, rows };
}

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => line.trim()).join(' ');
}

/** What the keys of a table of keys lie in: `stack.services.NAME`, or nothing; undefined for other tables. */
export function keysOf({ head }: Table): string | undefined {
  const [first = '', second] = head;
  if (second !== 'type') return undefined;
  return /^key of `(.*)`$/.exec(first)?.[1] ?? '';
}

/** The rows of a table of keys. Several keys that mean the same stand in one row. */
export function keyRowsOf(table: Table): readonly KeyRow[] {
  const prefix = keysOf(table);
  if (prefix === undefined) return [];
  return table.rows.flatMap(([keys = '', type = '', fallback = '', meaning = '']) =>
    backticked(keys).map((key) => ({
      path: [prefix, key].filter(Boolean).join('.'),
      type,
      default: fallback,
      meaning,
    })),
  );
}

/** The rows of all tables of keys in a text. */
export function keyRows(text: string): readonly KeyRow[] {
  return blocksOf(text).flatMap((block) => (block.kind === 'table' ? keyRowsOf(block) : []));
}

/** The words that stand in backticks. */
export function backticked(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}
