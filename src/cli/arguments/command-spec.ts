/** What is said of a command: the shape of the table in command-specs.ts. */
import type { OptionName, Place } from './option-specs.ts';
import type { Options } from './options.ts';

/** A command, and what it takes. */
export interface CommandSpec {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Besides those that every command takes. */
  readonly options: readonly OptionName[];
  readonly needsInventory: boolean;
  /** What options mean to it, where the usual help does not say. */
  readonly wording?: Partial<Record<OptionName, string>>;
  /** Options that it does not take for a reason: what to do instead. */
  readonly refuses?: Partial<Record<OptionName, string>>;
  /** What it sets by itself. */
  readonly defaults?: Partial<Options>;
  /** What it takes besides options; nothing by default. */
  readonly arguments?: ArgumentsSpec;
  /** What else is to be known: a paragraph each. */
  readonly notes?: readonly string[];
  /** Letters that mean another option with this command. */
  readonly letters?: Readonly<Record<string, OptionName>>;
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
}

/** Its words that are no options. */
export interface ArgumentsSpec {
  /** How help writes them: `[COMMAND]`. */
  readonly usage: string;
  readonly least: number;
  readonly most: number;
  /** What the first one can be, for help. */
  readonly choices?: readonly (readonly [name: string, what: string])[];
  /** What help calls the choices; actions by default. */
  readonly heading?: string;
  /** What each is one of, for shells that complete them; the last of these for all further ones. */
  readonly completes?: readonly Place[];
  /** They stand after `--`: options among them are not ours. */
  readonly afterDashes?: boolean;
}
