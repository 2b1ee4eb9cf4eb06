/**
 * Loops that name files of this machine, or handlers: what a role takes along and notifies must be known now, so each item gets a
 * task of its own.
 */
import { loopExpression } from './loops.ts';
import type { Task } from './playbook/play.ts';
import { isRecord } from './playbook/yaml-source.ts';

/**
 * A task for each item of the loop; undefined where its files are the same for all, or its items are not known now.
 * @param valueNow what a text with references comes to as a constant
 */
export function unrolled(task: Task, valueNow: (text: string) => unknown): readonly Task[] | undefined {
  const [key, written] = loopExpression(task) ?? [];
  if (!['loop', 'with_items', 'with_list'].includes(key ?? '')) return undefined;
  const control = isRecord(task.keywords.loop_control) ? task.keywords.loop_control : {};
  const name = String(control.loop_var ?? 'item');
  if (control.index_var !== undefined || !needsItem(task, name)) return undefined;
  const list = typeof written === 'string' ? valueNow(written) : written;
  if (!Array.isArray(list) || JSON.stringify(list).includes('{{')) return undefined;
  const keywords = Object.fromEntries(Object.entries(task.keywords).filter(([other]) => other !== key));
  const items: readonly unknown[] = key === 'with_items' ? list.flat() : list;
  return items.map(
    (item): Task => ({
      ...task,
      keywords,
      args: Object.fromEntries(Object.entries(task.args).map(([arg, value]) => [arg, filledIn(value, name, item)])),
      conditions: task.conditions.map((condition) =>
        typeof condition === 'string' ? inExpression(condition, name, item) : condition,
      ),
      ...withItem(task, name, item),
    }),
  );
}

function needsItem({ module, args, keywords }: Task, name: string): boolean {
  const isFile = ['copy', 'template'].includes(module) && mentions(String(args.src ?? ''), name);
  return isFile || mentions(JSON.stringify(keywords.notify ?? ''), name);
}

/** What else asks for the item finds it as a variable: its template, handlers, owner. */
function withItem({ vars, given, place }: Task, name: string, value: unknown): Pick<Task, 'vars' | 'given'> {
  if (!isRecord(value) && !Array.isArray(value)) return { vars: { ...vars, [name]: value }, given };
  return { vars, given: { ...given, [name]: { value, place, isFixed: true } } };
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text);
}

function filledIn(value: unknown, name: string, item: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/\{\{(.*?)\}\}/gs, (_, inner: string) => `{{${inExpression(inner, name, item)}}}`);
}

/** With the values of the item in its place: `item.src`, `item['src']`, `item`; what it lacks must have a default. */
function inExpression(text: string, name: string, item: unknown): string {
  // A text in it may only look like the item.
  if ((text.match(/'[^']*'|"[^"]*"/g) ?? []).some((quoted) => mentions(quoted, name))) return text;
  const use = new RegExp(
    `(?<![\\w.])${name}\\b(?:\\.(\\w+)|\\[['"](\\w+)['"]\\])?(\\s*\\|\\s*d(?:efault)?\\(([^()]*)\\))?`,
    'g',
  );
  return text.replace(use, (found, dotted?: string, quoted?: string, filter = '', otherwise?: string) => {
    const key = dotted ?? quoted;
    const value = key === undefined ? item : isRecord(item) ? item[key] : undefined;
    if (value === undefined) return otherwise?.trim() || found;
    const isPlain = typeof value === 'string' ? !/['\\\n{}]/.test(value) : ['number', 'boolean'].includes(typeof value);
    return isPlain ? `${typeof value === 'string' ? `'${value}'` : String(value)}${filter}` : found;
  });
}
