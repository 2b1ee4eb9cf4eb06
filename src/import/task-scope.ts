/** What names mean where a task stands: its own variables, and what its role was given, before those of the whole play. */
import type { Code } from './code/code.ts';
import { holdsSecret, shapeNamed } from './code/shapes.ts';
import { type Scope, translateValue } from './jinja/expressions.ts';
import { hasJinja } from './jinja/jinja.ts';
import type { Task } from './playbook/play.ts';
import type { Variable, Variables } from './variable.ts';

/** What names mean in all of a role. */
export type RoleScope = Omit<Scope, 'lookUp'> &
  Pick<Variables, 'lookUp' | 'constantFor' | 'isSet' | 'isCurrent' | 'onSome'>;

/**
 * The scope with the variables of a task, which may refer to each other. As in Ansible, what `set_fact` has set counts before
 * the variables of tasks, blocks and roles, and after those that a role or an include is given.
 * @param locals what the task's loop goes through: these count before all, and variables may refer to them
 */
export function taskScope(
  { given, vars, roleVars }: Task,
  scope: RoleScope,
  locals: Readonly<Record<string, Code>> = {},
): Scope {
  const others = Object.entries(roleVars).flatMap(([name, variable]) =>
    scope.isCurrent(name, variable) ? [] : [name],
  );
  const names = new Set([
    ...[...others, ...Object.keys(vars)].filter((name) => !scope.isSet(name)),
    ...Object.keys(given),
    ...Object.keys(locals),
  ]);
  if (names.size === 0) return scope;
  const inner: Scope = {
    ...scope,
    textOf: (name) => (names.has(name) ? undefined : scope.textOf?.(name)),
    lookUp(name, mayBeMissing) {
      if (!names.has(name)) return scope.lookUp(name, mayBeMissing, own);
      if (Object.hasOwn(locals, name)) return locals[name] as Code;
      if (Object.hasOwn(given, name)) return constant(name, given[name] as Variable);
      return Object.hasOwn(vars, name) ? inline(name, vars[name]) : constant(name, roleVars[name] as Variable);
    },
  };
  const own = { names, translate: (value: unknown) => translateValue(value, inner) };

  function inline(name: string, value: unknown): Code {
    const isElsewhere = value === `{{ ${name} }}` || holdsSecret(shapeNamed(name, value));
    if (isElsewhere) return scope.lookUp(name);
    const code = translateValue(value, inner);
    return hasReferences(value) ? { ...code, isComputed: true } : code;
  }

  function constant(name: string, variable: Variable): Code {
    return hasReferences(variable.value) ? inline(name, variable.value) : scope.constantFor(name, variable);
  }

  return inner;
}

function hasReferences(value: unknown): boolean {
  return hasJinja(JSON.stringify(value) ?? '');
}
