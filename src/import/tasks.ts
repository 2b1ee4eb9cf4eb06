/** From a task of Ansible to the resources of a role: its loop, its conditions and its handlers around what its module does. */
import { asText, type Code, concatenate, itemOf, literal } from './code/code.ts';
import { array, type Doc, object } from './code/layout.ts';
import { mentions } from './code/names.ts';
import { known } from './code/shapes.ts';
import { keyCode } from './code/value-code.ts';
import { type Scope, translateCondition, translateText, translateValue, within } from './jinja/expressions.ts';
import type { TemplateOptions } from './jinja/template-nodes.ts';
import { conjunction, type Loop, loopExpression, looped, loopNames, loopOf } from './loops.ts';
import { createArguments } from './modules/arguments.ts';
import type { ModuleContext, Outcome } from './modules/module.ts';
import { insteadOf, moduleNamed } from './modules/registry.ts';
import { NotTranslated } from './not-translated.ts';
import type { Task, Told } from './playbook/play.ts';
import { changesNothing, checkKeywords } from './playbook/task-hindrances.ts';
import { entriesOf, isRecord } from './playbook/yaml-source.ts';
import { type RoleScope, taskScope } from './task-scope.ts';
import { unrolled } from './unrolled.ts';

/** What the translator of the role knows, and a task needs. */
export interface TaskTools extends Pick<ModuleContext, 'note' | 'fileContent' | 'earlier'> {
  readonly scope: RoleScope;
  /** As that of `ModuleContext`, with what names mean where the task stands. */
  template(path: string, options: TemplateOptions, scope: Scope): ReturnType<ModuleContext['template']>;
  templateOf(name: string, text: string, scope: Scope): ReturnType<ModuleContext['template']>;
  /** The constant that a text refers to. */
  valueNow(text: string): unknown;
  /** What it comes over without. */
  leave(why: string, hint?: string): void;
  /** The constant that stands for the handlers of that name; told where there are none. */
  handlersNamed(name: string, by: Task): readonly string[];
  /** The label, unless another task has it already. */
  unique(label: string): string;
}

/** Items of the list of resources; `key` and `fields` where it may be joined with another task of the same key. */
export interface TranslatedTask {
  readonly items: readonly Doc[];
  readonly key?: string | undefined;
}

const LONGEST_LABEL = 80;

/** @throws NotTranslated */
export function translateTask(task: Task, tools: TaskTools): TranslatedTask {
  if (task.problem !== undefined) throw new NotTranslated(task.problem.why, task.problem.hint);
  checkKeywords(task);
  if (changesNothing(task)) {
    tools.note(
      'it only looks (changed_when: false), and is left out',
      'Where it does something, say `unless` or `creates`.',
    );
    return { items: [] };
  }
  if (task.keywords.notify !== undefined && task.keywords.changed_when !== undefined)
    throw new NotTranslated(
      'what counts as a change is computed (changed_when), and so is whether it notifies',
      'A resource notifies where it has changed something.',
    );
  const module = moduleNamed(task.module);
  if (module === undefined)
    throw new NotTranslated(`the module ${task.module} has no equivalent`, insteadOf(task.module));
  const each = unrolled(task, tools.valueNow);
  if (each !== undefined) return { items: each.flatMap((one) => translateTask(one, tools).items) };
  const outer = taskScope(task, tools.scope);
  const loop = isLoopOfSome(task, tools.scope) ? tools.scope.onSome(() => loopOf(task, outer)) : loopOf(task, outer);
  const scope = loop === undefined ? outer : within(taskScope(task, tools.scope, loop.locals), {}, loop.names);
  const conditions = task.conditions
    .map((condition) => translateCondition(condition, scope))
    .filter(({ code }, i, all) => code !== 'true' && all.findIndex((other) => other.code === code) === i);
  const omitted: Omitted[] = [...(task.without ?? [])];
  const context = contextOf(task, tools, scope, loop, omitted);
  const args = createArguments(task.args, scope);
  const isOfSome = conditions.some(({ code }) => code.includes('facts.'));
  const translated = () => module.translate(args, context);
  const outcome = isOfSome ? tools.scope.onSome(translated) : translated();
  args.finish();
  // It is never done: an item of a loop that a condition leaves out.
  if (conditions.some(({ code }) => code === 'false')) return { items: [] };
  const resources = notifying(outcome.resources, task, tools);
  if (resources.length === 0) return nothingOf(omitted.slice(task.without?.length));
  for (const { why, hint } of omitted) tools.leave(why, hint);
  const isLooped = loop !== undefined && !outcome.isLooped;
  const names = loop?.names ?? [];
  const ofItem = isLooped ? conditions.filter(({ code }) => names.some((name) => mentions(code, name))) : [];
  const items = isLooped ? [looped(loop, resources, ofItem)] : resources;
  const before = conditions.filter((code) => !ofItem.includes(code));
  const isPlain = before.length === 0 && !isLooped;
  return {
    items: before.length === 0 ? items : [conditional(conjunction(before), items)],
    key: isPlain ? outcome.key : undefined,
  };
}

