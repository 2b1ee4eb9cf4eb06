/** Reads the expressions of Jinja, as far as playbooks use them: from `{{ a.b | default('x') }}` to a tree. */
import { Fraction } from '../code/fraction.ts';
import { NotTranslated } from '../not-translated.ts';
import { withLineFeeds } from './line-breaks.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null | Fraction }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'get'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'call'; readonly of: Expression; readonly args: Arguments }
  | { readonly kind: 'filter'; readonly of: Expression; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'test'; readonly of: Expression; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'list'; readonly items: readonly Expression[] };

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: Readonly<Record<string, Expression>>;
}

/** One piece of a text: as it is, or an expression whose value stands there. */
export type Piece = string | Expression;

interface Token {
  readonly type: 'name' | 'number' | 'text' | 'sign' | 'end';
  readonly value: string;
}

const TOKEN =
  /\s*(?:([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(==|!=|<=|>=|\/\/|\*\*|[-+*/%~<>()[\]{}.,:|=]))/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
const NO_ARGUMENTS: Arguments = { positional: [], named: {} };

/** Whether a text holds anything that Jinja would not leave as it is. */
export function hasJinja(text: string): boolean {
  return /\{\{|\{%|\{#/.test(text);
}

/** The pieces of a text of a playbook with `{{ }}` in it. @throws NotTranslated for statements, and for what is not understood */
export function parseText(written: string): readonly Piece[] {
  const text = withLineFeeds(written);
  if (/\{%/.test(text)) throw new NotTranslated('statements of Jinja ({% %}) stand in it');
  const pieces: Piece[] = [];
  let at = 0;
  for (const { index, 0: whole, 1: inner = '' } of text.matchAll(/\{#.*?#\}|\{\{((?:'[^']*'|"[^"]*"|[^'"])*?)\}\}/gs)) {
    if (index > at) pieces.push(text.slice(at, index));
    at = index + whole.length;
    if (whole.startsWith('{{')) pieces.push(parseExpression(inner.replace(/^-|-$/g, ''), true));
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

/**
 * @param isOfOption it stands between `{{ }}` in a playbook, where Ansible doubles each backslash of a text: it escapes nothing
 * @throws NotTranslated
 */
export function parseExpression(text: string, isOfOption = false): Expression {
  const tokens = tokenize(text, isOfOption);
  let at = 0;

  const peek = (): Token => tokens[at] ?? { type: 'end', value: '' };
  const isNext = (value: string) => peek().value === value && ['name', 'sign'].includes(peek().type);
  function take(value: string): boolean {
    if (!isNext(value)) return false;
    at += 1;
    return true;
  }
  function expect(value: string): void {
    if (!take(value)) throw new NotTranslated(`the expression ${text.trim()} is not understood`);
  }
  function name(): string {
    const token = peek();
    if (token.type !== 'name') throw new NotTranslated(`the expression ${text.trim()} is not understood`);
    at += 1;
    return token.value;
  }

  function conditional(): Expression {
    const yes = either();
    if (!take('if')) return yes;
    const test = either();
    const no: Expression = take('else') ? conditional() : { kind: 'literal', value: '' };
    return { kind: 'if', test, yes, no };
  }

  function either(): Expression {
    let left = both();
    while (take('or')) left = { kind: 'binary', operator: 'or', left, right: both() };
    return left;
  }

  function both(): Expression {
    let left = negation();
    while (take('and')) left = { kind: 'binary', operator: 'and', left, right: negation() };
    return left;
  }

  function negation(): Expression {
    return take('not') ? { kind: 'not', of: negation() } : comparison();
  }

  function comparison(): Expression {
    let left = sum();
    for (;;) {
      const operator = ['==', '!=', '<=', '>=', '<', '>', 'in'].find(isNext);
      if (operator !== undefined) {
        at += 1;
        left = { kind: 'binary', operator, left, right: sum() };
      } else if (isNext('not') && tokens[at + 1]?.value === 'in') {
        at += 2;
        left = { kind: 'not', of: { kind: 'binary', operator: 'in', left, right: sum() } };
      } else return left;
    }
  }

  function sum(): Expression {
    let left = product();
    for (;;) {
      const operator = ['+', '-', '~'].find(isNext);
      if (operator === undefined) return left;
      at += 1;
      left = { kind: 'binary', operator, left, right: product() };
    }
  }

  function product(): Expression {
    let left = filtered();
    for (;;) {
      const operator = ['*', '/', '//', '%'].find(isNext);
      if (operator === undefined) return left;
      at += 1;
      left = { kind: 'binary', operator, left, right: filtered() };
    }
  }

  /** Filters bind more tightly than operators, and so do tests. */
  function filtered(): Expression {
    let of = postfix();
    for (;;) {
      if (take('|')) {
        let filter = name();
        while (take('.')) filter = name();
        of = { kind: 'filter', of, name: filter, args: take('(') ? args() : NO_ARGUMENTS };
      } else if (take('is')) {
        const isNegated = take('not');
        let test = name();
        while (take('.')) test = name();
        const given = take('(') ? args() : NO_ARGUMENTS;
        const tested: Expression = { kind: 'test', of, name: test, args: given };
        of = isNegated ? { kind: 'not', of: tested } : tested;
      } else return of;
    }
  }

  function postfix(): Expression {
    let of = primary();
    for (;;) {
      if (take('.')) {
        const token = peek();
        at += 1;
        const key = token.type === 'number' ? Number(token.value) : token.value;
        of = { kind: 'get', of, key: { kind: 'literal', value: key } };
      } else if (take('[')) {
        of = { kind: 'get', of, key: conditional() };
        expect(']');
      } else if (take('(')) of = { kind: 'call', of, args: args() };
      else return of;
    }
  }

  function args(): Arguments {
    const positional: Expression[] = [];
    const named: Record<string, Expression> = {};
    while (!take(')')) {
      if (peek().type === 'name' && tokens[at + 1]?.value === '=') {
        const key = name();
        expect('=');
        named[key] = conditional();
      } else positional.push(conditional());
      if (!isNext(')')) expect(',');
    }
    return { positional, named };
  }

  function items(close: string): Expression[] {
    const found: Expression[] = [];
    while (!take(close)) {
      found.push(conditional());
      if (!isNext(close)) expect(',');
    }
    return found;
  }

  function primary(): Expression {
    const token = peek();
    if (take('(')) {
      const inner = items(')');
      return inner.length === 1 ? (inner[0] as Expression) : { kind: 'list', items: inner };
    }
    if (take('[')) return { kind: 'list', items: items(']') };
    if (take('-')) {
      const zero: Expression = { kind: 'literal', value: 0 };
      return { kind: 'binary', operator: '-', left: zero, right: postfix() };
    }
    at += 1;
    if (token.type === 'number') {
      const value = Number(token.value);
      return { kind: 'literal', value: token.value.includes('.') ? new Fraction(value) : value };
    }
    if (token.type === 'text') return { kind: 'literal', value: token.value };
    if (token.type !== 'name') throw new NotTranslated(`the expression ${text.trim()} is not understood`);
    const constant = CONSTANTS.get(token.value);
    return constant === undefined ? { kind: 'name', name: token.value } : { kind: 'literal', value: constant };
  }

  const result = conditional();
  if (at < tokens.length) throw new NotTranslated(`the expression ${text.trim()} is not understood`);
  return result;
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

function tokenize(text: string, isOfOption: boolean): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) throw new NotTranslated(`the expression ${text.trim()} is not understood`);
    const [, name, number, single, double, sign = ''] = match;
    if (name !== undefined) tokens.push({ type: 'name', value: name });
    else if (number !== undefined) tokens.push({ type: 'number', value: number });
    else if (sign !== '') tokens.push({ type: 'sign', value: sign });
    else {
      const value = single ?? double ?? '';
      tokens.push({ type: 'text', value: isOfOption ? value : withoutEscapes(value) });
    }
  }
  return tokens;
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/gs, (_, sign: string) => ESCAPES[sign] ?? (/[\\'"]/.test(sign) ? sign : `\\${sign}`));
}
