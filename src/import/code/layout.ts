/** Lays out TypeScript in lines of at most 120 columns, in the way of the usual formatters. */
const WIDTH = 120;

/** A piece of code that can be broken into lines. A plain string cannot. */
export type Doc =
  | string
  | { readonly type: 'call'; readonly callee: string; readonly args: readonly Doc[] }
  | { readonly type: 'object'; readonly fields: readonly (readonly [name: string, value: Doc])[] }
  | { readonly type: 'array'; readonly items: readonly Doc[] }
  | { readonly type: 'arrow'; readonly parameters: string; readonly body: Doc }
  | { readonly type: 'spread'; readonly of: Doc }
  /** A method of what stands before it. */
  | { readonly type: 'chain'; readonly of: Doc; readonly method: string; readonly args: readonly Doc[] }
  | { readonly type: 'choice'; readonly test: string; readonly yes: Doc; readonly no: Doc }
  /** Lines of comment, and what they stand before. */
  | { readonly type: 'comment'; readonly lines: readonly string[]; readonly of?: Doc };

export function call(callee: string, ...args: readonly Doc[]): Doc {
  return { type: 'call', callee, args };
}

export function object(fields: readonly (readonly [string, Doc | undefined])[]): Doc {
  return {
    type: 'object',
    fields: fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  };
}

export function array(items: readonly Doc[]): Doc {
  return { type: 'array', items };
}

export function chain(of: Doc, method: string, ...args: readonly Doc[]): Doc {
  return { type: 'chain', of, method, args };
}

/**
 * The code, its first line without indentation.
 * @param indent of the line that it begins on
 * @param before columns that are taken on that line
 * @param after columns that must be left at the end: a comma, a closing parenthesis
 */
export function layOut(doc: Doc, indent = 0, before = indent, after = 1): string {
  const line = flat(doc);
  if (line !== undefined && before + line.length + after <= WIDTH) return line;
  return broken(doc, indent, before, after);
}

/** All on one line; undefined where a comment stands in it. */
function flat(doc: Doc): string | undefined {
  if (typeof doc === 'string') return doc;
  if (doc.type === 'comment') return undefined;
  if (doc.type === 'spread')
    return isChoice(doc.of) ? prefixed('...(', flat(doc.of), ')') : prefixed('...', flat(doc.of));
  if (doc.type === 'arrow') {
    return isObject(doc.body)
      ? prefixed(`${doc.parameters} => (`, flat(doc.body), ')')
      : prefixed(`${doc.parameters} => `, flat(doc.body));
  }
  if (doc.type === 'choice') {
    const [yes, no] = [flat(doc.yes), flat(doc.no)];
    return yes === undefined || no === undefined ? undefined : `${doc.test} ? ${yes} : ${no}`;
  }
  if (doc.type === 'chain') {
    const [of, end] = [flat(doc.of), flat(call(doc.method, ...doc.args))];
    return of === undefined ? undefined : prefixed(`${of}.`, end);
  }
  if (doc.type === 'array' && isTable(doc.items)) return undefined;
  const parts =
    doc.type === 'object' ? doc.fields.map(flatField) : (doc.type === 'call' ? doc.args : doc.items).map(flat);
  if (parts.includes(undefined)) return undefined;
  const inner = parts.join(', ');
  if (doc.type === 'call') return `${doc.callee}(${inner})`;
  if (doc.type === 'array') return `[${inner}]`;
  return inner === '' ? '{}' : `{ ${inner} }`;
}

/** Several objects with several fields each: a line for each reads better, however short they are. */
function isTable(items: readonly Doc[]): boolean {
  return (
    items.length > 1 &&
    items.every((item) => typeof item === 'object' && item.type === 'object' && item.fields.length > 1)
  );
}

function flatField([name, value]: readonly [string, Doc]): string | undefined {
  return name === value ? name : prefixed(`${name}: `, flat(value));
}

function prefixed(prefix: string, text: string | undefined, suffix = ''): string | undefined {
  return text === undefined ? undefined : `${prefix}${text}${suffix}`;
}

function isChoice(doc: Doc): boolean {
  return typeof doc === 'object' && doc.type === 'choice';
}

