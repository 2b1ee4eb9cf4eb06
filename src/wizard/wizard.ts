/** The wizard from its first line to the written file, on a terminal or from flags alone. */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { printable } from '../report/printable.ts';
import type { Tools } from './asking/ask.ts';
import { BACK } from './asking/prompter.ts';
import { type Walk, walk } from './asking/walk.ts';
import { applyTo, digestOf } from './changed-file.ts';
import type { DraftFile } from './draft.ts';
import { refuseStrayKeys, takeInFlags } from './flags.ts';
import { begin, fileOf, isAsRead, type Opened, open, settledQuestions } from './opened.ts';
import { type Overview, openQuestions, review } from './overview.ts';
import type { Answer, Answers } from './question.ts';
import { arises, QUESTIONS, questionOf } from './questions.ts';
import { isUnanswered } from './reapply.ts';
import { existing, missing, unasked } from './refusals.ts';
import { confirmUnknownKeys } from './unknown-keys.ts';
import { createView } from './view.ts';
import { type Environment, type Written, writeAnswers } from './write-answers.ts';

export interface Request {
  /** By the ids of questions, as flags give them. */
  readonly flags: Answers;
  /** `--inventory`: the file to open, or to write. */
  readonly inventory: string | undefined;
  /** A file of that name may be replaced. */
  readonly force: boolean;
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
  refuseStrayKeys(request.flags, view);
  const file = fileOf(answers, opened, tools);
  if (opened.text === undefined && existsSync(file) && !request.force)
    throw existing(relative(tools.machine.folder, file));
  return writeAnswers(answers, opened, environment);
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
      refuseStrayKeys(request.flags, createView(answers, tools.machine));
      const written = await writeAnswers(answers, opened, environment);
      draft.remove();
      return written;
    } catch (error) {
      if (!(error instanceof ProvisionError) || error.code === 'interrupted') throw error;
      tools.prompter.say(refusalLines(error));
    }
  }
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

function toDraftOpened({ text, answers }: Opened) {
  return text === undefined ? undefined : { answers: toDraft(answers), digest: digestOf(text) };
}

/** Only what was answered: defaults may be others next time. */
function toDraft(answers: Answers): Record<string, string | string[]> {
  const given = Object.entries(answers).filter((entry): entry is [string, Answer] => entry[1] !== undefined);
  return Object.fromEntries(given.map(([id, answer]) => [id, typeof answer === 'string' ? answer : [...answer]]));
}
