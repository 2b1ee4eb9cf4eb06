/** From expressions of Jinja to TypeScript. */

import {
  asBoolean,
  asNumber,
  type Code,
  checkGiven,
  choose,
  concatenate,
  fraction,
  literal,
  OMITTED,
  operand,
  term,
} from '../code/code.ts';
import { Fraction } from '../code/fraction.ts';
import { BOOLEAN, guess, isFraction, known, NUMBER, type Shape } from '../code/shapes.ts';
import { keyCode } from '../code/value-code.ts';
import { NotTranslated } from '../not-translated.ts';
import { isRecord } from '../playbook/yaml-source.ts';
import { translateCall } from './calls.ts';
import { applyFilter } from './filters.ts';
import { type Expression, hasJinja, parseExpression, parseText } from './jinja.ts';
import { add, compare, contains, listCode, member, negate } from './operators.ts';

/** What names mean at some place of a playbook, and what the role needs for what is written there. */
export interface Scope {
  /** @param mayBeMissing the place minds that there is no such variable @throws NotTranslated */
  lookUp(name: string, mayBeMissing?: boolean): Code;
  /** The text that a variable is where the inventory does not set it; undefined where it is computed, or none is known. */
  textOf?(name: string): string | undefined;
  /** The content of a file of this machine, as the role reads it. @throws NotTranslated */
  fileContent(path: string): Code;
  /** Tells something of the task. */
  note?(why: string, hint?: string): void;
  /** Notes what is to be imported from `provision`. */
  need(name: string): void;
  /** A name for the parameter of a function, as `Names` has it. @param inner those that it must not be besides */
  parameter(wish: string, inner?: readonly string[]): string;
}

/**
 * The scope with further names in it: what a loop goes through.
 * @param parameters that the code of a loop stands in
 */
export function within(scope: Scope, names: Readonly<Record<string, Code>>, parameters: readonly string[] = []): Scope {
  return {
    ...scope,
    parameter: (wish, inner = []) => scope.parameter(wish, [...parameters, ...inner]),
    lookUp: (name, mayBeMissing) =>
      Object.hasOwn(names, name) ? (names[name] as Code) : scope.lookUp(name, mayBeMissing),
  };
}

