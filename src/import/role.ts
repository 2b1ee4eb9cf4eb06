import { type Described, describeAgain, descriptionsIn, joinDescriptions, perhapsSame } from './described.ts';
import { translateValue } from './expressions.ts';
import { translateTemplate } from './handlebars.ts';
import { nameHandlers, withoutHandlers } from './handlers.ts';
import { includedVariables } from './include-vars.ts';
import type { Doc } from './layout.ts';
import { NotTranslated } from './not-translated.ts';
import type { Play, Task, Told } from './play.ts';
import type { Field } from './shapes.ts';
import { lookUpFile, takeFile, takeTemplate } from './taken-files.ts';
import { type RoleScope, taskScope } from './task-scope.ts';
import { type TaskTools, type TranslatedTask, translateHandler, translateTask } from './tasks.ts';
import { type Constant, createVariables, type Param, type Variables } from './variables.ts';
import { entriesOf } from './yaml-source.ts';

/** A task that did not come over. */
export interface Left extends Told {
  readonly name: string;
  readonly source: string;
  /** What it took over from what it stood in. */
  readonly inherited: readonly string[];
  /** Where the tasks stand that notify it, where it is a handler. */
  readonly notifiedBy?: readonly string[];
}

/** One entry of the list of resources. */
export type Entry =
  | {
      readonly type: 'resources';
      readonly name: string;
      readonly items: readonly Doc[];
      readonly key: string | undefined;
      /** Where its tasks stand. */
      readonly places: readonly string[];
      /** Handlers that it should notify, and which did not come over. */
      readonly lost?: readonly Left[];
    }
  | { readonly type: 'left'; readonly left: Left };

export interface TranslatedRole {
  readonly params: readonly Param[];
  readonly constants: readonly Constant[];
  readonly handlers: readonly { readonly name: string; readonly code: Doc }[];
  readonly entries: readonly Entry[];
  /** From `provision`. */
  readonly imports: ReadonlySet<string>;
  /** Parts of the context: `facts`. */
  readonly uses: ReadonlySet<string>;
  /** Files beside the role, by their paths below its folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly left: readonly Left[];
  readonly notes: readonly Told[];
  /** Of all tasks and handlers. */
  readonly total: number;
}

/** Read twice: what a variable is shows only where it is used, which may be after the first use. */
export function translateRole(play: Play): TranslatedRole {
  const shapes = new Map<string, Field>();
  translateOnce(play, shapes);
  return translateOnce(play, shapes);
}

