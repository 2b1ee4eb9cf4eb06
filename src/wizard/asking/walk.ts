/** Goes through questions, back and forth. */

import { type Answer, type Answers, type Detour, isDetour, type Question, TOPICS, type Topic } from '../question.ts';
import { arises, questionOf } from '../questions.ts';
import { createView, withAnswer } from '../view.ts';
import { ask, type Tools } from './ask.ts';
import { BACK, type Back } from './prompter.ts';

export interface Walk {
  readonly questions: readonly Question[];
  /** A topic is opened from the overview: what is for those who look for it is asked as well. */
  readonly advanced: boolean;
  /** What was answered in an earlier session: it is passed, and can be gone back to. */
  readonly isAnswered?: (question: Question) => boolean;
  /** The way so far, which the walk goes on with: where there is one, it begins with going back from its end. */
  readonly trail?: Step[];
  /** Called after each answer, and for each entry of a list that is not finished yet. */
  readonly keep: (answers: Answers, unfinished?: string) => void;
}

/** A question that was answered, by its place among the others, and where the screen stood then. */
export interface Step {
  readonly at: number;
  readonly mark: number;
}

/** Asks all questions that arise, in their order. @returns BACK where somebody went back from the first one */
export async function walk(start: Answers, walkOf: Walk, tools: Tools): Promise<Answers | Back> {
  const { questions, advanced, keep, isAnswered = () => false, trail = [] } = walkOf;
  let answers = start;
  let topic: Topic | undefined;
  const earlier = advanced ? createView(start, tools.machine) : undefined;
  const beginning = tools.prompter.mark();
  // From where somebody goes back, all is asked again.
  let passed = questions.length;
  let at = 0;

  /** @returns whether there is a question to go back to */
  function goBack(): boolean {
    let last = trail.pop();
    // A key that was confirmed is not asked for again: it would lead forth at once.
    while (last !== undefined && isPassedOver(questions[last.at])) last = trail.pop();
    tools.prompter.rewind(last?.mark ?? beginning);
    if (last === undefined) return false;
    at = last.at;
    passed = Math.min(passed, at);
    topic = questions[trail.at(-1)?.at ?? -1]?.topic;
    return true;
  }

  function isPassedOver(question: Question | undefined): boolean {
    return (
      question?.kind === 'host-keys' ||
      (question !== undefined && !arises(question, createView(answers, tools.machine)))
    );
  }

  if (trail.length > 0 && !goBack()) return BACK;
  while (at < questions.length) {
    const question = questions[at] as Question;
    const view = createView(answers, tools.machine);
    if (!arises(question, view) || (question.advanced && !advanced)) {
      at++;
      continue;
    }
    const mark = tools.prompter.mark();
    if (at < passed && isAnswered(question)) {
      trail.push({ at, mark });
      at++;
      continue;
    }
    if (question.topic !== topic) {
      topic = question.topic;
      tools.prompter.say(['', `── ${TOPICS[topic]} ──`]);
    }
    const note = question.note?.(view);
    if (note !== undefined) tools.prompter.say([`  ${note}`]);
    const before = answers;
    const keepSoFar = (soFar: Answer) => keep({ ...before, [question.id]: soFar }, question.id);
    const answer = await ask(question, view, tools, keepSoFar, earlier);
    if (answer === BACK) {
      keep(answers);
      if (!goBack()) return BACK;
      continue;
    }
    if (isDetour(answer)) {
      answers = await goRound(answer, { ...answers, [question.id]: answer.meanwhile }, tools);
      keep(answers, question.id);
      continue;
    }
    answers = withAnswer(answers, question, answer, tools.machine);
    keep(answers);
    trail.push({ at, mark });
    at++;
  }
  return answers;
}

async function goRound({ first }: Detour, answers: Answers, tools: Tools): Promise<Answers> {
  const question = questionOf(first);
  const view = createView(answers, tools.machine);
  // Who wants to give a password does not want the "no" that was answered before.
  const isNone = 'source' in question && question.source === 'given' && view.one(first) === 'none';
  const offered = isNone ? view.with(first, tools.seal === undefined ? 'env' : 'type') : view;
  const answer = await ask(question, offered, tools);
  return answer === BACK || isDetour(answer) ? answers : { ...answers, [first]: answer };
}