/** As the body of an arrow it needs parentheses. */
function isObject(doc: Doc): boolean {
  return typeof doc === 'object' ? doc.type === 'object' : doc.startsWith('{');
}

function broken(doc: Doc, indent: number, before: number, after: number): string {
  if (typeof doc === 'string') return doc;
  switch (doc.type) {
    case 'comment': {
      const lines = doc.lines.map((line, i) => `${i === 0 ? '' : blanks(indent)}${line}`);
      return [...lines, ...(doc.of === undefined ? [] : [blanks(indent) + layOut(doc.of, indent)])].join('\n');
    }
    case 'spread':
      return isChoice(doc.of)
        ? `...(${layOut(doc.of, indent, before + 4, after + 1)})`
        : `...${layOut(doc.of, indent, before + 3, after)}`;
    case 'chain': {
      // `z.array(…).default(…)`: each call on a line of its own.
      if (typeof doc.of === 'object' && doc.of.type === 'call' && doc.of.callee.startsWith('z.')) {
        const calls = [call(doc.of.callee.slice(2), ...doc.of.args), call(doc.method, ...doc.args)];
        return [
          'z',
          ...calls.map((each, i) => `${blanks(indent + 2)}.${layOut(each, indent + 2, indent + 3, i)}`),
        ].join('\n');
      }
      const of = layOut(doc.of, indent, before, after + doc.method.length + 3);
      const taken = of.includes('\n') ? of.length - of.lastIndexOf('\n') : before + of.length;
      return `${of}.${layOut(call(doc.method, ...doc.args), indent, taken + 1, after)}`;
    }
    case 'arrow':
      return brokenArrow(doc, indent);
    case 'choice': {
      const branch = (sign: string, of: Doc) => `${blanks(indent + 2)}${sign} ${layOut(of, indent + 4, indent + 4)}`;
      return `${doc.test}\n${branch('?', doc.yes)}\n${branch(':', doc.no)}`;
    }
    case 'object':
      return lines(
        '{',
        doc.fields.map((field) => brokenField(field, indent + 2)),
        '}',
        indent,
      );
    case 'array':
      return lines(
        '[',
        doc.items.map((item) => listItem(item, indent + 2)),
        ']',
        indent,
      );
    case 'call': {
      const others = doc.args.slice(0, -1).map(flat);
      const last = doc.args.at(-1);
      const isHugged = typeof last === 'object' && ['object', 'array', 'arrow', 'call'].includes(last.type);
      const start = `${doc.callee}(${others.map((other) => `${other}, `).join('')}`;
      const hasObjects = doc.args.slice(0, -1).some((arg) => typeof arg !== 'string');
      if (isHugged && !hasObjects && last.type !== 'call') {
        return `${start}${broken(last, indent, before + start.length, after + 1)})`;
      }
      return lines(
        `${doc.callee}(`,
        doc.args.map((arg) => listItem(arg, indent + 2)),
        ')',
        indent,
      );
    }
  }
}

function brokenArrow({ parameters, body }: Extract<Doc, { type: 'arrow' }>, indent: number): string {
  if (typeof body === 'object' && body.type === 'array') return `${parameters} => ${broken(body, indent, indent, 1)}`;
  if (typeof body === 'object' && body.type === 'object')
    return `${parameters} => (${broken(body, indent, indent, 2)})`;
  return `${parameters} =>\n${blanks(indent + 2)}${layOut(body, indent + 2)},\n${blanks(indent)}`;
}

/** A comment that stands before nothing ends without a comma. */
function listItem(doc: Doc, indent: number): string {
  const isComment = typeof doc === 'object' && doc.type === 'comment' && doc.of === undefined;
  return `${blanks(indent)}${layOut(doc, indent)}${isComment ? '' : ','}`;
}

function brokenField([name, value]: readonly [string, Doc], indent: number): string {
  if (name === value) return `${blanks(indent)}${name},`;
  return `${blanks(indent)}${name}: ${layOut(value, indent, indent + name.length + 2)},`;
}

function lines(open: string, inner: readonly string[], close: string, indent: number): string {
  return [open, ...inner, `${blanks(indent)}${close}`].join('\n');
}

function blanks(count: number): string {
  return ' '.repeat(count);
}
