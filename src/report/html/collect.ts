/** From the events of a run to the data of its page. Pure. */
import type { HostPlan, HostSummary, PlannedResource, RunMode } from '../../engine/events.ts';
import type { ProvisionError } from '../../errors.ts';
import type { Change } from '../../resources/contract.ts';
import { actionOf, describeChanges, MARKS } from '../change-text.ts';
import { TOO_DIFFERENT, unifiedDiff } from '../diff-text.ts';
import type { FinishedStep } from '../ledger.ts';
import { oneLine, outputLines, printable } from '../printable.ts';
import type { TimedEvent } from '../run-record.ts';
import type { Cell, ChangeData, DetailData, ErrorData, HostData, PageData } from './page-data.ts';
import { newSpans, newTimeLine, type Spans } from './spans.ts';
import { newStore, type Store } from './store.ts';

/** A page must stay one that a browser opens at once: longer diffs and outputs stand in the log. */
const MOST_DIFF_LINES = 400;
const MOST_DIFF_LINES_OF_ALL = 20_000;
const MOST_DETAIL_LINES = 60;

/** Those that need a look come first. */
const RANKS: readonly HostData['status'][] = ['failed', 'unreachable', 'interrupted', 'unfinished', 'changed', 'ok'];

interface HostState {
  readonly name: string;
  readonly spans: Spans;
  /** By the resource's index, in the order in which they are applied. */
  readonly cells: Map<number, { cell: Cell; detail: DetailData; isDone?: boolean }>;
  summary?: HostSummary;
}

export function collect(events: readonly TimedEvent[]): PageData {
  const timeLine = newTimeLine();
  const hosts = new Map<string, HostState>();
  const resources = newStore<{ role: string; id: string }>();
  const errors = newErrors();
  const changes = newChanges();

  function hostNamed(name: string): HostState {
    const host = hosts.get(name) ?? { name, spans: newSpans(), cells: new Map() };
    hosts.set(name, host);
    return host;
  }

  const indexOf = ({ role, id }: { role: string; id: string }) =>
    resources.add({ role: printable(role), id: printable(id) });

  function plan({ cells }: HostState, { resources: planned, handlers }: HostPlan): void {
    for (const resource of planned) {
      const index = indexOf(resource);
      // After a lost connection the host is planned anew: what was done before stays done.
      if (resource.status === 'ok' && cells.get(index)?.isDone) continue;
      const why = resource.reason === undefined ? {} : { why: printable(resource.reason) };
      cells.set(index, { cell: plannedCell(resource), detail: { ...changes.of(resource.changes), ...why } });
    }
    for (const handler of handlers) cells.set(indexOf(handler), { cell: '*', detail: {} });
  }

  function finishStep({ cells }: HostState, step: FinishedStep): void {
    const index = indexOf(step);
    const isHandler = timeLine.mode === 'apply' && (cells.get(index)?.cell ?? '*') === '*';
    const error = step.error && { e: errors.add(step.error) };
    const told = step.changes.length > 0 ? changes.of(step.changes) : {};
    const detail = { ...cells.get(index)?.detail, ...told, ms: Math.round(step.durationMs), ...error };
    cells.set(index, { cell: finishedCell(step, isHandler), detail, isDone: step.status === 'changed' });
  }

  for (const event of events) {
    const atMs = timeLine.place(event);
    if (event.type === 'run-started') for (const name of event.hosts) hostNamed(name).spans.handle(event, atMs);
    if (event.type === 'run-finished') for (const { spans } of hosts.values()) spans.handle(event, atMs);
    if (!('host' in event)) continue;
    const host = hostNamed(event.host);
    if (event.type === 'step-progress') continue;
    host.spans.handle(event, atMs, event.type === 'step-started' ? indexOf(event) : undefined);
    if (event.type === 'host-planned') plan(host, event.plan);
    if (event.type === 'step-finished') finishStep(host, event);
    if (event.type === 'host-finished') {
      host.summary = event.summary;
      if (event.summary.error) errors.add(event.summary.error, host.name);
    }
  }

  const sets = newStore<readonly number[]>();
  const told = [...hosts.values()].map((host) => hostData(host, { sets, errors, timeLine }));
  return {
    mode: timeLine.mode,
    durationMs: Math.round(timeLine.endMs),
    hosts: told.toSorted((a, b) => RANKS.indexOf(a.status) - RANKS.indexOf(b.status)),
    resources: resources.all,
    sets: sets.all,
    changes: changes.all,
    diffs: changes.diffs,
    errors: errors.all,
  };
}

interface Shared {
  readonly sets: Store<readonly number[]>;
  readonly errors: ReturnType<typeof newErrors>;
  readonly timeLine: { readonly mode: RunMode; readonly endMs: number };
}

