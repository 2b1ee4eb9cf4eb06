/** Values of options, read and checked. */
import { ProvisionError } from '../../errors.ts';
import type { Shard } from '../../inventory/shard.ts';

/** @throws ProvisionError `usage` */
export function wholeNumber(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw new ProvisionError('usage', `${option} needs a whole number from ${least} to ${most}, not "${value}"`, {
    hint: `For example ${option}=${Math.max(least, 5)}.`,
  });
}

/** More parts than hosts are of no use; a typo such as 2/88888888 is caught all the same. */
const MOST_SHARDS = 1_000;

/** @throws ProvisionError `usage` */
export function shardOf(value: string): Shard {
  const [, number = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).map(Number);
  if (number >= 1 && number <= count && count <= MOST_SHARDS) return { number, count };
  throw new ProvisionError(
    'usage',
    `--shard needs K/N, with K from 1 to N and N at most ${MOST_SHARDS}, not "${value}"`,
    {
      hint: 'For example --shard 1/2 in one job, and --shard 2/2 in the other.',
    },
  );
}

const UNITS_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * How many seconds ago that was: a duration such as `1h30m`, or a point in time as JavaScript reads it.
 * @throws ProvisionError `usage`
 */
export function secondsSince(value: string, nowMs: number): number {
  if (/^(\d+[smhd])+$/.test(value)) {
    const parts = [...value.matchAll(/(\d+)([smhd])/g)];
    return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (UNITS_S[unit] ?? 1), 0);
  }
  const at = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (at <= nowMs) return Math.ceil((nowMs - at) / 1000);
  throw new ProvisionError('usage', `--since needs a duration or a time that is past, not "${value}"`, {
    hint: 'For example --since=10m, --since=2h30m or --since=2026-11-21T10:00.',
  });
}
