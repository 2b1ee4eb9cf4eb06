/** The one table of questions: prompts and the flags of `init` are made of it, in this order. */
import type { Question, View } from './question.ts';
import { APPLICATION_QUESTIONS } from './questions/application.ts';
import { DATA_QUESTIONS } from './questions/data.ts';
import { MACHINE_QUESTIONS } from './questions/machine.ts';
import { SITE_QUESTIONS } from './questions/site.ts';

const TABLE = [...MACHINE_QUESTIONS, ...APPLICATION_QUESTIONS, ...DATA_QUESTIONS, ...SITE_QUESTIONS] as const;

export type QuestionFlag = (typeof TABLE)[number]['flag'];

export const QUESTIONS: readonly Question[] = TABLE;

export function questionOf(id: string): Question {
  const question = QUESTIONS.find((candidate) => candidate.id === id);
  if (question === undefined) throw new TypeError(`there is no question ${id}`);
  return question;
}

/** Whether an answer of it counts. */
export function arises(question: Question, view: View): boolean {
  return question.when?.(view) ?? true;
}

export function isList(question: Question): boolean {
  return question.kind === 'list' || question.kind === 'host-keys';
}