function hostData({ name, summary, cells, spans }: HostState, { sets, errors, timeLine }: Shared): HostData {
  const entries = [...cells];
  const done = timeLine.mode !== 'plan';
  const letters = entries.map(([, { cell, detail, isDone }]) => {
    // Planned to be applied, and no step of it: an earlier one has failed.
    const isLeft = done && !isDone && detail.ms === undefined && cell !== '=' && cell !== 'r';
    return isLeft ? '.' : cell;
  });
  const details = entries.flatMap(([, { detail }], i) =>
    Object.keys(detail).length > 0 ? [[i, detail] as const] : [],
  );
  return {
    name: printable(name),
    status: summary?.status ?? 'unfinished',
    durationMs: Math.round(summary?.durationMs ?? timeLine.endMs),
    set: sets.add(entries.map(([index]) => index)),
    cells: letters.join(''),
    details: Object.fromEntries(details),
    error: summary?.error && errors.add(summary.error),
    spans: spans.finish(timeLine.endMs),
  };
}

function plannedCell({ status, changes }: PlannedResource): Cell {
  if (status === 'ok') return '=';
  if (status === 'unknown') return '?';
  if (changes.length > 0 && changes.every(({ rollout }) => rollout)) return 'r';
  return MARKS[actionOf(changes)].mark as Cell;
}

function finishedCell({ status, changes }: FinishedStep, isHandler: boolean): Cell {
  if (status === 'failed') return 'x';
  if (isHandler) return '*';
  if (status === 'ok') return '=';
  return changes.length === 0 ? '>' : (MARKS[actionOf(changes)].mark as Cell);
}

/** Errors that differ in nothing but the host are one. */
function newErrors() {
  const hosts: Set<string>[] = [];
  const store = newStore<Omit<ErrorData, 'hosts'>>();
  return {
    add({ code, message, location, task, hint, detail }: ProvisionError, host?: string): number {
      const lines = detail?.trim() ? outputLines(detail) : undefined;
      const index = store.add({
        code,
        message: oneLine(message),
        location: location && oneLine(location),
        task: task && oneLine(task),
        hint: hint && oneLine(hint),
        detail: lines && endOf(lines),
      });
      const ended = hosts[index] ?? new Set();
      hosts[index] = ended;
      if (host !== undefined) ended.add(printable(host));
      return index;
    },
    get all(): readonly ErrorData[] {
      return store.all.map((error, i) => ({ ...error, hosts: [...(hosts[i] ?? [])] }));
    },
  };
}

/** The last lines tell the cause. */
function endOf(lines: readonly string[]): readonly string[] {
  const left = lines.length - MOST_DETAIL_LINES;
  return left <= 0 ? lines : [`… ${left} lines before`, ...lines.slice(left)];
}

function newChanges() {
  const store = newStore<readonly ChangeData[]>();
  const diffs = newStore<readonly string[]>();
  /** What was compared once is not compared again: two hundred hosts may differ in the same file in the same way. */
  const known = new Map<string, DetailData>();
  let linesLeft = MOST_DIFF_LINES_OF_ALL;

  function diffOf(texts: NonNullable<Change['text']>): { diff?: number } {
    const lines = linesLeft > 0 ? (unifiedDiff(texts) ?? [TOO_DIFFERENT]) : ['(in the log: this page is full)'];
    if (lines.length === 0) return {};
    const left = lines.length - MOST_DIFF_LINES;
    const shown = left > 0 ? [...lines.slice(0, MOST_DIFF_LINES), `… ${left} more lines, in the log`] : lines;
    linesLeft -= shown.length;
    return { diff: diffs.add(shown) };
  }

  function describe(changes: readonly Change[]): readonly ChangeData[] {
    const resource = actionOf(changes);
    return changes.flatMap((change) => {
      const [text = ''] = describeChanges([change], resource);
      const hint = change.hint === undefined ? {} : { hint: printable(change.hint) };
      const diff = change.text === undefined ? {} : diffOf(change.text);
      const told = { text, ...hint, ...diff };
      return text === '' && Object.keys(told).length === 1 ? [] : [told];
    });
  }

  return {
    /** Nothing where there is nothing to tell. */
    of(changes: readonly Change[]): DetailData {
      if (changes.length === 0) return {};
      const key = JSON.stringify(changes);
      const detail = known.get(key) ?? indexed(store, describe(changes));
      known.set(key, detail);
      return detail;
    },
    get all() {
      return store.all;
    },
    get diffs() {
      return diffs.all;
    },
  };
}

function indexed(store: Store<readonly ChangeData[]>, changes: readonly ChangeData[]): DetailData {
  return changes.length === 0 ? {} : { c: store.add(changes) };
}
