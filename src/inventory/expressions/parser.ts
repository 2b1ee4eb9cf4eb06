/** Reads the expressions between `{{` and `}}`: Jinja's grammar without calls, slices and arithmetic. */
import type { Arguments, Expression } from './expression.ts';
import { readTokens, refused, type Token } from './tokens.ts';

const CONSTANTS = new Map<string, boolean | null>([
  ...(['true', 'True'] as const).map((name) => [name, true] as const),
  ...(['false', 'False'] as const).map((name) => [name, false] as const),
  ...(['none', 'None'] as const).map((name) => [name, null] as const),
]);
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const TESTS = ['defined', 'undefined', 'none'];
const ARITHMETIC = ['-', '*', '/', '//', '%', '**'];
const HINT = "Correct the expression. Literal braces are written {{ '{{' }}, or within {% raw %} and {% endraw %}.";
const RESERVED = ['and', 'or', 'not', 'in', 'is', 'if', 'else'];

/** @throws ProvisionError `inventory-unresolved-reference` for what is not supported, by its name and place */
export function parseExpression(text: string, start: number): { expression: Expression; end: number } {
  const { tokens, end } = readTokens(text, start);
  let next = 0;
  const expression = parseChoice();
  const rest = peek();
  if (rest.kind !== 'end') throw unexpected(rest);
  return { expression, end };

  function parseChoice(): Expression {
    const yes = parseOr();
    const at = peek().at;
    if (!take('if')) return yes;
    const condition = parseOr();
    const no = take('else') ? parseChoice() : undefined;
    return { kind: 'choice', condition, yes, no, at };
  }

  function parseOr(): Expression {
    return parseChain(parseAnd, ['or']);
  }

  function parseAnd(): Expression {
    return parseChain(parseNot, ['and']);
  }

  function parseNot(): Expression {
    const { at } = peek();
    return take('not') ? { kind: 'not', of: parseNot(), at } : parseComparison();
  }

  function parseComparison(): Expression {
    const left = parseSum();
    const { at } = peek();
    const operator = takeComparison();
    if (operator === undefined) return left;
    const compared: Expression = { kind: 'binary', operator, left, right: parseSum(), at };
    const second = peek();
    if (takeComparison() === undefined) return compared;
    throw refused('two comparisons in a row are not supported', second.at, 'Join them with `and`.');
  }

  function takeComparison(): string | undefined {
    const found = COMPARISONS.find(take);
    if (found !== undefined) return found;
    if (take('in')) return 'in';
    const isNotIn = peek().value === 'not' && tokens[next + 1]?.value === 'in';
    if (!isNotIn) return undefined;
    next += 2;
    return 'not in';
  }

  function parseSum(): Expression {
    return parseChain(parseJoin, ['+']);
  }

  function parseJoin(): Expression {
    return parseChain(parsePostfix, ['~']);
  }

  function parseChain(parseOperand: () => Expression, operators: readonly string[]): Expression {
    let left = parseOperand();
    for (;;) {
      const { at } = peek();
      const operator = operators.find(take);
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: parseOperand(), at };
    }
  }

  function parsePostfix(): Expression {
    let value = parsePrimary();
    for (;;) {
      const { at } = peek();
      if (take('.')) value = { kind: 'step', of: value, key: parseKey(), at };
      else if (take('[')) value = { kind: 'step', of: value, key: parseSubscript(), at };
      else if (take('|')) value = parseFilter(value);
      else if (take('is')) value = parseTest(value);
      else if (peek().kind === 'operator' && peek().value === '(') {
        throw refused('a call is not supported', at, 'Use a filter, or write the value.');
      } else return value;
    }
  }

  function parseKey(): Expression {
    const token = advance();
    if (token.kind !== 'text') throw unexpected(token);
    return { kind: 'literal', value: token.value, at: token.at };
  }

  function parseSubscript(): Expression {
    const key = parseChoice();
    if (peek().value === ':') throw refused('a slice is not supported', peek().at, 'Write the list.');
    expect(']');
    return key;
  }

  function parseFilter(of: Expression): Expression {
    const { value, at } = expectName();
    let name = value;
    // `ansible.builtin.default` is `default`.
    while (take('.')) name += `.${String(advance().value)}`;
    return { kind: 'filter', of, name: name.replace(/^ansible\.builtin\./, ''), args: parseArguments(), at };
  }

  function parseTest(of: Expression): Expression {
    const isNot = take('not');
    const { value, at } = expectName();
    if (!TESTS.includes(value)) {
      throw refused(`the test \`is ${value}\` is not supported`, at, `There are: is ${TESTS.join(', is ')}.`);
    }
    const test: Expression = { kind: 'test', of, name: value, at };
    return isNot ? { kind: 'not', of: test, at } : test;
  }

  /** None where no bracket opens. */
  function parseArguments(): Arguments {
    const positional: Expression[] = [];
    const named = new Map<string, Expression>();
    if (!take('(')) return { positional, named };
    while (!take(')')) {
      const [name, equals] = [peek(), tokens[next + 1]];
      if (name.kind === 'name' && equals?.kind === 'operator' && equals.value === '=') {
        next += 2;
        named.set(name.value, parseChoice());
      } else positional.push(parseChoice());
      if (peek().value !== ')') expect(',');
    }
    return { positional, named };
  }

  function parsePrimary(): Expression {
    const token = advance();
    const { at } = token;
    if (token.kind === 'number') return { kind: 'literal', value: token.value, at };
    if (token.kind === 'text') return { kind: 'literal', value: token.value, at };
    if (token.kind === 'name') return parseName(token.value, at);
    if (token.value === '(') return parseGroup();
    if (token.value === '[') return { kind: 'list', items: parseItems(), at };
    if (token.value === '{') return { kind: 'mapping', entries: parseEntries(), at };
    if (token.value === '-' && peek().kind === 'number')
      return { kind: 'literal', value: 0 - Number(advance().value), at };
    throw unexpected(token);
  }

  function parseName(name: string, at: number): Expression {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { kind: 'literal', value: constant, at };
    if (RESERVED.includes(name)) throw refused(`${name} cannot stand here`, at, 'Something before it is missing.');
    const isCall = peek().kind === 'operator' && peek().value === '(';
    if (!isCall) return { kind: 'name', name, at };
    if (name !== 'lookup') throw refused(`the call of ${name}() is not supported`, at, 'Write the value.');
    const { positional, named } = parseArguments();
    const [kind, ...others] = positional;
    const plugin = kind?.kind === 'literal' ? String(kind.value).replace(/^ansible\.builtin\./, '') : undefined;
    if (plugin === 'env') return { kind: 'environment', args: { positional: others, named }, at };
    const what = plugin === undefined || !/^[\w.]+$/.test(plugin) ? 'this lookup' : `lookup('${plugin}')`;
    throw refused(`${what} is not supported`, at, "Supported is lookup('env', 'NAME'). Write the value.");
  }

  function parseGroup(): Expression {
    const inner = parseChoice();
    expect(')');
    return inner;
  }

  function parseItems(): readonly Expression[] {
    const items: Expression[] = [];
    while (!take(']')) {
      items.push(parseChoice());
      if (peek().value !== ']') expect(',');
    }
    return items;
  }

  function parseEntries(): readonly (readonly [Expression, Expression])[] {
    const entries: [Expression, Expression][] = [];
    while (!take('}')) {
      const key = parseChoice();
      expect(':');
      entries.push([key, parseChoice()]);
      if (peek().value !== '}') expect(',');
    }
    return entries;
  }

  function peek(): Token {
    return tokens[Math.min(next, tokens.length - 1)] as Token;
  }

  function advance(): Token {
    const token = peek();
    next += 1;
    return token;
  }

  /** Takes a word that is not a quoted one. */
  function take(value: string): boolean {
    const token = peek();
    if (token.value !== value || (token.kind !== 'operator' && token.kind !== 'name')) return false;
    next += 1;
    return true;
  }

  function expect(value: string): void {
    if (!take(value)) throw unexpected(peek(), `\`${value}\``);
  }

  function expectName(): { value: string; at: number } {
    const token = advance();
    if (token.kind !== 'name') throw unexpected(token, 'a name');
    return token as { value: string; at: number };
  }
}

function unexpected(token: Token, wanted?: string): Error {
  const { kind, value, at } = token;
  if (kind === 'operator' && ARITHMETIC.includes(value)) {
    return refused(`the operator ${value} is not supported`, at, 'Supported are + and ~. Write the value.');
  }
  // A name or quoted text may be a secret that was written in a wrong place.
  const found = kind === 'operator' || kind === 'end' ? `\`${value}\`` : `a ${kind}`;
  const message = wanted === undefined ? `${found} cannot stand here` : `${found} stands where ${wanted} is expected`;
  return refused(message, at, kind === 'end' ? 'Something is missing before it.' : HINT);
}
