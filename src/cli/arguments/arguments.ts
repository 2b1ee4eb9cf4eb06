/** The command line's arguments: from `process.argv` to a command and its options. */
import { parseArgs } from 'node:util';
import { ProvisionError } from '../../errors.ts';
import { withOurNames } from './ansible-options.ts';
import type { ArgumentsSpec } from './command-spec.ts';
import {
  type CommandName,
  commandNamed,
  commandNames,
  type Letters,
  letterOf,
  optionNamed,
  optionNames,
  optionsOf,
  specOf,
  suggestion,
} from './commands.ts';
import type { OptionName, OptionSpec } from './option-specs.ts';
import { DEFAULTS, type Options } from './options.ts';

export interface CommandLine {
  readonly command: CommandName;
  readonly options: Options;
}

/** An option as it was given. */
interface Given {
  readonly name: OptionName;
  /** As the user wrote it: `-i` or `--inventory`. */
  readonly written: string;
  readonly value: string;
}

/**
 * Reads the arguments after `provision`. None at all mean `init`; without a command they mean `apply`; `apply --check` is
 * `plan`.
 * @throws ProvisionError `usage`
 */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const argv = withOurNames(words);
  const { positionals, dashed, given } = readArguments(argv, lettersOf(argv));
  const has = (name: OptionName) => given.some((option) => option.name === name);
  const [word, ...rest] = positionals;

  if (has('version')) return { command: 'version', options: DEFAULTS };
  if (has('help')) return helpFor(word);
  if (argv.length === 0) return { command: 'init', options: DEFAULTS };
  if (word === undefined && !has('inventory')) throw missingInventory('apply');
  const named = word === undefined ? 'apply' : commandNamed(word);
  if (named === 'help') return helpFor(rest[0]);

  const spec = specOf(named);
  checkArguments(named, rest, dashed);
  for (const { name, written } of given) {
    if (!takes(named, name, has('check'))) throw notTaken(named, name, written);
  }
  const command = named === 'apply' && has('check') ? 'plan' : named;
  let options: Options = { ...DEFAULTS, ...specOf(command).defaults, arguments: rest };
  for (const { name, value } of given) options = { ...options, ...optionNamed(name).set(value, options) };
  if (spec.needsInventory && options.inventory.length === 0) throw missingInventory(named);
  return { command, options };
}

function helpFor(word: string | undefined): CommandLine {
  return { command: 'help', options: { ...DEFAULTS, arguments: word === undefined ? [] : [commandNamed(word)] } };
}

/** Not strict, so that the messages are ours and name the nearest option. `dashed`: how many positionals stand after `--`. */
function readArguments(
  argv: readonly string[],
  letters: Letters,
): { positionals: string[]; dashed: number; given: Given[] } {
  const tokens = readTokens(argv, letters);
  const positionals: string[] = [];
  const given: Given[] = [];
  let dashed = 0;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      positionals.push(token.value);
      if (tokens.some(({ kind, index }) => kind === 'option-terminator' && index < token.index)) dashed += 1;
    }
    if (token.kind !== 'option') continue;
    const name = optionNames().find((known) => known === token.name);
    if (name === undefined) throw dashesForgotten(argv, tokens, token.index) ?? unknownOption(token.rawName, tokens);
    const { repeatable = false, value } = optionNamed(name);
    if (value !== undefined && !repeatable && given.some((other) => other.name === name)) {
      throw new ProvisionError('usage', `${token.rawName} is given twice`, { hint: 'Give it once.' });
    }
    given.push({ name, written: token.rawName, value: valueGiven(token, optionNamed(name)) });
  }
  return { positionals, dashed, given };
}

type Tokens = ReturnType<typeof readTokens>;

/** The command, as far as it shows before its options are known: it is the first word that belongs to no option. */
function commandOf(tokens: Tokens): CommandName | undefined {
  const word = tokens.find(({ kind }) => kind === 'positional');
  return commandNames().find((name) => word?.kind === 'positional' && name === word.value);
}

function lettersOf(argv: readonly string[]): Letters {
  const command = commandOf(readTokens(argv, {}));
  return (command && specOf(command).letters) ?? {};
}

/** `exec -i prod.yml uname -a`: an option that nobody knows belongs to the command that already stands before it. */
function dashesForgotten(argv: readonly string[], tokens: Tokens, unknownAt: number): ProvisionError | undefined {
  const command = commandOf(tokens);
  if (command === undefined || !specOf(command).arguments?.afterDashes) return undefined;
  const [, word] = tokens.filter(({ kind }) => kind === 'positional');
  return word && word.index < unknownAt ? notAfterDashes(command, argv.slice(word.index)) : undefined;
}

