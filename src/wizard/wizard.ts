/** The wizard from its first line to the written file, on a terminal or from flags alone. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { isSecretName } from '../inventory/secret-name.ts';
import { printable } from '../report/printable.ts';
import { namingAnswer } from './answer-at.ts';
import type { Tools } from './ask.ts';
import { applyTo, digestOf } from './changed-file.ts';
import { djangoNotes } from './django-notes.ts';
import type { DraftFile } from './draft.ts';
import { takeIn } from './intake.ts';
import { changedInventoryText, newInventoryText } from './inventory-document.ts';
import { toTree } from './inventory-tree.ts';
import { mergeEntries } from './merge-entries.ts';
import { NAMED_VALUE, partsOf, SERVER, VARIABLE } from './notations.ts';
import { begin, fileOf, isAsRead, type Opened, open, settledQuestions } from './opened.ts';
import { type Overview, openQuestions, review } from './overview.ts';
import type { Places } from './places.ts';
import { BACK } from './prompter.ts';
import type { Answer, Answers, View } from './question.ts';
import { dataApartNotes } from './questions/data.ts';
import { arises, QUESTIONS, questionOf } from './questions.ts';
import { isUnanswered } from './reapply.ts';
import { existing, missing, strayKeys, unasked } from './refusals.ts';
import { extrasFor } from './save.ts';
import { confirmUnknownKeys } from './unknown-keys.ts';
import { completeAnswers, createView, withAnswer } from './view.ts';
import { type Walk, walk } from './walk.ts';
import { writeChecked } from './write-checked.ts';

export interface Request {
  /** By the ids of questions, as flags give them. */
  readonly flags: Answers;
  /** `--inventory`: the file to open, or to write. */
  readonly inventory: string | undefined;
  /** A file of that name may be replaced. */
  readonly force: boolean;
}

export interface Written {
  /** The inventory, as commands of the same folder name it. */
  readonly inventory: string;
  /** All answers, for what is told at the end. */
  readonly answers: Answers;
  /** What was written besides, relative. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
  readonly isChanged: boolean;
  /** There was none of that name, or it was replaced. */
  readonly isNew: boolean;
  /** Whether something in it is encrypted. */
  readonly isEncrypted: boolean;
}

export interface Environment {
  readonly tools: Tools;
  /** Absolute path of the JSON Schema of inventories. */
  readonly schema: string;
}

/**
 * Writes or changes an inventory by what the flags say, asking nothing.
 * @throws ProvisionError `usage` where something is missing or wrong, and what the check of the whole throws: nothing is written then
 */
export async function writeFromFlags(request: Request, environment: Environment): Promise<Written> {
  const { tools } = environment;
  const opened = await open(request.inventory, tools);
  const answers = await takeInFlags(request.flags, opened.answers, opened, tools);
  const view = createView(answers, tools.machine);
  const wrong = openQuestions(view, tools.check).filter(({ id }) => !isAsRead(id, answers, opened));
  if (wrong.length > 0) throw missing(wrong);
  const idle = QUESTIONS.filter((question) => request.flags[question.id] !== undefined && !arises(question, view));
  if (idle.length > 0) throw unasked(idle, view);
  refuseStrayKeys(request, view);
  const file = fileOf(answers, opened, tools);
  if (opened.text === undefined && existsSync(file) && !request.force)
    throw existing(relative(tools.machine.folder, file));
  return write(answers, opened, environment);
}

/**
 * Leads through the questions. Flags answer theirs beforehand.
 * @returns undefined where it is left for now
 */
