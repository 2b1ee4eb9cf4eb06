/** Reads Ansible's YAML as plain values, and knows of each mapping and list where it stands and how it is written. */
import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';
import { ProvisionError, whyUnreadable } from '../../errors.ts';
import { isSexagesimal, plainScalar } from '../../inventory/yaml/scalars.ts';
import { Fraction } from '../code/fraction.ts';
import type { Told } from './play.ts';

/** Stands for a value that is encrypted: nobody here needs to know it. */
export const ENCRYPTED: unique symbol = Symbol('encrypted');

const VAULT_TAGS = ['!vault', '!vault-encrypted'];
/** What Ansible knows besides; `!unsafe` keeps braces as they are, which a text with braces in it would lose. */
const TAGS = [...VAULT_TAGS, '!unsafe'];

interface Written {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly keyLines: ReadonlyMap<string, number>;
}

const written = new WeakMap<object, Written>();

/** Where a mapping or list stands, or one of its entries: `site.yml:41`. */
export function placeOf(container: object, key?: string): string {
  const found = written.get(container);
  if (found === undefined) return '';
  return `${found.file}:${(key === undefined ? undefined : found.keyLines.get(key)) ?? found.line}`;
}

/** The YAML that a mapping or list was read from, without the indentation that it stood with. */
export function sourceOf(container: object): string {
  return written.get(container)?.text ?? '';
}

/**
 * The value of a YAML file. Mappings are records, and what is encrypted is `ENCRYPTED`.
 * @param shown what places in the file are called by
 * @param tell gets what people may not have meant
 * @throws ProvisionError `file-unreadable`, `playbook-invalid`
 */
export function readYaml(path: string, shown: string, tell: (told: Told) => void = () => {}): unknown {
  const text = readText(path);
  if (text.startsWith('$ANSIBLE_VAULT;')) return ENCRYPTED;
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
    customTags: (tags) => [...tags, ...TAGS.map((tag) => ({ tag, resolve: (value: string) => value }))],
  });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw new ProvisionError('playbook-invalid', `this is not valid YAML: ${problem.message}`, {
      location: `${shown}:${line}:${col}`,
      hint: 'Check quotes and indentation here and on the line before.',
    });
  }

  function note(container: object, node: Node, keys: readonly (readonly [string, Node])[]): void {
    const [start = 0, end = start] = node.range ?? [];
    const lineOf = (offset: number) => lineCounter.linePos(offset).line;
    written.set(container, {
      file: shown,
      line: lineOf(start),
      text: dedent(
        text.slice(text.lastIndexOf('\n', start - 1) + 1, end),
        start - text.lastIndexOf('\n', start - 1) - 1,
      ),
      keyLines: new Map(keys.map(([key, { range }]) => [key, lineOf(range?.[0] ?? start)])),
    });
  }

  function read(node: Node | null): unknown {
    if (isMap(node)) return readMap(node);
    if (isSeq(node)) {
      const items = node.items.map((item) => read(item as Node));
      note(items, node, []);
      return items;
    }
    if (isAlias(node)) return read(node.resolve(document) ?? null);
    if (!isScalar(node)) return null;
    if (VAULT_TAGS.includes(node.tag ?? '')) return ENCRYPTED;
    const value = String(node.value ?? '');
    if (node.type !== 'PLAIN' || node.tag !== undefined) return value;
    if (isSexagesimal(value)) return ofBase60(value, node);
    const plain = plainScalar(value);
    if (typeof plain !== 'number' || !value.includes('.')) return plain;
    return new Fraction(plain === 0 && value.startsWith('-') ? -0 : plain);
  }

  /** As Ansible has it, although nobody means that. */
  function ofBase60(text: string, { range }: Scalar): number | Fraction {
    const number = sexagesimal(text);
    tell({
      place: `${shown}:${lineCounter.linePos(range?.[0] ?? 0).line}`,
      why: `${text} is the number ${number} to YAML 1.1, of base 60, and so it is here`,
      hint: 'Put it into quotes where a text is meant.',
    });
    return text.includes('.') ? new Fraction(number) : number;
  }

  function readMap(node: Node): Record<string, unknown> {
    const entries: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    const keys: [string, Node][] = [];
    if (!isMap(node)) return entries;
    for (const pair of node.items) {
      const key = pair.key as Node;
      const name = isScalar(key) ? keyOf(key) : '';
      const value = read(pair.value as Node | null);
      if (name === '<<') merge(entries, value);
      else entries[name] = value;
      keys.push([name, key]);
    }
    note(entries, node, keys);
    return entries;
  }

  return read(document.contents as Node | null);
}

/** `1:30` is 90. */
function sexagesimal(text: string): number {
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').split(':');
  const number = digits.reduce((sum, part) => sum * 60 + Number(part), 0);
  return text.startsWith('-') ? -number : number;
}

/** A key without quotes is a value of YAML 1.1 as any other, and is printed as Python prints it: `on` is True. */
function keyOf({ type, tag, value }: Scalar): string {
  const text = String(value);
  if (type !== 'PLAIN' || tag !== undefined) return text;
  const plain = plainScalar(text);
  if (typeof plain === 'boolean') return plain ? 'True' : 'False';
  if (plain === null) return '';
  return typeof plain === 'number' && !/[.]/.test(text) ? String(plain) : text;
}

/** `<<: *defaults` fills in what the mapping does not set itself. */
function merge(entries: Record<string, unknown>, value: unknown): void {
  for (const defaults of Array.isArray(value) ? value : [value]) {
    if (isRecord(defaults)) for (const [key, inherited] of Object.entries(defaults)) entries[key] ??= inherited;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Fraction);
}

/** @throws ProvisionError `file-unreadable` */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ProvisionError('file-unreadable', `${path} cannot be read: ${whyUnreadable(cause)}`, { cause });
  }
}

/** What stands before the first character of a list's item is its dash. */
function dedent(text: string, indent: number): string {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  return [first.slice(indent), ...rest.map((line) => line.replace(new RegExp(`^ {0,${indent}}`), ''))].join('\n');
}

/** Where Ansible takes one thing or a list of them: always the list. */
export function entriesOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
