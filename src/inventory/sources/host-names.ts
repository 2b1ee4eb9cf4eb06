/** The names of hosts as inventories write them: ranges (`web[01:10]`), ports (`web1:2222`), addresses. */
import { isIPv6 } from 'node:net';
import { ProvisionError } from '../../errors.ts';

export const HOST_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;

export interface HostNames {
  readonly names: readonly string[];
  readonly port: number | undefined;
}

/** `[2001:db8::1]:22`, and whatever else stands in brackets before a port. */
const BRACKETED_PORT = /^\[(.+)\]:(\d+)$/;
const PORT = /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/;
const RANGE = /^([^[]*)\[([^\]]*)\](.*)$/s;
/** One range can stand for more hosts than any memory holds: `[0:999999999]`. */
const MOST_NAMES = 100_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * The hosts that a name stands for, as Ansible reads it: ranges of numbers or letters, both ends included, with a step, several of them
 * in one name; numbers are padded where the first one starts with a zero; then a port for all of them.
 *
 * @example expandHostNames('web[01:03]-[a:b]:2222', 'hosts:7') // web01-a, web01-b, web02-a …; port 2222
 * @throws ProvisionError `inventory-structure`
 */
export function expandHostNames(written: string, location: string): HostNames {
  try {
    return expand(written);
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ location }) : error;
  }
}

function expand(written: string): HostNames {
  const [, name = written, digits] = BRACKETED_PORT.exec(written) ?? PORT.exec(written) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw refused(`${port} is no port`, 'A port is a number from 1 to 65535.');
  }
  const names = expandRanges(name);
  for (const one of names) if (!HOST_NAME.test(one) && !isIPv6(one)) throw badName('host', one);
  return { names, port };
}

function expandRanges(name: string): readonly string[] {
  const [whole, head = '', range = '', tail = ''] = RANGE.exec(name) ?? [];
  if (whole === undefined) return [name];
  const tails = expandRanges(tail);
  const steps = stepsOf(range);
  if (steps.length * tails.length <= MOST_NAMES)
    return steps.flatMap((step) => tails.map((rest) => head + step + rest));
  throw refused(`${name} stands for more than ${MOST_NAMES} hosts`, 'Make the range smaller.');
}

function stepsOf(range: string): readonly string[] {
  const [from = '', to = '', by = '1', ...more] = range.split(':');
  const step = Number(by);
  if (more.length > 0 || !/^\d+$/.test(by) || step === 0 || to === '') throw badRange(range);
  if (LETTER.test(from) && LETTER.test(to))
    return count(LETTERS.indexOf(from), LETTERS.indexOf(to), step, letter, range);
  if (!/^\d{0,15}$/.test(from) || !/^\d{1,15}$/.test(to)) throw badRange(range);
  const isPadded = from.length > 1 && from.startsWith('0');
  if (isPadded && from.length !== to.length) {
    throw refused(
      `[${range}]: the two ends of a padded range must be of one length`,
      `Write [${from}:${to.padStart(from.length, '0')}].`,
    );
  }
  return count(Number(from), Number(to), step, (n) => String(n).padStart(isPadded ? from.length : 0, '0'), range);
}

const LETTER = /^[a-zA-Z]$/;

function letter(index: number): string {
  return LETTERS[index] ?? '';
}

function count(from: number, to: number, step: number, text: (n: number) => string, range: string): readonly string[] {
  if (from > to) throw refused(`[${range}] is empty: it begins after its end`, 'Write the lower end first.');
  const length = Math.floor((to - from) / step) + 1;
  if (length > MOST_NAMES)
    throw refused(`[${range}] stands for more than ${MOST_NAMES} hosts`, 'Make the range smaller.');
  return Array.from({ length }, (_, i) => text(from + i * step));
}

function badRange(range: string): ProvisionError {
  return refused(`[${range}] is no range of hosts`, 'Write [1:10], [01:10], [a:f], or with a step [0:100:10].');
}

/** The error for a name that nothing can have, to be told where it stands. */
export function badName(what: 'host' | 'group', name: string): ProvisionError {
  const hint = 'Use letters, digits, `_`, `-` and `.`, and start with a letter or digit.';
  return refused(`${JSON.stringify(name)} cannot be the name of a ${what}`, hint);
}

function refused(message: string, hint: string): ProvisionError {
  return new ProvisionError('inventory-structure', message, { hint });
}