/** A value of YAML, with what references in it stand for. @throws NotTranslated */
export function translateValue(value: unknown, scope: Scope): Code {
  if (typeof value === 'string') return translateText(value, scope);
  if (value instanceof Fraction) return fraction(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return literal(value);
  if (Array.isArray(value)) return listCode(value.map((item) => translateValue(item, scope)));
  if (!isRecord(value)) throw new NotTranslated('an encrypted value stands here', 'Make it a variable.');
  const entries = Object.entries(value).map(([key, entry]) => [key, translateValue(entry, scope)] as const);
  for (const [, entry] of entries) checkGiven(entry);
  const fields = entries.map(([key, { code }]) => `${keyCode(key)}: ${code}`);
  return {
    code: fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`,
    shape: {
      type: 'map',
      fields: new Map(entries.map(([key, { shape, isOptional = false }]) => [key, { shape, isOptional }])),
    },
    isAtom: true,
  };
}

/** A text with references: one that is a reference alone keeps the type of what it refers to. @throws NotTranslated */
export function translateText(text: string, scope: Scope): Code {
  if (!hasJinja(text)) return literal(text);
  const pieces = parseText(text).map((piece) => (typeof piece === 'string' ? literal(piece) : translate(piece, scope)));
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : concatenate(pieces, scope.need);
}

/** What follows `when:`. @throws NotTranslated */
export function translateCondition(condition: unknown, scope: Scope): Code {
  if (typeof condition === 'boolean') return literal(condition);
  if (typeof condition !== 'string') throw new NotTranslated('its condition is not understood');
  const expression = condition.replace(/^\s*\{\{(.*)\}\}\s*$/s, '$1');
  return asBoolean(translate(parseExpression(expression), scope));
}

/** @throws NotTranslated */
export function translate(expression: Expression, scope: Scope): Code {
  switch (expression.kind) {
    case 'literal':
      return expression.value instanceof Fraction ? fraction(expression.value) : literal(expression.value);
    case 'name':
      return expression.name === 'omit' ? OMITTED : scope.lookUp(expression.name);
    case 'get':
      return get(expression.of, expression.key, scope);
    case 'list':
      return listCode(expression.items.map((item) => translate(item, scope)));
    case 'not':
      return negate(translate(expression.of, scope));
    case 'if': {
      const test = asBoolean(translate(expression.test, scope));
      return choose(test, translate(expression.yes, scope), translate(expression.no, scope));
    }
    case 'binary':
      return binary(expression, scope);
    case 'test':
      return test(expression, scope);
    case 'filter': {
      const { name, of, args } = expression;
      const isDefault = name === 'default' || name === 'd';
      const value = isDefault ? perhaps(of, scope) : translate(of, scope);
      return applyFilter(name, value, args, { scope, translate: (argument) => translate(argument, scope) });
    }
    case 'call':
      return translateCall(expression, { scope, translate: (argument) => translate(argument, scope) });
  }
}

/** A value that may be missing, as for `default` and `is defined`. */
function perhaps(expression: Expression, scope: Scope): Code {
  if (expression.kind === 'name') return scope.lookUp(expression.name, true);
  if (expression.kind !== 'get' || expression.key.kind !== 'literal') return translate(expression, scope);
  const fact = factPath(expression);
  if (fact !== undefined) return scope.lookUp(fact);
  const of = perhaps(expression.of, scope);
  const key = String(expression.key.value);
  const map = guess(of.shape, { type: 'map', fields: new Map() });
  if (map.type === 'map' && !map.fields.has(key)) map.fields.set(key, { shape: { type: 'unknown' }, isOptional: true });
  const field = map.type === 'map' ? map.fields.get(key) : undefined;
  if (field !== undefined && of.shape.type === 'unknown') field.isOptional = true;
  return member(of, key);
}

function get(of: Expression, key: Expression, scope: Scope): Code {
  const fact = factPath({ kind: 'get', of, key });
  if (fact !== undefined) return scope.lookUp(fact);
  const value = translate(of, scope);
  if (key.kind === 'literal') return member(value, key.value instanceof Fraction ? String(key.value) : key.value);
  const index = translate(key, scope);
  const shape = known(value.shape);
  // A negative one counts from the end, as in Python.
  if (shape.type === 'list')
    return { code: `${operand(value)}.at(${index.code})`, shape: shape.item, isOptional: true, isAtom: true };
  throw new NotTranslated('it takes an entry of a mapping whose name is computed');
}

/** `ansible_facts.distribution` and `ansible_facts['distribution']` are `ansible_distribution`. */
function factPath(expression: Expression): string | undefined {
  if (expression.kind !== 'get' || expression.key.kind !== 'literal') return undefined;
  const { of, key } = expression;
  if (of.kind !== 'name') return undefined;
  if (of.name === 'ansible_facts') return `ansible_${String(key.value).replace(/^ansible_/, '')}`;
  // The only facts with entries of their own that a role is told the same of.
  return of.name === 'ansible_lsb' ? `ansible_lsb_${String(key.value)}` : undefined;
}

/** `name.split(' ')[0]`: where it is missing Ansible fails, and never is it null. */
function isPartOfText(expression: Expression): boolean {
  if (expression.kind !== 'get') return false;
  const { of } = expression;
  if (of.kind === 'filter') return of.name === 'split';
  return of.kind === 'call' && of.of.kind === 'get' && of.of.key.kind === 'literal' && of.of.key.value === 'split';
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '==': '===',
  '!=': '!==',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
};
const ARITHMETIC = ['-', '*', '/', '%'];

function binary({ operator, left, right }: Expression & { kind: 'binary' }, scope: Scope): Code {
  const [a, b] = [translate(left, scope), translate(right, scope)];
  if (operator === 'and' || operator === 'or') {
    return connect(operator, a, b);
  }
  if (operator in COMPARISONS) return compare(COMPARISONS[operator] ?? '', a, b);
  if (operator === 'in') return contains(a, b);
  if (operator === '~') {
    if ((a.isOptional && !isPartOfText(left)) || (b.isOptional && !isPartOfText(right)))
      throw new NotTranslated('what may be null stands beside ~, which prints it as None');
    return concatenate(
      [...joinedBy('~', left), right].map((part) => translate(part, scope)),
      scope.need,
    );
  }
  if (operator === '+') return add(a, b, scope.need);
  return calculate(operator, a, b);
}

/** Both or either: Python gives one of the two, which is printed; JavaScript agrees on booleans alone. */
function connect(operator: 'and' | 'or', a: Code, b: Code): Code {
  const [x, y] = [guess(a.shape, known(b.shape)), guess(b.shape, known(a.shape))];
  const sign = operator === 'and' ? '&&' : '||';
  const condition = `${term(asBoolean(a))} ${sign} ${term(asBoolean(b))}`;
  const areBooleans = [x, y].every(({ type }) => ['boolean', 'unknown'].includes(type));
  if (areBooleans && typeof b.literal === 'boolean' && !a.isOptional)
    return b.literal === (operator === 'and') ? asBoolean(a) : literal(b.literal);
  if (areBooleans && !a.isOptional && !b.isOptional) return { code: condition, shape: BOOLEAN };
  const chosen = operator === 'and' ? choose(asBoolean(a), b, a) : choose(asBoolean(a), a, b);
  return { ...chosen, condition };
}

function calculate(operator: string, a: Code, b: Code): Code {
  const [x, y] = [asOperand(a), asOperand(b)];
  const shape: Shape = operator === '/' || isFraction(a.shape) || isFraction(b.shape) ? COMPUTED : NUMBER;
  if (operator === '//') return { code: `Math.floor(${operand(x)} / ${operand(y)})`, shape, isAtom: true };
  if (!ARITHMETIC.includes(operator)) throw new NotTranslated(`the operator ${operator} is not understood`);
  if (typeof x.literal === 'number' && typeof y.literal === 'number' && operator === '-' && shape === NUMBER)
    return literal(x.literal - y.literal);
  // The rest of a negative number has another sign in Python.
  const isPositive = (typeof x.literal === 'number' && x.literal >= 0) || x.isCount === true;
  if (operator === '%' && !isPositive) return { code: `modulo(${x.code}, ${y.code})`, shape, isAtom: true };
  return { code: `${operand(x)} ${operator} ${operand(y)}`, shape };
}

const COMPUTED: Shape = { type: 'number', hasFraction: true };

/** Python repeats a text that is multiplied, and fills one in that stands before `%`. */
function asOperand(value: Code): Code {
  if (['number', 'fraction'].includes(guess(value.shape, NUMBER).type)) return asNumber(value);
  throw new NotTranslated('it calculates with something that is no number', 'Make it a number: | int.');
}

/** The operands of a row of the same operator. */
function joinedBy(operator: string, expression: Expression): readonly Expression[] {
  if (expression.kind !== 'binary' || expression.operator !== operator) return [expression];
  return [...joinedBy(operator, expression.left), expression.right];
}

function test({ name, of, args }: Expression & { kind: 'test' }, scope: Scope): Code {
  if (name === 'defined' || name === 'undefined') {
    const sign = name === 'defined' ? '!==' : '===';
    return { code: `${operand(perhaps(of, scope))} ${sign} undefined`, shape: BOOLEAN };
  }
  const value = translate(of, scope);
  if (name === 'none') return { code: `${operand(value)} === undefined`, shape: BOOLEAN };
  if (name === 'truthy') return asBoolean(value);
  if (name === 'falsy') return negate(value);
  if ((name === 'true' || name === 'false') && guess(value.shape, BOOLEAN).type === 'boolean')
    return { code: `${operand(value)} === ${name}`, shape: BOOLEAN };
  const [argument] = args.positional;
  if (name === 'in' && argument !== undefined) return contains(value, translate(argument, scope));
  throw new NotTranslated(
    `the test "is ${name}" has no equivalent`,
    ['changed', 'failed', 'succeeded', 'skipped'].includes(name)
      ? 'What is to happen after a change is a handler; what a task told is not known to a role.'
      : 'Write the condition by hand.',
  );
}
