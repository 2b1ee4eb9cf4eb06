/** What a question is. Everything here is data: the command line makes its flags of it, and loads nothing heavy for that. */

import type { Finding } from './application/recognise.ts';
import type { Notation } from './notations.ts';

/** A text, or the texts of a list. Empty: none. Flags, prompts and drafts all hold this same form. */
export type Answer = string | readonly string[];
export type Answers = Readonly<Record<string, Answer | undefined>>;

/** Instead of an answer: another question must be answered first, and then this one again. */
export interface Detour {
  /** The id of that question. */
  readonly first: string;
  /** What was answered so far. */
  readonly meanwhile: Answer;
}

export function isDetour(answer: unknown): answer is Detour {
  return typeof answer === 'object' && answer !== null && 'first' in answer;
}

/** The topics, in the order in which they are asked. */
export const TOPICS = {
  inventory: 'inventory',
  hosts: 'hosts',
  people: 'people',
  packages: 'packages',
  docker: 'Docker',
  application: 'application',
  database: 'database',
  redis: 'redis',
  site: 'site',
} as const;

export type Topic = keyof typeof TOPICS;

/** What is known while a question is asked: the answers so far, with defaults for those that were not given. */
export interface View {
  /** The answer of a text or a choice; empty where the question does not arise. */
  one(id: string): string;
  /** The answer of a list. */
  many(id: string): readonly string[];
  /** What the application's folder holds. */
  readonly found: Finding;
  /** The folder to begin with: the first one that is recognised, among the current one and those in it. */
  readonly nearestApplication: string | undefined;
  /** What the current folder is called. */
  readonly folderName: string;
  /** What ~/.ssh/config says of a host that it names so. */
  sshHost(name: string): SshHost | undefined;
  /** The same with another answer. */
  with(id: string, answer: Answer): View;
}

export interface SshHost {
  /** Whom to log in as. */
  readonly user: string | undefined;
  /** Where it really is. */
  readonly hostname: string | undefined;
}

export interface Choice {
  readonly value: string;
  readonly name: string;
}

/** Lists that the machine at hand knows. */
export type Suggestion = 'sshHosts' | 'publicKeys' | 'privateKeys';

/** How one text is asked and checked: a question has one, an entry of a list may have several. */
export interface Field {
  readonly prompt: string;
  /** A variable of the inventory whose schema it must meet: `['stack', 'services', 'app', 'port']`. */
  readonly at?: readonly string[];
  /** What the text stands for in that schema; a text by default. */
  readonly as?: 'number' | 'words';
  readonly choices?: readonly Choice[];
  readonly suggest?: Suggestion;
  /** Where a secret comes from: see secret-source.ts. `given`: it cannot be made on the host. */
  readonly source?: 'any' | 'given';
  /** A further rule, which no schema knows. @returns what is wrong */
  readonly rule?: (text: string, view: View) => string | undefined;
  /** May be left empty. */
  readonly optional?: boolean;
  /** Of one that is picked: what counts where it is left empty. */
  readonly ifEmpty?: string;
}

export interface EntryField extends Field {
  /** Its part of the notation. */
  readonly part: string;
  readonly default?: (parts: Readonly<Record<string, string>>, view: View) => string;
  /** Whether an entry has it at all. */
  readonly when?: (parts: Readonly<Record<string, string>>) => boolean;
}

interface QuestionBase extends Omit<Field, 'choices'> {
  readonly id: string;
  readonly topic: Topic;
  /** Of `init`, without dashes. */
  readonly flag: string;
  /** How help calls the value. */
  readonly value: string;
  /** For the help of the flag; prompts are longer. */
  readonly help: string;
  /** Another option that does as well, for who has given neither: `--image IMAGE`. */
  readonly orElse?: string;
  /** What to know before it is answered. */
  readonly note?: (view: View) => string | undefined;
  /** Whether it arises at all. */
  readonly when?: (view: View) => boolean;
  /** Questions whose answers follow from this one: where it changes, theirs are given up for the defaults. */
  readonly decides?: readonly string[];
  /** Questions whose defaults follow from this one: where it changes, answers that are the default of before become the new one. */
  readonly suggests?: readonly string[];
  /** A question that its default is made of: where that one is not answered either, this one is not missed. */
  readonly follows?: string;
  /** Asked only where its topic is opened from the overview. */
  readonly advanced?: boolean;
}

export interface TextQuestion extends QuestionBase {
  readonly kind: 'text';
  /** Not given: it must be answered. */
  readonly default?: (view: View) => string;
}

export interface ChoiceQuestion extends QuestionBase {
  readonly kind: 'choice';
  readonly choices: readonly Choice[];
  readonly default: (view: View) => string;
}

/** Entries of one field alone are typed on one line; others one by one. */
export interface ListQuestion extends QuestionBase {
  readonly kind: 'list';
  /** What one entry is called: `host`. */
  readonly entry: string;
  readonly notation?: Notation;
  readonly fields?: readonly EntryField[];
  readonly default: (view: View) => readonly string[];
  readonly required?: boolean;
}

/** The keys of the hosts: not typed, but shown by the hosts and confirmed. */
export interface HostKeysQuestion extends QuestionBase {
  readonly kind: 'host-keys';
  readonly notation: Notation;
  readonly default: (view: View) => readonly string[];
}

export type Question = TextQuestion | ChoiceQuestion | ListQuestion | HostKeysQuestion;

export const YES_NO: readonly Choice[] = [
  { value: 'yes', name: 'yes' },
  { value: 'no', name: 'no' },
];
