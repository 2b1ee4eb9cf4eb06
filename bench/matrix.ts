/** What `npm run bench` measures, and what was to be reached. */
import type { Goal } from './goals.ts';
import { median } from './measure.ts';

export type Action = 'no-op' | 'one change' | 'first run';

/** One row of the table. */
export interface Case {
  readonly action: Action;
  readonly hosts: number;
  readonly roundTripMs: number;
  /** `workload`: the state of bench/ansible/site.yml. A number: so many resources of bench/ansible/many.yml. */
  readonly resources: 'workload' | number;
  /** Measured only when everything is, or when it is asked for. */
  readonly isLong?: boolean;
  /** Of the peer alone: it takes minutes, and we do not. */
  readonly isPeerLong?: boolean;
}

export interface Sample {
  readonly program: 'provision' | 'ansible-playbook' | 'ssh';
  readonly durationMs: number;
  /** Of all hosts together; undefined where no proxy counted them. */
  readonly roundTrips: number | undefined;
}

export interface Measured extends Case {
  readonly samples: readonly Sample[];
}

const base = { action: 'no-op', hosts: 1, roundTripMs: 0, resources: 'workload' } as const;

export const CASES: readonly Case[] = [
  base,
  { ...base, roundTripMs: 20 },
  { ...base, roundTripMs: 100 },
  { ...base, action: 'one change' },
  { ...base, action: 'one change', roundTripMs: 20, isLong: true },
  { ...base, action: 'one change', roundTripMs: 100 },
  { ...base, resources: 20 },
  { ...base, resources: 100 },
  { ...base, resources: 1_000, isPeerLong: true },
  { ...base, hosts: 10 },
  { ...base, hosts: 10, roundTripMs: 20, isLong: true },
  { ...base, hosts: 10, roundTripMs: 100, isLong: true },
  { ...base, hosts: 50 },
  { ...base, hosts: 50, roundTripMs: 20, isLong: true },
  { ...base, hosts: 50, roundTripMs: 100, isLong: true },
  { ...base, action: 'first run' },
];

/** `no-op, 1 host, 100 ms, workload` */
export function nameOf({ action, hosts, roundTripMs, resources }: Case): string {
  const what = resources === 'workload' ? 'workload' : `${resources} resources`;
  return `${action}, ${hosts} ${hosts === 1 ? 'host' : 'hosts'}, ${roundTripMs} ms, ${what}`;
}

/** @param only parts of names: a case is measured whose name holds one of them, also a long one */
export function chooseCases(only: readonly string[], isFull: boolean): readonly Case[] {
  if (only.length === 0) return CASES.filter(({ isLong = false }) => isFull || !isLong);
  return CASES.filter((one) => only.some((part) => nameOf(one).includes(part)));
}

/** The median of a program's times, milliseconds; undefined where it was not measured. */
export function timeOf({ samples }: Measured, program: Sample['program']): number | undefined {
  const times = samples.filter((sample) => sample.program === program).map(({ durationMs }) => durationMs);
  return times.length === 0 ? undefined : median(times);
}

/** The most that a run of ours waited for, for each host. */
export function roundTripsOf({ samples, hosts }: Measured, program: Sample['program']): number | undefined {
  const counted = samples.flatMap((one) => (one.program === program ? (one.roundTrips ?? []) : []));
  return counted.length === 0 ? undefined : Math.max(...counted) / hosts;
}

/** One for each goal whose case was measured. */
export function goalsOf(measured: readonly Measured[]): readonly Goal[] {
  const find = (wanted: Case) => measured.find((one) => nameOf(one) === nameOf(wanted));
  const near = find(base);
  const far = find({ ...base, roundTripMs: 100 });
  const many = find({ ...base, resources: 1_000 });
  const fifty = find({ ...base, hosts: 50 });
  const first = find({ ...base, action: 'first run' });
  return [
    ...goal(near, 'time', (one) => timeOf(one, 'provision'), 300, false, inMs),
    ...goal(near, 'Ansible ÷ provision', faster, 25, true, inTimes),
    ...goal(near, 'provision ÷ ssh', (one) => ratio(one, 'provision', 'ssh'), 2.5, false, inTimes),
    ...goal(far, 'time', (one) => timeOf(one, 'provision'), 1_300, false, inMs),
    ...goal(
      far,
      'round trips',
      (one) => roundTripsOf(one, 'provision'),
      9,
      false,
      (value) => value.toFixed(0),
    ),
    ...goal(many, 'time', (one) => timeOf(one, 'provision'), 600, false, inMs),
    ...goal(fifty, 'Ansible ÷ provision', faster, 40, true, inTimes),
    ...goal(first, 'provision ÷ Ansible', (one) => ratio(one, 'provision', 'ansible-playbook'), 0.8, false, inTimes),
  ];
}

function goal(
  one: Measured | undefined,
  what: string,
  measure: (one: Measured) => number | undefined,
  bound: number,
  isLeast: boolean,
  format: (value: number) => string,
): Goal[] {
  const value = one && measure(one);
  if (one === undefined || value === undefined) return [];
  return [
    {
      what: `${nameOf(one)}: ${what}`,
      measured: format(value),
      goal: `${isLeast ? '≥' : '≤'} ${format(bound)}`,
      isMet: isLeast ? value >= bound : value <= bound,
    },
  ];
}

function faster(one: Measured): number | undefined {
  return ratio(one, 'ansible-playbook', 'provision');
}

export function ratio(one: Measured, over: Sample['program'], under: Sample['program']): number | undefined {
  const [a, b] = [timeOf(one, over), timeOf(one, under)];
  return a === undefined || b === undefined ? undefined : a / b;
}

function inMs(value: number): string {
  return value < 10_000 ? `${(value / 1000).toFixed(2)} s` : `${(value / 1000).toFixed(1)} s`;
}

function inTimes(value: number): string {
  return `${value.toFixed(value < 1 ? 2 : 1)} ×`;
}
