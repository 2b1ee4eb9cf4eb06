/** How the wizard talks to somebody: on a terminal, or in a test. */
import type { Choice } from '../question.ts';

/** What is answered by the key for going back. */
export const BACK = Symbol('back');
export type Back = typeof BACK;

/** Thrown where somebody goes back from a question that came up in the midst of some work, as that for a vault password. */
export class WentBack extends Error {}

export interface TextPrompt {
  readonly message: string;
  readonly default?: string;
  /** What is wrong with what was typed; undefined where nothing is. */
  readonly check: (text: string) => string | undefined | Promise<string | undefined>;
}

export interface ChoicePrompt {
  readonly message: string;
  readonly choices: readonly Choice[];
  readonly default?: string;
}

/** A text: one of those that are offered, or any other that is typed. */
export interface PickPrompt extends ChoicePrompt, Pick<TextPrompt, 'check'> {}

export interface Prompter {
  text(prompt: TextPrompt): Promise<string | Back>;
  choose(prompt: ChoicePrompt): Promise<string | Back>;
  pick(prompt: PickPrompt): Promise<string | Back>;
  /** For what must not show. */
  hidden(prompt: TextPrompt): Promise<string | Back>;
  say(lines: readonly string[]): void;
  /** Where it stands now, for `rewind`. */
  mark(): number;
  /** Takes away what was asked, answered and said since: it does not count any more. */
  rewind(mark: number): void;
  /** Tells what is waited for as long as that lasts. */
  wait<T>(what: string, work: Promise<T>): Promise<T>;
}

/** Asks for a password that some work needs. @throws WentBack */
export async function askPassword(message: string, { hidden }: Pick<Prompter, 'hidden'>): Promise<string> {
  const typed = await hidden({ message, check: (text) => (text.trim() === '' ? 'must be given' : undefined) });
  if (typed === BACK) throw new WentBack(message);
  return typed;
}