export async function runWizard(
  request: Request,
  draft: DraftFile,
  environment: Environment,
): Promise<Written | undefined> {
  const { tools } = environment;
  const start = await begin(request, draft, tools);
  if (start === undefined) return undefined;
  let { opened } = start;
  const settled = settledQuestions(opened);
  let answers = await takeInFlags(request.flags, start.answers, opened, tools);
  let isKept = start.resumed !== undefined;
  const keep = (kept: Answers, unfinished?: string) => {
    // Who has only looked leaves no work behind, and that of another time alone.
    const isWork = !isUnanswered(kept, opened.answers, tools.machine);
    if (isWork)
      draft.write({ inventory: opened.file, answers: toDraft(kept), opened: toDraftOpened(opened), unfinished });
    else if (isKept) draft.remove();
    isKept = isWork;
  };
  keep(answers, start.resumed?.unfinished);
  const declined = new Set<string>();
  let walked: Walk | undefined;
  if (opened.text === undefined) {
    const wasAnswered = (id: string) => start.resumed && id in start.answers && id !== start.resumed.unfinished;
    const questions = QUESTIONS.filter(({ id }) => request.flags[id] === undefined && !settled.has(id));
    walked = { questions, advanced: false, isAnswered: ({ id }) => wasAnswered(id) === true, trail: [], keep };
    for (;;) {
      const result = await walk(answers, walked, tools);
      if (result === BACK) continue;
      answers = result;
      break;
    }
  }
  for (;;) {
    const reviewed = await review(answers, { ...overviewOf(opened, keep, tools), walked }, tools);
    if (reviewed === undefined) return undefined;
    answers = reviewed;
    const now = await openAgain(opened, tools);
    if (now === undefined) continue;
    if (now.text !== opened.text) {
      const applied = await applyTo(now, answers, opened.answers, tools);
      if (applied === undefined) return undefined;
      if (applied === BACK) continue;
      opened = now;
      answers = applied;
      keep(answers);
      continue;
    }
    if (opened.text !== undefined) {
      const keys = await confirmUnknownKeys(createView(answers, tools.machine), declined, tools);
      if (keys === BACK) continue;
      if (keys !== undefined) answers = { ...answers, hostKeys: keys };
      keep(answers);
    }
    const replaced = await mayWrite(answers, opened, request, tools);
    if (replaced === 'rename') {
      const renamed = await walk(answers, { questions: [questionOf('name')], advanced: false, keep }, tools);
      if (renamed !== BACK) answers = renamed;
      continue;
    }
    if (replaced === 'no') continue;
    try {
      refuseStrayKeys(request, createView(answers, tools.machine));
      const written = await write(answers, opened, environment);
      draft.remove();
      return written;
    } catch (error) {
      if (!(error instanceof ProvisionError) || error.code === 'interrupted') throw error;
      tools.prompter.say(refusalLines(error));
    }
  }
}

/** A key of no host would be left out without a word, and the host meant would be trusted without it. */
function refuseStrayKeys({ flags: { hostKeys = [] } }: Request, view: View): void {
  const hosts = view.many('servers').map((server) => partsOf(SERVER, server).name ?? '');
  const named = [hostKeys].flat().map((entry) => partsOf(NAMED_VALUE, entry).name ?? '');
  const strays = named.filter((name) => !hosts.includes(name));
  if (strays.length > 0) throw strayKeys(strays, hosts);
}

/** What is wrong with the whole: it can be mended in the overview, as nothing was written. */
function refusalLines({ message, location, detail, hint }: ProvisionError): readonly string[] {
  const further = [detail, hint].flatMap((text) => text?.split('\n') ?? []);
  const place = location === undefined ? '' : `${location}: `;
  return [`! ${place}${message}`, ...further.map((line) => `  ${line}`), '  Nothing is written.'].map(printable);
}

/** The file as it is now; undefined where it cannot be read any more, which is told. */
async function openAgain(opened: Opened, tools: Tools): Promise<Opened | undefined> {
  if (opened.text === undefined) return opened;
  try {
    return await open(opened.file, tools);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    tools.prompter.say(refusalLines(error));
    return undefined;
  }
}

function overviewOf(opened: Opened, keep: Overview['keep'], tools: Tools) {
  return {
    keep,
    locked: opened.locked,
    otherHosts: opened.otherHosts,
    settled: settledQuestions(opened),
    isAsRead: (id: string, now: Answers) => isAsRead(id, now, opened),
    file: (answers: Answers) => relative(tools.machine.folder, fileOf(answers, opened, tools)),
  };
}

