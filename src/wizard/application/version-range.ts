/** Which version fits what a project asks for: `>=3.11,<3.13` (PEP 440, Poetry), `>=20 <23`, `18.x || 20.x` (npm). */

interface Bound {
  readonly operator: string;
  readonly numbers: readonly number[];
  /** How many numbers were written: `~=3.11` keeps the first, `~=3.11.2` the first two. */
  readonly written: number;
}

/** What numbers that are left out mean: in Python `<=3.12` ends with 3.12.0, with npm `<=20` ends before 21. */
export type Missing = 'zero' | 'any';

const BOUND = /(~=|[<>!=]=?=?|\^|~)?\s*v?((?:\d+|[x*])(?:\.(?:\d+|[x*]))*)/gi;

/**
 * The first version that fits; `3.12` stands for the newest of 3.12.
 *
 * @param known in the order in which they are preferred; the versions that the range names come after them
 * @returns undefined where none fits, or the range is not understood
 */
export function firstWithin(known: readonly string[], range: string, missing: Missing): string | undefined {
  const alternatives = range.split(/\|\|?/).map((part) => boundsOf(part, missing));
  if (alternatives.includes(undefined)) return undefined;
  const named = [...range.matchAll(/\d+(?:\.\d+)*/g)].map(([version]) => version);
  const exact = named.map((version) => padded(version.split('.').map(Number), 0).join('.'));
  return [...known, ...named, ...exact].find((version) => {
    const numbers = padded(version.split('.').map(Number), Number.POSITIVE_INFINITY);
    return alternatives.some((bounds) => bounds?.every((bound) => fits(numbers, bound)));
  });
}

function boundsOf(part: string, missing: Missing): readonly Bound[] | undefined {
  const written = part.replace(/(\S+)\s+-\s+(\S+)/, '>=$1 <=$2');
  if (written.replaceAll(BOUND, '').replaceAll(/[\s,]/g, '') !== '') return undefined;
  return [...written.matchAll(BOUND)].map(([, operator = '=', version = '']) => {
    const [numbers, isOpen] = [
      version
        .split('.')
        .filter((one) => /\d/.test(one))
        .map(Number),
      /[x*]/i.test(version),
    ];
    const whole = missing === 'zero' && !isOpen ? padded(numbers, 0) : numbers;
    return { operator, numbers: whole, written: numbers.length };
  });
}

function padded(numbers: readonly number[], by: number): readonly number[] {
  return [...numbers, by, by].slice(0, Math.max(3, numbers.length));
}

function fits(version: readonly number[], { operator, numbers, written }: Bound): boolean {
  const order = compare(version, numbers);
  const keeps = (count: number) => compare(version, numbers.slice(0, count)) === 0;
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '<':
      return order < 0;
    case '!=':
      return order !== 0;
    case '^':
      return order >= 0 && keeps(1);
    case '~':
      return order >= 0 && keeps(Math.min(written, 2));
    case '~=':
      return order >= 0 && keeps(written - 1);
    default:
      return order === 0;
  }
}

/** By as many numbers as the bound has. */
function compare(version: readonly number[], bound: readonly number[]): number {
  const place = bound.findIndex((number, index) => number !== version[index]);
  return place === -1 ? 0 : (version[place] ?? 0) - (bound[place] ?? 0);
}
