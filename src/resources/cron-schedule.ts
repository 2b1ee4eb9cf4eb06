/** When cron(8) runs a job: crontab(5). */
import * as z from 'zod';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names that may stand for numbers, the first one for `min`. */
  readonly names: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  // Sunday is 0 and 7.
  { name: 'day of week', min: 0, max: 7, names: DAYS },
];

const NICKNAMES = /^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/** A field of a schema that takes a schedule. */
export const cronSchedule = () =>
  z.string().check((context) => {
    const problem = scheduleProblem(context.value);
    if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
  });

/** What is wrong with a schedule; undefined where nothing is. */
export function scheduleProblem(schedule: string): string | undefined {
  if (NICKNAMES.test(schedule)) return undefined;
  if (schedule.startsWith('@'))
    return `${JSON.stringify(schedule)} is none of @reboot, @hourly, @daily, @weekly, @monthly, @yearly`;
  const texts = schedule.split(' ');
  if (texts.length !== FIELDS.length) return 'must be five fields with one blank between, or @daily and the like';
  for (const [i, field] of FIELDS.entries()) {
    const text = texts[i] ?? '';
    if (!text.split(',').every((item) => isItem(item, field))) {
      return `${JSON.stringify(text)} is no ${field.name} (${field.min} to ${field.max})`;
    }
  }
  return undefined;
}

/** `*`, `5`, `1-5`, each with a step: `1-30/2`. */
function isItem(item: string, field: Field): boolean {
  const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.max)) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => numberOf(end, field));
  const [first = Number.NaN, last = first] = ends;
  // A step after a single number is ignored by some crons and refused by others.
  if (step !== undefined && ends.length === 1) return false;
  return ends.length <= 2 && first >= field.min && last <= field.max && first <= last;
}

function numberOf(text: string, { names, min }: Field): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const at = names.indexOf(text.toLowerCase());
  return at === -1 ? Number.NaN : at + min;
}
