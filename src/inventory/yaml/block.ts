/**
 * A quick reader for what YAML inventories mostly hold: mappings and lists by indentation, values on one line. The parser of all YAML takes
 * ten times as long, which shows with thousands of hosts. What is not understood here for certain is left to that parser: anchors, tags,
 * texts over several lines, escapes, odd indentation, and everything that is wrong. A test compares the two.
 */
import { rememberOrigins, type Source } from '../origins.ts';
import { isSexagesimal, plainScalar } from './scalars.ts';

/** What a quick look understood. */
export interface YamlValue {
  readonly value: unknown;
  /** The offset of its first key or item. */
  readonly start: number;
}

/** Thrown, and caught here, at what is left to the parser. */
const LEFT = Symbol('left to the parser');

interface Line {
  readonly indent: number;
  /** Where the content starts in the text, and where it ends: without blanks and comment at its end. */
  readonly start: number;
  readonly end: number;
}

const UNUSUAL = /[^\n\x20-\x7e\u00a1-\u1fff\u2030-\ud7ff]/;
const KEY = /(?:([A-Za-z0-9_][\w.\-/[\]]*(?::[\w.\-/[\]]+)*)|"([^"\\]*)"|'([^']*)') *:(?=[ \n]|$)/y;
const QUOTED = /(?:"([^"\\]*)"|'([^']*)')/y;
/** Without what could be taken for something else at its start, and without `: ` and ` #`. */
const PLAIN_START = /^(?:[A-Za-z0-9_./~+=()$;<^]|-[^ ])/;
const FLOW_PLAIN = /[A-Za-z0-9_./~+=()$;<^-][^,[\]{}:#"']*/y;
const MOST_DEPTH = 50;

/** The value of a YAML text as `readNode` has it; undefined where the parser has to read it. */
export function readBlockYaml(text: string, source: Source): YamlValue | undefined {
  if (UNUSUAL.test(text)) return undefined;
  try {
    return createReader(text, source).read();
  } catch (reason) {
    if (reason === LEFT) return undefined;
    throw reason;
  }
}

function createReader(text: string, source: Source): { read(): YamlValue } {
  let next = 0;
  let isFirst = true;
  let line = nextLine();
  if (line !== undefined && line.indent === 0 && text.slice(line.start, line.end) === '---') line = nextLine();

  function read(): YamlValue {
    if (line === undefined) throw LEFT;
    const { start } = line;
    const value = readBlock(line.indent, 0);
    if (line !== undefined) throw LEFT;
    return { value, start };
  }

  /** The next line that holds something. */
  function nextLine(): Line | undefined {
    while (next < text.length) {
      const from = next;
      const found = text.indexOf('\n', from);
      const lineEnd = found === -1 ? text.length : found;
      next = lineEnd + 1;
      let start = from;
      while (text.charCodeAt(start) === 32) start += 1;
      if (start >= lineEnd || text[start] === '#') continue;
      const content = text.slice(start, lineEnd);
      const comment = content.indexOf(' #');
      // Within quotes it is none: who cannot tell leaves it to the parser. So does who meets the end of a document.
      if (comment !== -1 && /["']/.test(content)) throw LEFT;
      if (start === from && (content.startsWith('...') || (content.startsWith('---') && !isFirst))) throw LEFT;
      isFirst = false;
      const { length } = (comment === -1 ? content : content.slice(0, comment)).trimEnd();
      return { indent: start - from, start, end: start + length };
    }
    return undefined;
  }

  function readBlock(indent: number, depth: number): unknown {
    if (depth > MOST_DEPTH || line === undefined) throw LEFT;
    return isItem(line.start) ? readList(indent, depth) : readMap(indent, depth);
  }

  function isItem(at: number): boolean {
    return text[at] === '-' && (text[at + 1] === ' ' || text[at + 1] === '\n');
  }

  function readMap(indent: number, depth: number): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    const offsets = new Map<string, number>();
    rememberOrigins(entries, source, offsets);
    while (line !== undefined && line.indent === indent && !isItem(line.start)) {
      const { start, end } = line;
      const { key, after } = readKey(start, end);
      if (offsets.has(key)) throw LEFT;
      offsets.set(key, start);
      entries[key] = readAfter(after, end, indent, depth, true);
    }
    if (line !== undefined && line.indent > indent) throw LEFT;
    return entries;
  }

  function readList(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    const offsets = new Map<string, number>();
    rememberOrigins(items, source, offsets);
    while (line !== undefined && line.indent === indent && isItem(line.start)) {
      const { end } = line;
      let start = line.start + 1;
      while (text[start] === ' ') start += 1;
      if (start >= end) throw LEFT;
      offsets.set(String(items.length), start);
      KEY.lastIndex = start;
      const opensMap = KEY.test(text) && KEY.lastIndex <= end;
      if (opensMap || isItem(start)) {
        // What follows the dash is a block of its own, indented to where it starts.
        line = { indent: indent + start - line.start, start, end };
        items.push(readBlock(line.indent, depth + 1));
      } else {
        items.push(readAfter(start, end, indent, depth, false));
      }
    }
    if (line !== undefined && line.indent > indent) throw LEFT;
    return items;
  }

  function readKey(start: number, end: number): { key: string; after: number } {
    KEY.lastIndex = start;
    const [whole, plain, double, single] = KEY.exec(text) ?? [];
    if (whole === undefined || start + whole.length > end) throw LEFT;
    if (plain !== undefined && (isSexagesimal(plain) || plainScalar(plain) === null)) throw LEFT;
    const key = plain ?? double ?? single ?? '';
    if (key === '__proto__' || key.includes('\n')) throw LEFT;
    return { key, after: start + whole.length };
  }

  /** What stands behind a key or a dash: a value on the line, or a block below it. */
  function readAfter(from: number, end: number, indent: number, depth: number, isKey: boolean): unknown {
    let start = from;
    while (start < end && text[start] === ' ') start += 1;
    line = nextLine();
    if (start < end) {
      // A line below that is indented further would belong to this value.
      if (line !== undefined && line.indent > indent) throw LEFT;
      return readInline(start, end, depth);
    }
    if (line === undefined || line.indent < indent) return null;
    if (line.indent > indent) return readBlock(line.indent, depth + 1);
    // A list may stand right below its key, without indentation.
    return isKey && isItem(line.start) ? readList(indent, depth + 1) : null;
  }

  function readInline(start: number, end: number, depth: number): unknown {
    const char = text[start];
    if (char === '{' || char === '[') {
      const { value, after } = readFlow(start, end, depth);
      if (after !== end) throw LEFT;
      return value;
    }
    if (char === '"' || char === "'") {
      const { value, after } = readQuoted(start, end);
      if (after !== end) throw LEFT;
      return value;
    }
    return readPlain(text.slice(start, end));
  }

  function readPlain(plain: string): unknown {
    const isCertain = PLAIN_START.test(plain) && !/:(?: |$)|^[-.]{3}/.test(plain);
    if (!isCertain || isSexagesimal(plain)) throw LEFT;
    return plainScalar(plain);
  }

  function readQuoted(start: number, end: number): { value: string; after: number } {
    QUOTED.lastIndex = start;
    const [whole, double, single] = QUOTED.exec(text) ?? [];
    if (whole === undefined || start + whole.length > end) throw LEFT;
    return { value: double ?? single ?? '', after: start + whole.length };
  }

  /** `{ a: 1, b: [x, "y"] }` on one line. */
  function readFlow(start: number, end: number, depth: number): { value: unknown; after: number } {
    if (depth > MOST_DEPTH) throw LEFT;
    const isMap = text[start] === '{';
    const close = isMap ? '}' : ']';
    const value: Record<string, unknown> = isMap ? {} : ([] as unknown as Record<string, unknown>);
    const offsets = new Map<string, number>();
    rememberOrigins(value, source, offsets);
    let at = blanks(start + 1);
    for (let count = 0; text[at] !== close; count += 1) {
      if (at >= end) throw LEFT;
      const { key, after } = isMap ? readKey(at, end) : { key: String(count), after: at };
      if (offsets.has(key) || (isMap && /[[\]]/.test(key))) throw LEFT;
      offsets.set(key, at);
      const entry = readFlowValue(blanks(after), end, depth, isMap);
      value[key] = entry.value;
      at = blanks(entry.after);
      if (text[at] === ',') at = blanks(at + 1);
      else if (text[at] !== close) throw LEFT;
    }
    if (at >= end) throw LEFT;
    return { value, after: at + 1 };
  }

  /** @param mayBeNull whether it stands behind a key, where nothing means null */
  function readFlowValue(
    at: number,
    end: number,
    depth: number,
    mayBeNull: boolean,
  ): { value: unknown; after: number } {
    const char = text[at];
    if (mayBeNull && (char === ',' || char === '}')) return { value: null, after: at };
    if (char === '{' || char === '[') return readFlow(at, end, depth + 1);
    if (char === '"' || char === "'") return readQuoted(at, end);
    FLOW_PLAIN.lastIndex = at;
    const [found = ''] = FLOW_PLAIN.exec(text) ?? [];
    const plain = found.trimEnd();
    if (plain === '' || plain.includes('\n') || at + found.length > end) throw LEFT;
    return { value: readPlain(plain), after: at + plain.length };
  }

  function blanks(at: number): number {
    let after = at;
    while (text[after] === ' ') after += 1;
    return after;
  }

  return { read };
}
