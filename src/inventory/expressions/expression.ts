/** What stands between `{{` and `}}`, as a tree. */

export type Expression = { readonly at: number } & (
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'name'; readonly name: string }
  /** `of.key` and `of[key]` */
  | { readonly kind: 'step'; readonly of: Expression; readonly key: Expression }
  /** `lookup('env', …)`: of no other kind is one read. */
  | { readonly kind: 'environment'; readonly args: Arguments }
  | { readonly kind: 'filter'; readonly of: Expression; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'test'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    }
);

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: ReadonlyMap<string, Expression>;
}

/** The path of a variable, where the expression is nothing else: `['stack', 'name']`. */
export function pathOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'name') return [expression.name];
  if (expression.kind !== 'step' || expression.key.kind !== 'literal') return undefined;
  const path = pathOf(expression.of);
  return path && [...path, String(expression.key.value)];
}

/** Whether a text stands in it that becomes a part of the value: one that is no key and no name. */
export function holdsValue(expression: Expression): boolean {
  const isIn = (all: Iterable<Expression | undefined>) =>
    [...all].some((inner) => inner !== undefined && holdsValue(inner));
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'string' && expression.value !== '';
    case 'name':
      return false;
    case 'step':
      return isIn([expression.of]);
    case 'environment':
      return isIn(expression.args.named.values());
    case 'list':
      return isIn(expression.items);
    case 'mapping':
      return isIn(expression.entries.map(([, entry]) => entry));
    case 'filter':
      return isIn([expression.of, ...expression.args.positional, ...expression.args.named.values()]);
    case 'test':
    case 'not':
      return isIn([expression.of]);
    case 'binary':
      return isIn([expression.left, expression.right]);
    case 'choice':
      return isIn([expression.yes, expression.no]);
  }
}
