/** Results of tests in words. Pure. */
import { hasPassed, type KeptHost, type StepResult, type Trial, type TrialResult } from '../trial/results.ts';
import type { Style } from './colour.ts';
import { formatDuration } from './duration.ts';
import { type ErrorTextOptions, errorLines } from './error-text.ts';
import { oneLine } from './printable.ts';
import { padEnd, padStart, truncate, wrap } from './width.ts';

const STYLES: Readonly<Record<StepResult['status'], Style>> = { passed: 'green', failed: 'red', skipped: 'dim' };
const STATUS_COLUMNS = 'skipped'.length;
const NAME_COLUMNS = 36;
const DURATION_COLUMNS = 8;

/** `motd on debian:trixie-slim` */
export function trialName({ scenario, image }: Trial): string {
  return oneLine(`${scenario} on ${image}`);
}

/** A step as a line, and what went wrong below it. */
export function stepLines(
  { name, status, durationMs, detail = '', error }: StepResult,
  options: ErrorTextOptions,
): string[] {
  const { paint, columns } = options;
  const duration = padStart(status === 'skipped' ? '' : formatDuration(durationMs), DURATION_COLUMNS);
  const head = `  ${padEnd(status, STATUS_COLUMNS)}  ${duration}  `;
  const what = detail === '' ? oneLine(name) : `${padEnd(oneLine(name), NAME_COLUMNS)}  ${oneLine(detail)}`;
  const line = (
    head.replace(status, () => paint(STYLES[status], status)) + truncate(what, columns - head.length)
  ).trimEnd();
  if (error === undefined) return [line];
  return [line, '', ...errorLines(error, options).map((text) => `    ${text}`.trimEnd()), ''];
}

/** What they all came to: the last lines. */
export function trialsLines(results: readonly TrialResult[], { paint, columns }: ErrorTextOptions): string[] {
  const failed = results.filter((result) => !hasPassed(result));
  const steps = results.reduce((sum, result) => sum + result.steps.length, 0);
  const took = formatDuration(results.reduce((sum, result) => sum + result.durationMs, 0));
  const passed = `${results.length - failed.length} of ${count(results.length, 'test')} passed`;
  const end = wrap(`${passed}; ${count(steps, 'step')}, ${took}`, columns);
  return [
    ...results.flatMap(keptLines),
    '',
    ...end.map((line) => paint(failed.length === 0 ? ['bold', 'green'] : ['bold', 'red'], line)),
    ...failed.flatMap((result) => {
      const names = result.steps.filter(({ status }) => status === 'failed').map(({ name }) => oneLine(name));
      return wrap(`${trialName(result)}: ${names.join(', ')}`, columns - 2).map((line) => `  ${line}`);
    }),
  ];
}

/** How to get at the hosts that stay. */
function keptLines(result: TrialResult): string[] {
  if (result.kept.length === 0) return [];
  const lines = ({ name, container, login }: KeptHost) => [
    `  ${name}`,
    `    log in  ${login}`,
    `    remove  docker rm --force --volumes ${container}`,
  ];
  return ['', `kept, of ${trialName(result)}, until its next test:`, ...result.kept.flatMap(lines)];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