function notAfterDashes(command: CommandName, words: readonly string[]): ProvisionError {
  return new ProvisionError('usage', `${command} takes its command after --, but there is "${words[0]}" before`, {
    hint: `Write provision ${command} --inventory FILE -- ${words.join(' ')}.`,
  });
}

function readTokens(argv: readonly string[], letters: Letters) {
  const options = Object.fromEntries(
    optionNames().map((name) => {
      const { value, optional = false } = optionNamed(name);
      const type = value !== undefined && !optional ? ('string' as const) : ('boolean' as const);
      const short = letterOf(name, letters);
      return [name, short === undefined ? { type } : { type, short }];
    }),
  );
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** @throws ProvisionError `usage` where a value is missing, or given to an option that takes none */
function valueGiven(
  token: OptionToken,
  { value: placeholder, optional = false, mayBeEmpty = false }: OptionSpec,
): string {
  const { rawName, value, inlineValue = false } = token;
  if (placeholder === undefined) {
    if (value === undefined) return '';
    throw new ProvisionError('usage', `${rawName} takes no value`, { hint: `Write ${rawName} alone.` });
  }
  if (value === undefined && optional) return '';
  // `--limit --json`: the value was forgotten, and the next option must not be taken for it.
  const forgotten =
    value === undefined || (value === '' && !mayBeEmpty) || (!inlineValue && value.startsWith('-') && value !== '-');
  if (!forgotten) return value;
  const sign = rawName.startsWith('--') ? '=' : ' ';
  throw new ProvisionError('usage', `${rawName} needs a value`, { hint: `Write ${rawName}${sign}${placeholder}.` });
}

function takes(command: CommandName, name: OptionName, check: boolean): boolean {
  return optionsOf(command).includes(name) || (check && command === 'apply' && optionsOf('plan').includes(name));
}

/** One with few typos, or one that begins alike up to the last letter that was typed: `--forc` for `--forks`. */
function nearestOption(word: string, names: readonly string[]): string | undefined {
  const beginning = word.slice(0, -1);
  const alike = names.filter((name) => beginning.length >= 3 && name.startsWith(beginning));
  const hint = suggestion(word, names, '', '--') || (alike.length === 1 ? `Did you mean --${alike[0]}?` : '');
  return hint === '' ? undefined : hint;
}

/** The nearest of those that the command takes: another one would be refused next. */
function unknownOption(written: string, tokens: Tokens): ProvisionError {
  const isNamed = tokens.some(({ kind }) => kind === 'positional');
  const command = commandOf(tokens) ?? (isNamed ? undefined : 'apply');
  const names = command === undefined ? optionNames() : optionsOf(command);
  const otherwise = `See provision help${isNamed && command ? ` ${command} for what it takes.` : ' for all of them.'}`;
  return new ProvisionError('usage', `there is no option ${written}`, {
    hint: (command && actionHint(command, written)) ?? nearestOption(written.replace(/^-+/, ''), names) ?? otherwise,
  });
}

/** Who comes from Ansible writes `--graph` and `--list`. */
function actionHint(command: CommandName, written: string): string | undefined {
  const { choices = [] }: Partial<ArgumentsSpec> = specOf(command).arguments ?? {};
  const word = written.replace(/^-+/, '');
  return choices.some(([name]) => name === word) ? `Write it without dashes: provision ${command} ${word}.` : undefined;
}

function notTaken(command: CommandName, name: OptionName, written: string): ProvisionError {
  const hint =
    specOf(command).refuses?.[name] ??
    actionHint(command, written) ??
    `See provision help ${command} for what it takes.`;
  return new ProvisionError('usage', `${command} does not take ${written}`, { hint });
}

/** @throws ProvisionError `usage` where there are too few or too many */
function checkArguments(command: CommandName, words: readonly string[], dashed: number): void {
  const taken: ArgumentsSpec = specOf(command).arguments ?? { usage: 'no argument', least: 0, most: 0 };
  const { usage, least, most, afterDashes = false } = taken;
  const hint = `See provision help ${command} for what it takes.`;
  if (afterDashes && words.length > dashed) throw notAfterDashes(command, words);
  if (words.length < least) throw new ProvisionError('usage', `${command} needs ${usage}`, { hint });
  const word = words[most];
  if (word === undefined) return;
  const looksLikeFile = /\.ya?ml$|\//.test(word);
  throw new ProvisionError('usage', `${command} takes ${usage}, but there is "${word}"`, {
    hint: looksLikeFile ? `Write --inventory ${word}.` : hint,
  });
}

function missingInventory(command: CommandName): ProvisionError {
  return new ProvisionError('usage', 'no inventory is given', {
    hint: `Say which: provision ${command} --inventory prod.yml.`,
  });
}
