/** Brings answers to an inventory that has changed since it was opened: only what was answered is changed in it. */
import { identityOf } from './inventory/merge-entries.ts';
import { isSame } from './inventory/same.ts';
import type { Opened } from './opened.ts';
import type { Answer, Answers, Question, View } from './question.ts';
import { TOPICS, type Topic } from './question.ts';
import { arises, isList, QUESTIONS } from './questions.ts';
import { createView, type Setting } from './view.ts';

export interface Reapplied {
  readonly answers: Answers;
  /** What was changed in the file, as far as the wizard knows it. */
  readonly changed: readonly Topic[];
  /** Questions that were answered here, and changed there in another way: the answer counts. */
  readonly both: readonly Question[];
  /** Answers that have no place in the file any more. */
  readonly lost: readonly Question[];
}

/**
 * @param mine the answers, as they stand now
 * @param base what the file said when they were given
 * @param there the file as it is now
 */
export function reapply(mine: Answers, base: Answers, there: Opened, setting: Setting): Reapplied {
  const [now, before, theirs] = [
    createView(mine, setting),
    createView(base, setting),
    createView(there.answers, setting),
  ];
  let answers: Answers = there.answers;
  const changed = new Set<Topic>();
  const both: Question[] = [];
  const answered: Question[] = [];
  for (const question of QUESTIONS) {
    const { id, topic } = question;
    const [own, old, other] = [answerTo(question, now), answerTo(question, before), answerTo(question, theirs)];
    const isChangedThere = !isSame(base[id], there.answers[id]);
    if (isChangedThere) changed.add(topic);
    if (isSame(own, old)) continue;
    answered.push(question);
    if (!isChangedThere) answers = { ...answers, [id]: mine[id] };
    else if (typeof own === 'string' || typeof old === 'string' || typeof other === 'string') {
      answers = { ...answers, [id]: mine[id] };
      if (!isSame(own, other)) both.push(question);
    } else {
      const merged = mergeLists(question, own, old, other);
      answers = { ...answers, [id]: merged.entries };
      if (merged.isDisputed) both.push(question);
    }
  }
  const then = createView(answers, setting);
  const lost = answered.filter(
    (question) => there.locked.has(question.topic) || (arises(question, now) && !arises(question, then)),
  );
  return { answers, changed: [...changed], both, lost };
}

/** Whether all that was answered is what the file says, or what is offered where there is none. */
export function isUnanswered(mine: Answers, base: Answers, setting: Setting): boolean {
  const [now, before] = [createView(mine, setting), createView(base, setting)];
  return QUESTIONS.every((question) => isSame(answerTo(question, now), answerTo(question, before)));
}

function answerTo(question: Question, view: View): Answer {
  return isList(question) ? view.many(question.id) : view.one(question.id);
}

/** Each entry by itself: the one that was answered, or else the one of the file. */
function mergeLists(question: Question, own: readonly string[], old: readonly string[], other: readonly string[]) {
  const byIdentity = (entries: readonly string[]) =>
    new Map(entries.map((entry) => [identityOf(question, entry), entry]));
  const [mine, base, theirs] = [byIdentity(own), byIdentity(old), byIdentity(other)];
  let isDisputed = false;
  const entries = [...new Set([...theirs.keys(), ...mine.keys()])].flatMap((key) => {
    const [wanted, was, is] = [mine.get(key), base.get(key), theirs.get(key)];
    const chosen = wanted === was ? is : wanted;
    if (wanted !== was && is !== was && wanted !== is) isDisputed = true;
    return chosen === undefined ? [] : [chosen];
  });
  return { entries, isDisputed };
}

/** What is told of a file that has changed. @param file as the user sees it */
export function changeLines(file: string, { changed, both }: Reapplied): readonly string[] {
  const what =
    changed.length === 0 ? 'nothing that the wizard asks for' : changed.map((topic) => TOPICS[topic]).join(', ');
  return [
    `! ${file} has changed since: ${what}`,
    '  Only what was answered is changed in it: all else stays as it is there now.',
    ...both.map(({ prompt }) => `! ${prompt}: changed there, and answered here. The answer counts.`),
  ];
}
