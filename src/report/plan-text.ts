/** Plans, and what became of them, as text. Pure. */
import type { HostPlan, PlannedHandler, PlannedResource } from '../engine/events.ts';
import type { Change } from '../resources/contract.ts';
import { actionOf, describeChanges, MARKS } from './change-text.ts';
import type { Style } from './colour.ts';
import { formatCount } from './count.ts';
import { diffLines } from './diff-text.ts';
import { areMany } from './many-hosts.ts';
import { printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { fill, textWidth, wrap } from './width.ts';

/** Hosts with the same text share it; of more than this many only the first are named. */
const NAMED_HOSTS = 3;
/** Of many hosts so many different plans are shown. */
const MOST_PLANS = 10;

export interface PlanTextOptions extends TextOptions {
  /** `done`: the same text after an apply, in the past tense. */
  readonly tense?: 'planned' | 'done';
}

/** The plans of hosts, grouped by role; hosts whose plans are identical are shown once. Of many hosts only the most common plans are. */
export function planLines(plans: readonly HostPlan[], options: PlanTextOptions): string[] {
  const groups = [...Map.groupBy(plans, ({ resources, handlers }) => JSON.stringify([resources, handlers])).values()];
  const few = groups.length <= MOST_PLANS || !areMany(plans.length) || options.verbose;
  const sections = few ? groups.map((group) => groupLines(group, options)) : mostCommonLines(groups, options);
  return sections.flatMap((lines, i) => [...(i > 0 ? [''] : []), ...lines]);
}

/** What changes on most hosts first, then the rest in two lines. */
function mostCommonLines(groups: readonly (readonly HostPlan[])[], options: PlanTextOptions): string[][] {
  const { open = [], done = [] } = Object.groupBy(groups, ([plan]) => (plan && hasWork(plan) ? 'open' : 'done'));
  const sorted = open.toSorted((a, b) => b.length - a.length);
  const left = sorted.slice(MOST_PLANS).flat();
  const inOrder = done.flat();
  const what = options.tense === 'done' ? 'changed' : 'to change';
  return [
    ...sorted.slice(0, MOST_PLANS).map((group) => groupLines(group, options)),
    ...(left.length === 0
      ? []
      : [
          [options.paint('dim', `… ${formatCount(left.length)} more hosts, each in its own way: shown with --verbose`)],
        ]),
    ...(inOrder.length === 0 ? [] : [[`${hostsLabel(inOrder.map(({ host }) => host))}: nothing ${what}`]]),
  ];
}

function hasWork({ resources, handlers }: HostPlan): boolean {
  return handlers.length > 0 || resources.some(({ status }) => status !== 'ok');
}

function groupLines(group: readonly HostPlan[], options: PlanTextOptions): string[] {
  const [plan] = group as readonly [HostPlan];
  const hosts = group.map(({ host }) => host);
  return hostLines(hostsLabel(hosts, options.verbose), plan, options);
}

/** `web1, web2`; of many `web1, web2, web3, … (12 hosts)`, unless `all` are to be named. */
export function hostsLabel(hosts: readonly string[], all = false): string {
  const names = hosts.map(printable);
  if (all || names.length <= NAMED_HOSTS) return names.join(', ');
  return `${names.slice(0, NAMED_HOSTS).join(', ')}, … (${formatCount(names.length)} hosts)`;
}

/** `12 to create, 3 to change, 0 to remove, 1 known after apply; 40 ok`, phrase by phrase. */
export function planCounts({ resources, handlers }: HostPlan, { paint, tense = 'planned' }: PlanTextOptions): string[] {
  const done = tense === 'done';
  const changed = resources.filter(({ status }) => status === 'change').map(({ changes }) => actionOf(changes));
  const unknown = resources.filter(({ status }) => status === 'unknown').length;
  const ok = resources.filter(({ status }) => status === 'ok').length;
  const count = (action: Change['action']) => changed.filter((other) => other === action).length;

  if (changed.length + unknown + handlers.length === 0)
    return [`nothing ${done ? 'changed' : 'to change'};`, `${ok} ok`];
  const counts: readonly [number, string, Style, always?: boolean][] = [
    [count('create'), done ? 'created' : 'to create', MARKS.create.style, true],
    [count('update'), done ? 'changed' : 'to change', MARKS.update.style, true],
    [count('delete'), done ? 'removed' : 'to remove', MARKS.delete.style, true],
    [count('run'), done ? 'run' : 'to run', MARKS.run.style],
    [count('conflict'), 'in conflict', MARKS.conflict.style],
    [handlers.length, plural(handlers.length, 'handler') + (done ? ' run' : ' to run'), MARKS.handler.style],
    [unknown, 'known after apply', MARKS.unknown.style],
  ];
  const shown = counts.filter(([number, , , always = false]) => always || number > 0);
  const phrases = shown.map(([number, what, style], i) => {
    const phrase = `${number} ${what}`;
    return (number > 0 ? paint(style, phrase) : phrase) + (i < shown.length - 1 ? ',' : ';');
  });
  return [...phrases, `${ok} ok`];
}

export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

/** One resource: its mark, its name and what changes, beside it where that fits, else below. */
function resourceLines(resource: PlannedResource, options: PlanTextOptions, indent = '    '): string[] {
  const { paint, diff, verbose } = options;
  const { mark, style } = MARKS[resource.status === 'change' ? actionOf(resource.changes) : resource.status];
  const head = `${indent}${paint(style, mark)} ${printable(resource.id)}`;
  const lines = attach(head, wordsOf(resource), `${indent}    `, options.columns);
  for (const { text, hint } of resource.changes) {
    if (hint !== undefined) lines.push(...hang(printable(hint), `${indent}    `, options.columns));
    if (diff && text !== undefined) {
      lines.push(...diffLines(text, { paint, whole: verbose }).map((line) => `${indent}    ${line}`));
    }
  }
  return lines;
}

function hostLines(hosts: string, plan: HostPlan, options: PlanTextOptions): string[] {
  const { paint, verbose } = options;
  const shown = plan.resources.filter(({ status, reason }) => verbose || status !== 'ok' || reason !== undefined);
  const roles = new Set([...shown, ...plan.handlers].map(({ role }) => role));
  const phrases = [...`${hosts}:`.split(' '), ...planCounts(plan, options)];
  const closing = fill(phrases, options.columns - 2).map((line, i) => (i === 0 ? line : `  ${line}`));
  if (roles.size === 0) return closing;

  const sections = inOrderOf(plan.resources, roles).flatMap((role) => [
    '',
    `  ${paint('bold', printable(role))}`,
    ...shown.filter((resource) => resource.role === role).flatMap((resource) => resourceLines(resource, options)),
    ...plan.handlers.filter((handler) => handler.role === role).flatMap((handler) => handlerLines(handler, options)),
  ]);
  return [paint('bold', hosts), ...sections, '', ...closing];
}

/** Roles in the order in which they are applied: a handler alone does not move its role to the end. */
function inOrderOf(resources: readonly PlannedResource[], roles: ReadonlySet<string>): string[] {
  return [...new Set([...resources.map(({ role }) => role), ...roles])].filter((role) => roles.has(role));
}

function handlerLines({ id, pending }: PlannedHandler, { paint, columns }: PlanTextOptions): string[] {
  const { mark, style } = MARKS.handler;
  const words = pending ? ['handler, left pending by an earlier run'] : ['handler'];
  return attach(`    ${paint(style, mark)} ${printable(id)}`, words, '        ', columns);
}

function wordsOf({ status, changes, reason }: PlannedResource): string[] {
  const remark = reason === undefined ? [] : [printable(reason)];
  if (status !== 'unknown') return [...describeChanges(changes), ...remark];
  return [reason === undefined ? 'known after apply' : `known after apply (${printable(reason)})`];
}

/** The words beside the head where they fit, else each on lines of its own below it. */
function attach(head: string, words: readonly string[], indent: string, columns: number): string[] {
  if (words.length === 0) return [head];
  const line = `${head}  ${words.join(', ')}`;
  if (textWidth(line) <= columns) return [line];
  return [head, ...words.flatMap((word) => hang(word, indent, columns))];
}

/** The text wrapped, each line indented. */
function hang(text: string, indent: string, columns: number): string[] {
  return wrap(text, columns - indent.length).map((line) => indent + line);
}
