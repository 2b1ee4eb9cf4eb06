/** Goes through questions, back and forth. */
import { ask, type Tools } from './ask.ts';
import { BACK, type Back } from './prompter.ts';
import { type Answer, type Answers, type Detour, isDetour, type Question, TOPICS, type Topic } from './question.ts';
import { arises, questionOf } from './questions.ts';
import { createView, withAnswer } from './view.ts';

export interface Walk {
  readonly questions: readonly Question[];
  /** A topic is opened from the overview: what is for those who look for it is asked as well. */
  readonly advanced: boolean;
  /** Called after each answer, and for each entry of a list that is not finished yet. */
  readonly keep: (answers: Answers, unfinished?: string) => void;
}

/** Asks all questions that arise, in their order. @returns BACK where somebody went back from the first one */
export async function walk(start: Answers, { questions, advanced, keep }: Walk, tools: Tools): Promise<Answers | Back> {
  let answers = start;
  let topic: Topic | undefined;
  const earlier = advanced ? createView(start, tools.machine) : undefined;
  const beginning = tools.prompter.mark();
  const asked: { readonly at: number; readonly mark: number }[] = [];
  for (let at = 0; at < questions.length; ) {
    const question = questions[at] as Question;
    const view = createView(answers, tools.machine);
    if (!arises(question, view) || (question.advanced && !advanced)) {
      at++;
      continue;
    }
    const mark = tools.prompter.mark();
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
      let last = asked.pop();
      // A key that was confirmed is not asked for again: it would lead forth at once.
      while (last !== undefined && questions[last.at]?.kind === 'host-keys') last = asked.pop();
      tools.prompter.rewind(last?.mark ?? beginning);
      if (last === undefined) return BACK;
      at = last.at;
      topic = questions[asked.at(-1)?.at ?? -1]?.topic;
      continue;
    }
    if (isDetour(answer)) {
      answers = await goRound(answer, { ...answers, [question.id]: answer.meanwhile }, tools);
      keep(answers, question.id);
      continue;
    }
    answers = withAnswer(answers, question, answer, tools.machine);
    keep(answers);
    asked.push({ at, mark });
    at++;
  }
  return answers;
}

async function goRound({ first }: Detour, answers: Answers, tools: Tools): Promise<Answers> {
  const answer = await ask(questionOf(first), createView(answers, tools.machine), tools);
  return answer === BACK || isDetour(answer) ? answers : { ...answers, [first]: answer };
}
