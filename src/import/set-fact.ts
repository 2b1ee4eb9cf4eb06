import { translateValue } from './jinja/expressions.ts';
import { NotTranslated } from './not-translated.ts';
import type { Task } from './playbook/play.ts';
import { type RoleScope, taskScope } from './task-scope.ts';
import type { Variables } from './variable.ts';

/** `set_fact` is a constant from there on. */
export function setFact(task: Task, variables: Variables, scope: RoleScope): void {
  const translate = (value: unknown) => translateValue(value, taskScope(task, scope));
  const [only] = task.conditions;
  const names = Object.keys(task.args).filter((name) => name !== 'cacheable');
  const missing = typeof only === 'string' ? /^(\w+) is (?:not defined|undefined)$/.exec(only.trim())?.[1] : undefined;
  if (task.conditions.length === 1 && names.length === 1 && missing === names[0] && task.keywords.loop === undefined) {
    for (const name of names) variables.setDefault(name, { value: task.args[name], place: task.place, translate });
    return;
  }
  if (task.conditions.length > 0 || task.keywords.loop !== undefined) {
    throw new NotTranslated('it sets a variable under a condition', 'Write it as a constant of the role.');
  }
  for (const [name, value] of Object.entries(task.args)) {
    if (name !== 'cacheable') variables.set(name, { value, place: task.place, isFixed: true, translate });
  }
}
