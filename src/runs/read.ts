/** Reads the logs of runs. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ERROR_CODES, type ErrorCode, ProvisionError, type ProvisionErrorOptions, whyUnreadable } from '../errors.ts';
import type { RunRecord, TimedEvent } from '../report/run-record.ts';
import { runNames } from './folder.ts';
import { EVENTS_FILE, RUN_FILE } from './recorder.ts';

/** A run and everything that happened in it. */
export interface LoggedRun {
  readonly name: string;
  readonly run: RunRecord;
  readonly events: readonly TimedEvent[];
}

export interface ListedRun {
  readonly name: string;
  readonly run: RunRecord;
}

/** All runs whose logs are kept, the newest first. A log that cannot be read is left out. */
export function listRuns(runs: string): readonly ListedRun[] {
  return runNames(runs).flatMap((name) => {
    try {
      return [{ name, run: readRecord(join(runs, name)) }];
    } catch {
      return [];
    }
  });
}

/**
 * The folder of the run that is meant.
 * @param wanted its name or a part of it that no other has, or a path; undefined: the last run
 * @throws ProvisionError `run-not-found`
 */
export function findRun(runs: string, wanted: string | undefined): string {
  if (wanted?.includes('/')) return wanted;
  const names = runNames(runs);
  const [newest] = names;
  if (newest === undefined) {
    throw new ProvisionError('run-not-found', 'there is no log of any run', {
      location: runs,
      hint: 'Run provision plan or apply first: each run leaves its log there.',
    });
  }
  if (wanted === undefined) return join(runs, newest);
  const found = names.includes(wanted) ? [wanted] : names.filter((name) => name.includes(wanted));
  if (found.length === 1) return join(runs, found[0] as string);
  const what = found.length === 0 ? `no run is called "${wanted}"` : `"${wanted}" is a part of ${found.length} names`;
  throw new ProvisionError('run-not-found', what, {
    location: runs,
    hint: 'Name one of those that provision report --list shows, or leave the name out for the last one.',
  });
}

/** @throws ProvisionError `run-not-found` where that folder holds no log, or one that is damaged */
export function readRun(folder: string): LoggedRun {
  try {
    const lines = readFileSync(join(folder, EVENTS_FILE), 'utf8');
    return { name: basename(folder), run: readRecord(folder), events: parseEvents(lines.split('\n')) };
  } catch (cause) {
    throw new ProvisionError('run-not-found', `the log cannot be read: ${whyUnreadable(cause)}`, {
      location: folder,
      hint: 'See provision report --list for the runs whose logs can.',
      cause,
    });
  }
}

/** The events of these lines. The last line may be cut off where the run was killed; types of later versions are left out. */
export function parseEvents(lines: readonly string[]): readonly TimedEvent[] {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    try {
      const event = JSON.parse(line, reviveError) as TimedEvent & { version?: number };
      if (event.version !== 1) throw new SyntaxError(`line ${i + 1} is of version ${event.version}, not 1`);
      return KNOWN_TYPES.has(event.type) ? [event] : [];
    } catch (error) {
      if (i === last && i > 0) return [];
      throw error;
    }
  });
}

const KNOWN_TYPES: ReadonlySet<string> = new Set<TimedEvent['type']>([
  'run-started',
  'host-connecting',
  'host-connected',
  'host-planned',
  'host-waiting',
  'host-ready',
  'step-started',
  'step-progress',
  'step-finished',
  'host-finished',
  'run-finished',
  'plan-declined',
]);

function readRecord(folder: string): RunRecord {
  const run = JSON.parse(readFileSync(join(folder, RUN_FILE), 'utf8')) as RunRecord;
  if (run.version !== 1) throw new SyntaxError(`${RUN_FILE} is of version ${run.version}, not 1`);
  return run;
}

type WrittenError = ProvisionErrorOptions & { readonly code: string; readonly message: string };

/** Errors were written as their fields: they are errors again. */
function reviveError(key: string, value: unknown): unknown {
  if (key !== 'error' || typeof value !== 'object' || value === null) return value;
  const { code, message, ...fields } = value as WrittenError;
  return new ProvisionError(code in ERROR_CODES ? (code as ErrorCode) : 'internal', message, fields);
}
