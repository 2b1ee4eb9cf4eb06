/** What may stand where on the command line: one model, of which the script of each shell is made. */
import {
  type CommandName,
  commandNames,
  letterOf,
  optionNamed,
  optionNames,
  optionsOf,
  specOf,
} from '../arguments/commands.ts';
import type { OptionName, Place } from '../arguments/option-specs.ts';

/** Names of options that do the same for these commands; a letter may mean one thing here and another there. */
export interface CompletedOption {
  readonly name: OptionName;
  readonly letter: string | undefined;
  readonly commands: readonly CommandName[];
  readonly help: string;
  readonly isRepeatable: boolean;
  /** Undefined where it takes no value; none of any words where anything may stand there. */
  readonly value: { readonly title: string; readonly isOptional: boolean; readonly place: Place } | undefined;
}

/** The command that is meant where none is given. */
export const IMPLIED: CommandName = 'apply';

const NOTHING: Place = [];

/** All options, in the order of help. */
export function completedOptions(): readonly CompletedOption[] {
  return optionNames().flatMap((name): CompletedOption[] => {
    const { value, optional = false, repeatable = false, help } = optionNamed(name);
    const taking = commandNames().filter((command) => optionsOf(command).includes(name));
    const byLetter = Map.groupBy(taking, (command) => letterOf(name, specOf(command).letters));
    return [...byLetter].map(([letter, commands]) => ({
      name,
      letter,
      commands,
      help,
      isRepeatable: repeatable,
      value: value === undefined ? undefined : { title: value, isOptional: optional, place: placeOf(name) },
    }));
  });
}

/** What its arguments are, one after another; the last of these for all further ones. */
export function argumentPlaces(command: CommandName): readonly Place[] {
  const { most, completes = [NOTHING] } = specOf(command).arguments ?? { most: 0 };
  return most === Infinity ? completes : [...completes.slice(0, most), NOTHING];
}

/** The words of a place, where these scripts know them. */
export function wordsOf(place: Place): readonly string[] | undefined {
  return place === 'commands' ? commandNames() : typeof place === 'string' ? undefined : place;
}

/** The placeholders tell of files and folders. */
function placeOf(name: OptionName): Place {
  const { value, completes } = optionNamed(name);
  if (completes !== undefined) return completes;
  return value === 'FILE' ? 'files' : value === 'FOLDER' ? 'folders' : NOTHING;
}
