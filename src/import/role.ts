import type { Doc } from './code/layout.ts';
import { createNames } from './code/names.ts';
import type { Field } from './code/shapes.ts';
import { type Described, describeAgain, descriptionsIn, perhapsSame } from './described.ts';
import { type Entry, joined, type Left } from './entries.ts';
import { withoutHandlers } from './handlers.ts';
import { type Scope, translateValue } from './jinja/expressions.ts';
import { translateTemplate } from './jinja/handlebars.ts';
import { hasJinja } from './jinja/jinja.ts';
import { textNow, valueNow } from './jinja/text-now.ts';
import { NotTranslated } from './not-translated.ts';
import { inOrder } from './playbook/handler-order.ts';
import { includedVariables, OF_FAMILY } from './playbook/include-vars.ts';
import { createNotifications } from './playbook/notifications.ts';
import type { Play, Task, Told } from './playbook/play.ts';
import { setFact } from './set-fact.ts';
import { keepTemplate, lookUpFile, takeFile, takeTemplate } from './taken-files.ts';
import { type RoleScope, taskScope } from './task-scope.ts';
import { type TaskTools, type TranslatedTask, translateHandler, translateTask } from './tasks.ts';
import type { Constant, Param, Reads, Variables } from './variable.ts';
import { createVariables } from './variables.ts';

export interface TranslatedRole {
  readonly params: readonly Param[];
  readonly constants: readonly Constant[];
  readonly handlers: readonly { readonly name: string; readonly code: Doc; readonly without: readonly Told[] }[];
  readonly entries: readonly Entry[];
  /** From `provision`. */
  readonly imports: ReadonlySet<string>;
  /** Parts of the context: `facts`. */
  readonly uses: ReadonlySet<string>;
  /** Files beside the role, by their paths below its folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly left: readonly Left[];
  /** What is not done of what plays, roles and blocks say. */
  readonly around: readonly Told[];
  /** That, and what tasks came over without. */
  readonly omitted: readonly Told[];
  readonly notes: readonly Told[];
  /** Of all tasks and handlers. */
  readonly total: number;
}

/** How Ansible reads templates that stand in the options of tasks. */
const OF_OPTIONS = { trimBlocks: true, lstripBlocks: false, isOption: true };

/** Read twice: what a variable is shows only where it is used, which may be after the first use. */
export function translateRole(play: Play): TranslatedRole {
  const shapes = new Map<string, Field>();
  const always = new Set<string>();
  translateOnce(play, shapes, { always, isWhole: false });
  return translateOnce(play, shapes, { always, isWhole: true });
}