function translateOnce(play: Play, shapes: Map<string, Field>): TranslatedRole {
  const imports = new Set<string>(['defineRole', 'z']);
  const files = new Map<string, string>();
  const notes: Told[] = [...play.notes];
  const left: Left[] = [];
  const labels = new Map<string, number>();
  const registered = new Map<string, string>();
  const described: Described[] = [];
  const variables: Variables = createVariables(play.variables, shapes, (value) => translateValue(value, scope));
  const scope: RoleScope = {
    constantFor: variables.constantFor,
    isSet: variables.isSet,
    textOf: variables.textOf,
    isCurrent: variables.isCurrent,
    lookUp(name, mayBeMissing, own) {
      const task = registered.get(name);
      if (task === undefined) return variables.lookUp(name, mayBeMissing, own);
      throw new NotTranslated(
        `it depends on what the task at ${task} told (register: ${name})`,
        'A role decides by facts and variables alone.',
      );
    },
    fileContent: () => {
      throw new NotTranslated("lookup('file') is understood in tasks alone");
    },
    need: (name) => imports.add(name),
  };
  const handlers = nameHandlers(play.handlers);
  const used = new Set<Task>();
  const notifiers = new Map<Task, Set<string>>();

  /** What is done for a task that does not come over leaves nothing behind. */
  function attempt<T>(task: Task, work: () => T): T | undefined {
    const undoVariables = variables.mark();
    const before = { imports: new Set(imports), files: new Map(files), notes: notes.length, used: new Set(used) };
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotTranslated)) throw error;
      undoVariables();
      for (const name of imports) if (!before.imports.has(name)) imports.delete(name);
      for (const name of files.keys()) if (!before.files.has(name)) files.delete(name);
      for (const handler of used) if (!before.used.has(handler)) used.delete(handler);
      notes.length = before.notes;
      const { name, place, source, inherited } = task;
      left.push({ name, place, why: error.message, hint: error.hint, source, inherited });
      return undefined;
    }
  }

  function toolsFor(task: Task): TaskTools {
    return {
      scope: { ...scope, fileContent: (path) => lookUpFile(path, task, files) },
      fileContent: (path) => takeFile(path, task, files),
      template: (path, options, inner) =>
        takeTemplate(path, task, files, (text) => translateTemplate(text, inner, options)),
      earlier: (kind, name) => perhapsSame(described, kind, name.code),
      note: (why, hint) => notes.push({ place: task.place, why, hint }),
      unique(label) {
        const count = (labels.get(label) ?? 0) + 1;
        labels.set(label, count);
        return count === 1 ? label : `${label} (${count})`;
      },
      handlersNamed(topic) {
        const wanted = topic.replace(/^.* : /, '');
        const found = play.handlers.filter(
          (handler) => handler.name === wanted || entriesOf(handler.keywords.listen).includes(wanted),
        );
        if (found.length === 0)
          notes.push({ place: task.place, why: `there is no handler ${wanted}`, hint: 'See what it shall do.' });
        for (const handler of found) {
          used.add(handler);
          notifiers.set(handler, (notifiers.get(handler) ?? new Set()).add(task.place));
        }
        return found.map((handler) => handlers.get(handler) ?? '');
      },
    };
  }

  const entries: Entry[] = [];

  function includeVars(task: Task): void {
    const included = includedVariables(task);
    for (const [name, variable] of Object.entries(included.variables)) variables.set(name, variable);
    if (!included.isOfFamily) return;
    const why = 'the variables that it reads are those of the family Debian';
    notes.push({ place: task.place, why, hint: 'See to other distributions by hand.' });
  }

  /** Adds what a task became to what is there. @throws NotTranslated where it contradicts what another one says */
  function add(task: Task, { items, key }: TranslatedTask): void {
    if (items.length === 0) return;
    const again = describeAgain(items, described);
    if (again.type === 'joined') {
      const { into, doc } = again;
      const earlier = entries[into.at];
      if (earlier?.type !== 'resources') return;
      const places = [...earlier.places, task.place];
      entries[into.at] = { ...earlier, name: `${earlier.name}; ${task.name}`, items: [doc], places };
      described.splice(described.indexOf(into), 1, ...descriptionsIn(doc).map((own) => ({ ...into, ...own })));
      const why = `it is one resource with the task at ${into.place}, which describes the same`;
      notes.push({ place: task.place, why, hint: 'See that nothing in between must come first.' });
      return;
    }
    if (again.type === 'apart') {
      const why = `it describes the ${again.what}, as the task at ${again.from.place} does`;
      notes.push({
        place: task.place,
        why,
        hint: 'A run ends where the conditions of both hold: write one resource for that.',
      });
    }
    const { place } = task;
    for (const item of items)
      described.push(...descriptionsIn(item).map((own) => ({ ...own, place, at: entries.length })));
    entries.push({ type: 'resources', name: task.name, items, key, places: [place] });
  }

  for (const task of play.tasks) {
    const known = left.length;
    attempt(task, () => {
      if (task.module === 'set_fact') return setFact(task, variables, scope);
      if (task.module === 'include_vars') return includeVars(task);
      if (task.module === 'meta') return meta(task);
      return add(task, translateTask(task, toolsFor(task)));
    });
    if (typeof task.keywords.register === 'string') registered.set(task.keywords.register, task.place);
    const lost = left[known];
    if (lost !== undefined) entries.push({ type: 'left', left: lost });
  }
  const inOrder = play.handlers.filter((handler) => used.has(handler));
  const known = left.length;
  const translatedHandlers = inOrder.map((handler) => {
    const code = attempt(handler, () => translateHandler(handler, toolsFor(handler)));
    return { handler, name: handlers.get(handler) ?? '', code };
  });
  const lost = translatedHandlers.filter(({ code }) => code === undefined);
  const lostNames = lost.map(({ name }) => name);
  const lostEntries = left.splice(known).map((own, i): Left => {
    return { ...own, notifiedBy: [...(notifiers.get(lost[i]?.handler as Task) ?? [])] };
  });
  left.push(...lostEntries);
  const withoutLost = entries.map((entry): Entry => {
    if (entry.type === 'left') return entry;
    const missed = lostEntries.filter(({ notifiedBy = [] }) =>
      entry.places.some((place) => notifiedBy.includes(place)),
    );
    return { ...entry, items: entry.items.map((item) => withoutHandlers(item, lostNames)), lost: missed };
  });
  const params = variables.params();
  for (const { name, hasFraction, place = '' } of params) {
    if (!hasFraction) continue;
    const why = `${name} has a number with a point, which is a text here, as Ansible prints it: 8.0 would become 8`;
    notes.push({ place, why, hint: 'Put it into quotes where the inventory sets it.' });
  }
  return {
    params,
    constants: variables.constants(),
    handlers: translatedHandlers.flatMap(({ name, code }) => (code === undefined ? [] : [{ name, code }])),
    entries: joined([...withoutLost, ...lostEntries.map((own): Entry => ({ type: 'left', left: own }))]),
    imports,
    uses: variables.uses,
    files,
    left,
    notes,
    total: play.tasks.length + inOrder.length,
  };
}

/** `set_fact` is a constant from there on. */
function setFact(task: Task, variables: Variables, scope: RoleScope): void {
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

function meta({ args }: Task): void {
  const action = String(args._raw ?? '');
  if (action === 'noop' || action === 'clear_facts' || action === 'refresh_inventory') return;
  throw new NotTranslated(
    `meta: ${action} has no equivalent`,
    action === 'flush_handlers' ? 'Handlers run at the end of a role: make what follows a role of its own.' : undefined,
  );
}

/** Tasks of the same key become one resource, where the first one stands. */
function joined(entries: readonly Entry[]): readonly Entry[] {
  const found: Entry[] = [];
  for (const entry of entries) {
    const at = found.findIndex(
      (other) =>
        other.type === 'resources' && entry.type === 'resources' && entry.key !== undefined && other.key === entry.key,
    );
    const earlier = found[at];
    if (earlier?.type !== 'resources' || entry.type !== 'resources') {
      found.push(entry);
      continue;
    }
    const both = joinDescriptions(earlier.items[0], entry.items[0]);
    if (both === undefined) found.push(entry);
    else {
      const [places, lost] = [
        [...earlier.places, ...entry.places],
        [...(earlier.lost ?? []), ...(entry.lost ?? [])],
      ];
      found[at] = { ...earlier, name: `${earlier.name}; ${entry.name}`, items: [both], places, lost };
    }
  }
  return found;
}
