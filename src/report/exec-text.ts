/** What a command printed on many hosts: hosts where it came to the same are told together. */
import type { HostResult } from '../operate/each-host.ts';
import type { CommandResult } from '../operate/exec.ts';
import { errorLines } from './error-text.ts';
import { hostsLabel, plural } from './plan-text.ts';
import { logText } from './printable.ts';
import type { TextOptions } from './reporter.ts';

/** A block for each outcome: those that went well, then those that did not; at the end how many of each. */
export function execLines(
  results: readonly HostResult<CommandResult>[],
  options: Pick<TextOptions, 'paint' | 'columns' | 'debug'>,
): string[] {
  const answered = results.flatMap(({ host, value }) => (value ? [{ host, ...value }] : []));
  const failed = results.flatMap(({ host, error }) => (error ? [{ host, error }] : []));
  const outcomes = [
    ...Map.groupBy(answered, ({ code, stdout, stderr }) => JSON.stringify([code, stdout, stderr])).values(),
  ];
  const isWell = (group: typeof answered) => group[0]?.code === 0;
  const errors = Map.groupBy(
    failed,
    ({ error: { code, message, hint, detail } }) => `${code}${message}${hint}${detail}`,
  );
  const blocks = [
    ...outcomes.filter(isWell).map((group) => outcomeLines(group, options)),
    ...outcomes.filter((group) => !isWell(group)).map((group) => outcomeLines(group, options)),
    ...[...errors.values()].map((group) =>
      errorLines(
        group[0]?.error,
        options,
        group.map(({ host }) => host),
      ),
    ),
    ...(results.length > 1 ? [[totalLine(answered, failed.length, options)]] : []),
  ];
  return blocks.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function outcomeLines(
  group: readonly ({ readonly host: string } & CommandResult)[],
  { paint }: Pick<TextOptions, 'paint'>,
): string[] {
  const [{ code, stdout, stderr } = { code: 0, stdout: '', stderr: '' }] = group;
  const hosts = hostsLabel(
    group.map(({ host }) => host),
    group.length < 10,
  );
  const outcome = code === 0 ? paint('green', 'ok') : paint('red', `exited with ${code}`);
  return [
    `${paint('bold', `${hosts}:`)} ${outcome}`,
    ...textLines(stdout),
    ...textLines(stderr).map((line) => paint('yellow', line)),
  ];
}

function totalLine(answered: readonly CommandResult[], failed: number, { paint }: Pick<TextOptions, 'paint'>): string {
  const well = answered.filter(({ code }) => code === 0).length;
  const count = answered.length + failed;
  const parts = [
    ...(well > 0 ? [paint('green', `${well} ok`)] : []),
    ...(answered.length > well ? [paint('red', `${answered.length - well} exited with an error`)] : []),
    ...(failed > 0 ? [paint('red', `${failed} without an answer`)] : []),
  ];
  return `${count} ${plural(count, 'host')}: ${parts.join(', ')}`;
}

function textLines(output: string): string[] {
  if (output === '') return [];
  return output.replace(/\n$/, '').split('\n').map(logText);
}