function translateOnce(play: Play, shapes: Map<string, Field>, reads: Reads): TranslatedRole {
  const imports = new Set<string>(['defineRole', 'z']);
  const files = new Map<string, string>();
  const notes: Told[] = [...play.notes];
  const left: Left[] = [];
  const omitted: Told[] = [...play.omitted];
  const labels = new Map<string, number>();
  const registered = new Map<string, string>();
  const described: Described[] = [];
  const names = createNames();
  const notified = createNotifications(play.handlers, names, (name, task) =>
    hasJinja(name) ? (known(textNow, name, task) ?? name) : name,
  );
  const variables: Variables = createVariables(
    play.variables,
    shapes,
    names,
    (value) => translateValue(value, scope),
    reads,
  );
  const scope: RoleScope = {
    constantFor: variables.constantFor,
    isSet: variables.isSet,
    onSome: variables.onSome,
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
    parameter: names.parameter,
  };

  /** Looking for what is known now leaves nothing behind. */
  function known<T>(look: (text: string, scope: Scope) => T, text: string, task: Task): T {
    const undo = [variables.mark(), names.mark()];
    const found = variables.onSome(() => look(text, taskScope(task, scope)));
    for (const step of undo) step();
    return found;
  }

  /** What is done for a task that does not come over leaves nothing behind. */
  function attempt<T>(task: Task, work: () => T): T | undefined {
    const undoVariables = variables.mark();
    const undoNames = names.mark();
    const undoNotifications = notified.mark();
    const before = { imports: new Set(imports), files: new Map(files), notes: notes.length, omitted: omitted.length };
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotTranslated)) throw error;
      undoVariables();
      undoNames();
      for (const name of imports) if (!before.imports.has(name)) imports.delete(name);
      for (const name of files.keys()) if (!before.files.has(name)) files.delete(name);
      undoNotifications();
      notes.length = before.notes;
      omitted.length = before.omitted;
      const { name, place, source, inherited } = task;
      left.push({ name, place, why: error.message, hint: error.hint, source, inherited });
      return undefined;
    }
  }

  function toolsFor(task: Task): TaskTools {
    return {
      scope: {
        ...scope,
        fileContent: (path) => lookUpFile(path, task, files),
        note: (why, hint) => notes.push({ place: task.place, why, hint }),
      },
      fileContent: (path) => takeFile(path, task, files),
      template: (path, options, inner) =>
        takeTemplate(path, task, files, (text) => translateTemplate(text, inner, options)),
      templateOf: (name, text, inner) => keepTemplate(name, files, translateTemplate(text, inner, OF_OPTIONS)),
      valueNow: (text) => known(valueNow, text, task),
      earlier: (kind, name) => perhapsSame(described, kind, name.code),
      note: (why, hint) => notes.push({ place: task.place, why, hint }),
      leave(why, hint) {
        const { place } = task;
        if (!omitted.some((other) => other.place === place && other.why === why)) omitted.push({ place, why, hint });
      },
      unique(label) {
        const count = (labels.get(label) ?? 0) + 1;
        labels.set(label, count);
        return count === 1 ? label : `${label} (${count})`;
      },
      handlersNamed(topic, by) {
        const names = notified.notify(topic, by);
        if (names.length > 0) return names;
        notes.push({ place: task.place, why: `there is no handler ${topic}`, hint: 'See what it shall do.' });
        return [];
      },
    };
  }

  const entries: Entry[] = [];

  function includeVars(task: Task): void {
    const included = includedVariables(task, (told) => notes.push(told));
    for (const [name, variable] of Object.entries(included.variables)) variables.set(name, variable);
    if (included.isOfFamily) notes.push({ place: task.place, ...OF_FAMILY });
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
    const before = left.length;
    attempt(task, () => {
      if (task.module === 'set_fact') return setFact(task, variables, scope);
      if (task.module === 'include_vars') return includeVars(task);
      if (task.module === 'meta') return meta(task);
      return add(task, translateTask(task, toolsFor(task)));
    });
    if (typeof task.keywords.register === 'string') registered.set(task.keywords.register, task.place);
    const lost = left[before];
    if (lost === undefined) continue;
    entries.push({ type: 'left', left: lost });
    notified.forgo(task);
  }
  const [needed, forgone] = [notified.needed(), notified.forgone()];
  const before = left.length;
  const translatedHandlers = needed.map((handler) => {
    const code = attempt(handler, () => translateHandler(handler, toolsFor(handler)));
    return { handler, name: notified.nameOf(handler), code };
  });
  for (const handler of forgone) attempt(handler, forgo);
  const lost = translatedHandlers.filter(({ code }) => code === undefined);
  const lostNames = lost.map(({ name }) => name);
  const withoutCode = [...lost.map(({ handler }) => handler), ...forgone];
  const lostEntries = left.splice(before).map((own, i): Left => {
    return { ...own, notifiedBy: notified.placesOf(withoutCode[i] as Task) };
  });
  left.push(...lostEntries);
  const withoutLost = entries.map((entry): Entry => {
    if (entry.type === 'left') return entry;
    const missed = lostEntries.filter(({ notifiedBy = [] }) =>
      entry.places.some((place) => notifiedBy.includes(place)),
    );
    const without = omitted.filter(({ place }) => entry.places.includes(place));
    return { ...entry, items: entry.items.map((item) => withoutHandlers(item, lostNames)), lost: missed, without };
  });
  const handlers = translatedHandlers.flatMap(({ handler, name, code }) => {
    const without = omitted.filter(({ place }) => place === handler.place);
    return code === undefined ? [] : [{ name, code, without }];
  });
  const all = joined([...withoutLost, ...lostEntries.map((own): Entry => ({ type: 'left', left: own }))]);
  const params = variables.params();
  for (const { name, hasFraction, place = '' } of params) {
    if (!hasFraction) continue;
    const why = `${name} has a number with a point, which is a text here, as Ansible prints it: 8.0 would become 8`;
    notes.push({ place, why, hint: 'Put it into quotes where the inventory sets it.' });
  }
  return {
    params,
    constants: variables.constants(),
    handlers: inOrder(
      handlers,
      all.flatMap((entry) => (entry.type === 'resources' ? entry.items : [])),
    ),
    entries: all,
    imports,
    uses: variables.uses,
    files,
    left,
    around: play.omitted,
    omitted,
    notes,
    total: play.tasks.length + needed.length + forgone.length,
  };
}

/** As code it would stand there for nobody. */
function forgo(): never {
  throw new NotTranslated(
    'only tasks that did not come over notify this handler',
    'Write it with what you write for them: restartService, reloadService, or { id, script }.',
  );
}

function meta({ args }: Task): void {
  const action = String(args._raw ?? '');
  if (['noop', 'clear_facts', 'refresh_inventory', 'reset_connection'].includes(action)) return;
  throw new NotTranslated(
    `meta: ${action} has no equivalent`,
    action === 'flush_handlers' ? 'Handlers run at the end of a role: make what follows a role of its own.' : undefined,
  );
}
