/** Finds commands and options by what was typed. */
import { ProvisionError } from '../../errors.ts';
import { nearest } from '../../schema/nearest.ts';
import type { CommandSpec } from './command-spec.ts';
import { ALWAYS, COMMAND_SPECS } from './command-specs.ts';
import { OPTIONS, type OptionName, type OptionSpec } from './option-specs.ts';

export type CommandName = keyof typeof COMMAND_SPECS;

/** All options of a command, in the order of help. */
export function optionsOf(command: CommandName): readonly OptionName[] {
  const own: readonly OptionName[] = specOf(command).options;
  const all = optionNames().filter((name) => own.includes(name) || ALWAYS.includes(name));
  // The answers to questions stand at the end of the table: init lists them by topics, others among their own options.
  return command === 'init' ? all : [...all.filter((name) => name !== 'help'), 'help'];
}

export function specOf(command: CommandName): CommandSpec {
  return COMMAND_SPECS[command];
}

export function optionNamed(name: OptionName): OptionSpec {
  return OPTIONS[name];
}

export function commandNames(): readonly CommandName[] {
  return Object.keys(COMMAND_SPECS) as CommandName[];
}

/** @throws ProvisionError `usage`, which tells the nearest command */
export function commandNamed(word: string): CommandName {
  const found = commandNames().find((name) => name === word);
  if (found !== undefined) return found;
  throw new ProvisionError('usage', `there is no command "${word}"`, {
    hint: isFile(word)
      ? `An inventory is named by an option: provision --inventory ${word}.`
      : suggestion(word, commandNames(), `The commands are ${commandNames().join(', ')}.`),
  });
}

function isFile(word: string): boolean {
  return /\/|\.(ya?ml|ini|json)$/.test(word);
}

export function optionNames(): readonly OptionName[] {
  return Object.keys(OPTIONS) as OptionName[];
}

export type Letters = NonNullable<CommandSpec['letters']>;

/** The letter that an option has where a command gives these letters to others. */
export function letterOf(name: OptionName, letters: Letters = {}): string | undefined {
  const own = Object.keys(letters).find((letter) => letters[letter] === name);
  const { short } = optionNamed(name);
  return own ?? (short !== undefined && short in letters ? undefined : short);
}

/** The nearest word where one is near enough to have been meant. */
export function suggestion(word: string, words: readonly string[], otherwise: string, prefix = ''): string {
  const best = nearest(word, words);
  return best === undefined ? otherwise : `Did you mean ${prefix}${best}?`;
}
