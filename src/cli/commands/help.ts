/** The help texts, made from the tables of commands and options. At most 80 columns. */

import { EXIT, type ExitCode } from '../../errors.ts';
import { wrap } from '../../report/width.ts';
import { TOPICS } from '../../wizard/question.ts';
import { QUESTIONS } from '../../wizard/questions.ts';
import type { CommandSpec } from '../arguments/command-spec.ts';
import {
  type CommandName,
  commandNamed,
  commandNames,
  letterOf,
  optionNamed,
  optionsOf,
  specOf,
} from '../arguments/commands.ts';
import type { OptionName } from '../arguments/option-specs.ts';
import type { Options } from '../arguments/options.ts';

const COLUMNS = 80;

/** The help of a command, or of provision as a whole; ends with a line feed. */
export function helpText(command?: CommandName): string {
  return `${(command === undefined ? overview() : commandHelp(command)).join('\n')}\n`;
}

function overview(): string[] {
  return [
    'provision brings bare Linux hosts, over SSH, to a running application.',
    '',
    'usage: provision                                      asks, and leads to a site',
    '       provision [COMMAND] --inventory FILE [OPTIONS]',
    '',
    'commands',
    ...twoColumns(commandNames().map((name) => [name, specOf(name).summary])),
    '',
    'options of apply, which is meant where no command is given',
    ...optionLines('apply'),
    '',
    'examples',
    ...exampleLines([...specOf('apply').examples, ...specOf('plan').examples]),
    '',
    'exit codes',
    ...twoColumns([
      ['0', 'all is well'],
      ['1', 'a task failed'],
      ['2', 'the command line or the inventory is wrong; no host was touched'],
      ['3', 'something differs (plan --detailed-exitcode), or is not well (status)'],
      ['4', 'a host cannot be reached, or refuses the login'],
      ['130', 'interrupted'],
    ]),
    '',
    'See provision help COMMAND for the options of the others.',
  ];
}

function commandHelp(command: CommandName): string[] {
  const { summary, needsInventory, arguments: taken, notes = [], examples } = specOf(command);
  const inventory = needsInventory ? '--inventory FILE' : '';
  const last = taken?.afterDashes ? ['[OPTIONS]', taken.usage] : [taken?.usage ?? '', '[OPTIONS]'];
  return [
    `provision ${command}: ${summary}`,
    '',
    `usage: ${['provision', command, inventory, ...last].filter(Boolean).join(' ')}`,
    '',
    ...notes.flatMap((note) => [...wrap(note, COLUMNS), '']),
    ...(taken?.choices ? [taken.heading ?? 'actions', ...twoColumns(taken.choices), ''] : []),
    ...(command === 'init' ? initOptions() : ['options', ...optionLines(command)]),
    '',
    examples.length === 1 ? 'example' : 'examples',
    ...exampleLines(examples),
  ];
}

function optionLines(command: CommandName): string[] {
  return linesOf(command, optionsOf(command));
}

/** The answers by their topics, as the wizard asks for them. */
function initOptions(): string[] {
  const options = optionsOf('init');
  const flags = (topic: string) => QUESTIONS.filter((question) => question.topic === topic).map(({ flag }) => flag);
  const answers = new Set<string>(QUESTIONS.map(({ flag }) => flag));
  return [
    'options',
    ...linesOf(
      'init',
      options.filter((name) => !answers.has(name)),
    ),
    ...Object.entries(TOPICS).flatMap(([topic, title]) => {
      const names = options.filter((name) => flags(topic).includes(name));
      return ['', title, ...linesOf('init', names)];
    }),
    '',
    'Options of lists may be given several times; to an inventory that exists they',
    'add entries, or change those of the same name. SOURCE, which may also follow',
    'NAME:ACCESS= and PATH:USER=, is env:NAME or file:PATH, read at each run;',
    'encrypt:env:NAME, encrypted now; or what provision docs wizard says besides.',
  ];
}

function linesOf(command: CommandName, names: readonly OptionName[]): string[] {
  const { wording = {} } = specOf(command);
  return twoColumns(names.map((name) => [written(name, command), wording[name] ?? optionNamed(name).help]));
}

/** `-i, --inventory FILE`; those without a letter stand below the long names of the others. */
function written(name: OptionName, command: CommandName): string {
  const { value, optional = false } = optionNamed(name);
  const short = letterOf(name, specOf(command).letters);
  const placeholder = optional ? `[=${value}]` : value === undefined ? '' : ` ${value}`;
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${placeholder}`;
}

/** The comments below one another; on a line of their own where they do not fit beside the longest line. */
function exampleLines(examples: CommandSpec['examples']): string[] {
  return twoColumns(examples.map(([line, what]) => [line, what === '' ? '' : `# ${what}`]));
}

function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([first]) => first.length));
  return rows.flatMap(([first, second]) => {
    const [head = '', ...rest] = wrap(second, COLUMNS - left - 4);
    return [`  ${first.padEnd(left)}  ${head}`.trimEnd(), ...rest.map((line) => `${' '.repeat(left + 4)}${line}`)];
  });
}

/** `provision help [COMMAND]`. */
export async function execute({ arguments: [topic] }: Options): Promise<ExitCode> {
  process.stdout.write(helpText(topic === undefined ? undefined : commandNamed(topic)));
  return EXIT.ok;
}