/**
 * Whether a condition asks for a fact, and not for the item: Ansible reads no list then where it does not hold. What is missing
 * here to tell that, as the item, is told later.
 */
function isLoopOfSome(task: Task, scope: RoleScope): boolean {
  const { item, index = item } = loopNames(task);
  if (loopExpression(task) === undefined) return false;
  const ofItem = new RegExp(`\\b(${item}|${index})\\b`);
  const place = { code: 'item', shape: { type: 'unknown' }, isAtom: true } as const;
  const inner = taskScope(task, scope, { [item]: place, [index]: place });
  return task.conditions.some((condition) => {
    const text = String(condition);
    if (!/\bansible_/.test(text) || ofItem.test(text)) return false;
    try {
      const { code } = translateCondition(condition, inner);
      return code.includes('facts.') && !mentions(code, 'item');
    } catch (error) {
      if (error instanceof NotTranslated) return false;
      throw error;
    }
  });
}

/** As a handler: code whose value is a `Handler`. @throws NotTranslated */
export function translateHandler(task: Task, tools: TaskTools): Doc {
  if (task.problem !== undefined) throw new NotTranslated(task.problem.why, task.problem.hint);
  checkKeywords(task);
  if (task.conditions.length > 0 || loopExpression(task) !== undefined) {
    throw new NotTranslated(
      'a handler with a condition or a loop has no equivalent',
      'Write the handler by hand: { id, script }.',
    );
  }
  const module = moduleNamed(task.module);
  if (module?.handler === undefined) {
    throw new NotTranslated(
      `a handler of the module ${task.module} has no equivalent`,
      'Write the handler by hand: { id, script }.',
    );
  }
  const scope = taskScope(task, tools.scope);
  const args = createArguments(task.args, scope);
  const omitted: Omitted[] = [...(task.without ?? [])];
  const handler = module.handler(args, contextOf(task, tools, scope, undefined, omitted));
  args.finish();
  for (const { why, hint } of omitted) tools.leave(why, hint);
  return handler;
}

function conditional({ code }: Code, items: readonly Doc[]): Doc {
  const [only] = items;
  const isSpread = items.length === 1 && typeof only === 'object' && only.type === 'spread';
  return {
    type: 'spread',
    of: { type: 'choice', test: code, yes: isSpread ? only.of : array(items), no: '[]' },
  };
}

/** What a task comes over without. */
type Omitted = Pick<Told, 'why' | 'hint'>;

/** A task whose only effects have no equivalent does not come over. @throws NotTranslated */
function nothingOf([omitted]: readonly Omitted[]): TranslatedTask {
  if (omitted !== undefined) throw new NotTranslated(omitted.why, omitted.hint);
  return { items: [] };
}

