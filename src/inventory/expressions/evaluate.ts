import { ProvisionError } from '../../errors.ts';
import { Secret, type Text } from '../../shell/secret.ts';
import { joinTexts } from '../secrets/veil.ts';
import { isMapping } from '../types.ts';
import type { Arguments, Expression } from './expression.ts';
import { applyFilter } from './filters.ts';
import { refused } from './tokens.ts';
import {
  chosenBy,
  entryOf,
  holdsSecret,
  isEqual,
  isTruthy,
  Missing,
  needText,
  present,
  secretRefused,
  throughVeils,
  typeName,
} from './values.ts';

/** What the names in an expression stand for. */
export interface Scope {
  /** The value at the path of a variable, or `Missing`. */
  find(path: readonly string[]): unknown;
  /** An environment variable. */
  environment(name: string): Text | undefined;
}

/** More entries than any list has that somebody meant: lists that are joined with themselves grow beyond all memory. */
const MAX_ENTRIES = 1_000_000;

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

/**
 * The value of an expression, or `Missing`.
 * @throws ProvisionError `inventory-unresolved-reference`
 */
export function evaluate(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'list':
      return expression.items.map(value);
    case 'mapping':
      return Object.fromEntries(expression.entries.map(([key, entry]) => [keyText(key, scope), value(entry)]));
    case 'name':
      return scope.find([expression.name]);
    case 'step':
      return step(expression, scope);
    case 'environment':
      return environment(expression, scope);
    case 'filter':
      return filter(expression, scope);
    case 'test':
      return test(expression, scope);
    case 'not':
      return throughVeils([value(expression.of)], (of) => !isTruthy(of, 'a condition', expression.at));
    case 'binary':
      return binary(expression, scope);
    case 'choice':
      return choice(expression, scope);
  }

  function value(inner: Expression): unknown {
    return present(evaluate(inner, scope));
  }
}

function step(expression: Of<'step'>, scope: Scope): unknown {
  const keys: string[] = [];
  let of: Expression = expression;
  for (; of.kind === 'step'; of = of.of) keys.unshift(keyText(of.key, scope));
  // Variables know the way below them, without resolving what lies beside it.
  if (of.kind === 'name') return scope.find([of.name, ...keys]);
  let value = evaluate(of, scope);
  for (const key of keys) {
    if (value instanceof Missing) return value;
    const entry = entryOf(value, key);
    if (entry === undefined) {
      return new Missing(
        refused(`${typeName(value)} has no ${key} here`, expression.at, 'Correct it, or add `default`.'),
      );
    }
    value = entry.value;
  }
  return value;
}

function keyText(key: Expression, scope: Scope): string {
  const text = needText(present(evaluate(key, scope)), 'a key', key.at);
  if (text instanceof Secret) throw secretRefused('a key', key.at);
  return text;
}

function environment({ args, at }: Of<'environment'>, scope: Scope): unknown {
  const [name, ...others] = args.positional;
  const unknown = [...args.named.keys()].find((key) => key !== 'default');
  if (name === undefined || others.length > 0 || unknown !== undefined) {
    throw refused("lookup('env') takes one name, and `default`", at, "Write lookup('env', 'NAME').");
  }
  const variable = keyText(name, scope);
  const instead = args.named.get('default');
  const found = scope.environment(variable);
  if (found !== undefined) return found;
  if (instead !== undefined) return evaluate(instead, scope);
  return new Missing(
    new ProvisionError('inventory-unresolved-reference', `the environment variable ${variable} is not set`, {
      hint: `Set it: ${variable}=… provision …, or add \`default\`.`,
    }),
  );
}

function filter({ of, name, args, at }: Of<'filter'>, scope: Scope): unknown {
  const all: Arguments = args;
  // What is missing is for the filter to tell: `default` takes it.
  const positional = all.positional.map((arg) => evaluate(arg, scope));
  const named = new Map([...all.named].map(([key, arg]) => [key, evaluate(arg, scope)]));
  return applyFilter(name, evaluate(of, scope), { positional, named, at });
}

function test({ of, name }: Of<'test'>, scope: Scope): boolean {
  const value = evaluate(of, scope);
  if (name === 'none') return present(value) === null;
  return value instanceof Missing === (name === 'undefined');
}

function choice({ condition, yes, no, at }: Of<'choice'>, scope: Scope): unknown {
  const decides = present(evaluate(condition, scope));
  if (isTruthy(decides, 'a condition', at)) return chosenBy(decides, evaluate(yes, scope));
  if (no !== undefined) return chosenBy(decides, evaluate(no, scope));
  return new Missing(refused('the condition does not hold, and there is no `else`', at, 'Add what is meant then.'));
}

function binary({ operator, left, right, at }: Of<'binary'>, scope: Scope): unknown {
  const a = present(evaluate(left, scope));
  const what = `the operator ${operator}`;
  if (operator === 'and' || operator === 'or') {
    return isTruthy(a, what, at) === (operator === 'or') ? a : chosenBy(a, evaluate(right, scope));
  }
  const b = present(evaluate(right, scope));
  if (operator === '~') return joinTexts([needText(a, what, at), needText(b, what, at)]);
  if (operator === '+') return sum(a, b, at);
  return throughVeils([a, b], (x, y) => {
    if (holdsSecret(x) || holdsSecret(y)) throw secretRefused(what, at);
    return compare(operator, x, y, at);
  });
}

function compare(operator: string, a: unknown, b: unknown, at: number): boolean {
  if (operator === '==') return isEqual(a, b);
  if (operator === '!=') return !isEqual(a, b);
  if (operator === 'in') return isIn(a, b, at);
  if (operator === 'not in') return !isIn(a, b, at);
  return isInOrder(operator, a, b, at);
}

function sum(a: unknown, b: unknown, at: number): unknown {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length + b.length <= MAX_ENTRIES) return [...a, ...b];
    throw refused(`the list would hold over ${MAX_ENTRIES} values`, at, 'Join fewer lists, or shorter ones.');
  }
  return throughVeils([a, b], (x, y) => singleSum(x, y, at));
}

function singleSum(a: unknown, b: unknown, at: number): unknown {
  const isText = (value: unknown): value is Text => typeof value === 'string' || value instanceof Secret;
  if (isText(a) && isText(b)) return Secret.join(a, b);
  if (holdsSecret(a) || holdsSecret(b)) throw secretRefused('the operator +', at);
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return Number(a) + Number(b);
  const hint = 'Use ~ to join them as texts.';
  throw refused(`the operator + does not take ${typeName(a)} and ${typeName(b)}`, at, hint);
}

function isIn(a: unknown, b: unknown, at: number): boolean {
  if (Array.isArray(b)) return b.some((entry) => isEqual(entry, a));
  if (typeof a === 'string' && typeof b === 'string') return b.includes(a);
  if (typeof a === 'string' && isMapping(b)) return Object.hasOwn(b, a);
  throw refused(`\`in\` does not take ${typeName(a)} and ${typeName(b)}`, at, 'Give it a list.');
}

function isInOrder(operator: string, a: unknown, b: unknown, at: number): boolean {
  const areNumbers = typeof a === 'number' && typeof b === 'number';
  if (!areNumbers && !(typeof a === 'string' && typeof b === 'string')) {
    const message = `the operator ${operator} does not take ${typeName(a)} and ${typeName(b)}`;
    throw refused(message, at, 'Make both numbers, with `int`, or both texts.');
  }
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}
