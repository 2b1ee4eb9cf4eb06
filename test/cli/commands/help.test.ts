import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/cli/arguments/arguments.ts';
import { commandNames, optionsOf, specOf } from '../../../src/cli/arguments/commands.ts';
import { OPTIONS } from '../../../src/cli/arguments/option-specs.ts';
import { helpText } from '../../../src/cli/commands/help.ts';
import { EXIT } from '../../../src/errors.ts';

describe('help', () => {
  it.each([undefined, ...commandNames()])('of %s fits 80 columns', (command) => {
    const lines = helpText(command).split('\n');
    expect(lines.filter((line) => line.length > 80 || line !== line.trimEnd())).toEqual([]);
    expect(lines.at(-1)).toBe('');
  });

  it.each(commandNames())('of %s has comments that stand beside their examples', (command) => {
    const lines = helpText(command).trimEnd().split('\n');
    const examples = lines.slice(lines.findLastIndex((line) => /^examples?$/.test(line)) + 1);
    expect(examples.filter((line) => !line.startsWith('  provision'))).toEqual([]);
  });

  it('lists help itself last', () => {
    expect(commandNames().filter((command) => command !== 'init' && optionsOf(command).at(-1) !== 'help')).toEqual([]);
  });

  it.each(commandNames())('of %s names all its options, and no others', (command) => {
    const named = [...helpText(command).matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map(([, name]) => name);
    expect(named).toEqual(optionsOf(command));
  });

  it('shows command lines that are accepted', () => {
    for (const command of commandNames()) {
      for (const [line] of specOf(command).examples) {
        const argv = line.split(' ').slice(1);
        expect(() => parseCommandLine(argv)).not.toThrow();
      }
    }
  });

  it('names every command and every exit code', () => {
    const text = helpText();
    expect(commandNames().filter((name) => !new RegExp(`^  ${name} +\\S`, 'm').test(text))).toEqual([]);
    expect(Object.values(EXIT).filter((code) => !new RegExp(`^  ${code} +\\S`, 'm').test(text))).toEqual([]);
  });

  it.each(['redeploy', 'rollback'] as const)('of %s says that --yes makes no difference', (command) => {
    expect(helpText(command)).toMatch(/-y, --yes +for scripts, as with apply: it never asks\n/);
  });

  it('has no option that no command takes', () => {
    const taken = new Set<string>(commandNames().flatMap(optionsOf));
    expect(Object.keys(OPTIONS).filter((name) => !taken.has(name))).toEqual(['version']);
  });

  it('explains a command', () => {
    expect(helpText('plan')).toBe(`provision plan: show what apply would do, and change nothing

usage: provision plan --inventory FILE [OPTIONS]

options
  -i, --inventory FILE            the inventory: a file, a program, a folder of
                                  those, or web1,web2,
  -l, --limit PATTERN             only these hosts or groups: web1, 'web*',
                                  'web:!web3'
      --shard K/N                 only part K of N of these hosts, for N jobs
                                  side by side: 2/8
  -r, --role NAME                 only this role; may be given several times
      --diff                      show changed texts line by line (plan does)
      --no-diff                   do not show them
      --detailed-exitcode         exit with 3 where something differs
  -f, --forks N                   so many hosts at a time (default 10)
  -e, --extra-vars VARS           variables over all others: name=value, JSON,
                                  YAML, or @FILE
      --vault-password-file FILE  opens what is encrypted; ID@FILE, or a program
                                  that prints it
      --ask-vault-pass            ask for it on the terminal
      --report FILE               write an HTML page of the run
  -v, --verbose                   show also what is in order, and times
      --debug                     show scripts, causes and stack traces
      --json                      one JSON object a line (docs/json.md)
      --no-color                  no colour; so does the variable NO_COLOR
  -h, --help                      show this

examples
  provision plan -i prod.yml                      # with diffs of changed files
  provision plan -i prod.yml --detailed-exitcode  # exits with 3 on drift
`);
  });
});