/** Lists of an inventory that exists grow: what an option does not name may be there for a reason. */
async function takeInFlags(flags: Answers, before: Answers, { text }: Opened, tools: Tools): Promise<Answers> {
  let answers = before;
  for (const question of QUESTIONS) {
    const raw = flags[question.id];
    if (raw === undefined) continue;
    const view = createView({ ...answers, [question.id]: undefined }, tools.machine);
    const there = text === undefined ? undefined : before[question.id];
    const entries = typeof there === 'object' ? there : [];
    const given = await takeIn(question, raw, view, tools, entries);
    answers = withAnswer(answers, question, mergeEntries(question, entries, given), tools.machine);
  }
  return text === undefined ? withOwnVariables(answers, tools) : answers;
}

/** What the application needs in its environment stays, whatever else is given. */
function withOwnVariables(answers: Answers, { machine }: Tools): Answers {
  const { environment } = answers;
  if (typeof environment !== 'object') return answers;
  const own = createView({ ...answers, environment: undefined }, machine).many('environment');
  return { ...answers, environment: mergeEntries(questionOf('environment'), own, environment) };
}

async function mayWrite(answers: Answers, opened: Opened, { force }: Request, tools: Tools) {
  const { prompter, machine } = tools;
  const file = fileOf(answers, opened, tools);
  if (opened.text !== undefined || force || !existsSync(file)) return 'yes';
  const chosen = await prompter.choose({
    message: `There is ${relative(machine.folder, file)} already`,
    choices: [
      { value: 'rename', name: 'choose another name' },
      { value: 'yes', name: 'replace it: what it says is lost' },
      { value: 'no', name: 'back' },
    ],
    default: 'rename',
  });
  return chosen === BACK ? 'no' : chosen;
}

async function write(answers: Answers, opened: Opened, { tools, schema }: Environment): Promise<Written> {
  const { machine } = tools;
  const { folder } = machine;
  const file = fileOf(answers, opened, tools);
  const view = createView(answers, machine);
  const complete = completeAnswers(answers, machine);
  const tree = toTree(complete, { folder, file }, opened.names);
  const shown = relative(folder, file) || file;
  const content =
    opened.text === undefined
      ? newInventoryText(tree, schemaFor({ folder, file }, schema))
      : changedInventoryText(opened.text, shown, opened.before, tree);
  const { files, notes } = extrasFor(view, complete, { folder, file });
  const isChanged = content !== opened.text;
  const checkWhole = (path: string) => tools.checkWhole(inFolder(path, folder));
  const wanted = { file, content: isChanged ? content : undefined, before: opened.text, extras: files };
  await writeChecked(wanted, { checkWhole, onSignal: tools.onSignal }).catch((error: unknown) => {
    throw isChanged ? namingAnswer(error, content) : error;
  });
  return {
    inventory: inFolder(file, folder),
    answers: complete,
    files: files.map(({ path }) => relative(folder, path)),
    notes: [...notes, ...openSecrets(view), ...djangoNotes(view), ...dataApartNotes(view)],
    isChanged,
    isNew: opened.text === undefined,
    isEncrypted: content.includes('!vault'),
  };
}

/** As commands of that folder name it. */
function inFolder(file: string, folder: string): string {
  const shown = relative(folder, file);
  return shown.startsWith('..') ? file : shown;
}

/** Variables that are called like secrets, and written as they are. */
function openSecrets(view: View): readonly string[] {
  return view.many('environment').flatMap((entry) => {
    const { name = '', value = '' } = partsOf(VARIABLE, entry);
    if (!isSecretName(name) || value === '' || value.includes('{{')) return [];
    return [
      `${name} stands openly in the inventory: --env ${name}:secret=encrypt:env:${name} encrypts what that variable holds.`,
    ];
  });
}

/** Relative where provision lies within the project or beside it, so that the line holds for others as well. */
function schemaFor({ folder, file }: Places, schema: string): string {
  const around = dirname(folder);
  const isNear = dirname(around) !== around && schema.startsWith(join(around, '/'));
  return isNear ? relative(dirname(file), schema) : schema;
}

function toDraftOpened({ text, answers }: Opened) {
  return text === undefined ? undefined : { answers: toDraft(answers), digest: digestOf(text) };
}

/** Only what was answered: defaults may be others next time. */
function toDraft(answers: Answers): Record<string, string | string[]> {
  const given = Object.entries(answers).filter((entry): entry is [string, Answer] => entry[1] !== undefined);
  return Object.fromEntries(given.map(([id, answer]) => [id, typeof answer === 'string' ? answer : [...answer]]));
}