function contextOf(
  task: Task,
  tools: TaskTools,
  scope: Scope,
  loop: Loop | undefined,
  omitted: Omitted[],
): ModuleContext {
  const { keywords, module } = task;
  const becomes = keywords.become_user === undefined ? undefined : asText(translateValue(keywords.become_user, scope));
  const user = becomes?.literal === 'root' ? undefined : becomes;
  if (user !== undefined && !['command', 'shell', 'raw'].includes(module)) {
    throw new NotTranslated('it is done as another user (become_user)', 'Say owner and group instead.');
  }
  return {
    module,
    scope,
    user,
    hasEnvironment: entriesOf(keywords.environment).some((value) => !isRecord(value) || Object.keys(value).length > 0),
    get environment() {
      return environmentOf(keywords.environment, scope);
    },
    timeoutMs: timeoutOf(keywords.timeout),
    isSensitive: keywords.no_log === true,
    // Only for those that ask: it takes an item of unknown shape for a text.
    get label() {
      return labelOf(task, tools, scope, loop);
    },
    loop,
    fileContent: tools.fileContent,
    template: (path, options) => tools.template(path, options, scope),
    templateOf: (name, text) => tools.templateOf(name, text, scope),
    note: tools.note,
    leave: (why, hint) => omitted.push({ why, hint }),
    earlier: tools.earlier,
  };
}

/** Of several places what is nearer counts. */
function environmentOf(written: unknown, scope: Scope): ModuleContext['environment'] {
  const values = entriesOf(written);
  if (!values.every(isRecord))
    throw new NotTranslated('its environment is not understood', 'Write each variable of it.');
  const entries = Object.entries(Object.assign({}, ...values) as Record<string, unknown>).map(
    ([name, value]) => [name, asText(translateValue(value, scope))] as const,
  );
  if (entries.length === 0) return undefined;
  return { code: `{ ${entries.map(([name, { code }]) => `${keyCode(name)}: ${code}`).join(', ')} }`, entries };
}

/** Of the seconds that it may take; without any, or for nought, as long as it takes. */
function timeoutOf(written: unknown): string | undefined {
  if (written === undefined || written === null || Number(written) === 0) return undefined;
  const seconds = Number(written);
  if (Number.isInteger(seconds)) return String(seconds * 1000);
  throw new NotTranslated('how long it may take depends on a variable (timeout)', 'Say timeoutMs.');
}

/** What a command is called: the task's name, in a loop with what tells its item from others. */
function labelOf(task: Task, { unique }: TaskTools, scope: Scope, loop: Loop | undefined): Code {
  const said = task.name === '' ? `${task.module} ${task.place}` : task.name;
  const base = literal(unique(said.replace(/\s+/g, ' ').slice(0, LONGEST_LABEL)));
  const name = said.includes('{{') ? nameWithReferences(said, scope, base) : base;
  if (loop === undefined) return name;
  const shape = known(itemOf(loop.list));
  if (shape.type !== 'map') return concatenate([name, literal(' '), scope.lookUp(loop.item)], scope.need);
  const field = ['name', 'path', 'key', ...shape.fields.keys()].find((key) => shape.fields.has(key)) ?? 'name';
  const part = translateText(`{{ ${loop.item}.${field} }}`, scope);
  return concatenate([name, literal(' '), part], scope.need);
}

function nameWithReferences(said: string, scope: Scope, otherwise: Code): Code {
  try {
    return asText(translateText(said, scope));
  } catch {
    return otherwise;
  }
}

function notifying(resources: Outcome['resources'], task: Task, { handlersNamed }: TaskTools): readonly Doc[] {
  const names = [...new Set(entriesOf(task.keywords.notify).flatMap((name) => handlersNamed(String(name), task)))];
  if (names.length === 0) return resources;
  const notify = names.length === 1 ? (names[0] ?? '') : `[${names.join(', ')}]`;
  return resources.map((doc) =>
    typeof doc === 'object' && doc.type === 'call'
      ? { ...doc, args: [...doc.args, object([['notify', notify]])] }
      : doc,
  );
}
