/** Keeps the log of a run while it goes on, and the latest logs only. A log that cannot be written is no reason for a run to fail. */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, HostSummary } from '../engine/events.ts';
import { PACKAGE_FILE } from '../installation.ts';
import { eventJson } from '../report/json.ts';
import type { RunRecord } from '../report/run-record.ts';
import { redact } from '../shell/redact.ts';
import { KEPT_RUNS, makeRunFolder, pruneRuns } from './folder.ts';

export const EVENTS_FILE = 'events.jsonl';
export const RUN_FILE = 'run.json';

/** A run that is over sooner writes once, at its end; of one that is killed at most this much is lost. */
const FLUSH_MS = 2_000;

/** User and password of a URL, up to the last `@`: those of `--prove https://user:p@ssword@example.org`. */
const CREDENTIALS = /(\w+:\/\/)[^/?#]*@/g;

export interface RecorderOptions extends Pick<RunRecord, 'command' | 'commandLine' | 'inventory' | 'by'> {
  /** Where the logs of all runs lie. */
  readonly runs: string;
  /** Keep causes and stack traces. */
  readonly debug: boolean;
}

export interface Recorder {
  handle(event: Event): void;
  /**
   * Writes what is not written yet. Called again it does nothing.
   * @returns what was logged; undefined where nothing has happened that could be
   */
  finish(exitCode: number): Recording | undefined;
}

export interface Recording {
  readonly run: RunRecord;
  /** The lines of `events.jsonl`. */
  readonly lines: readonly string[];
  /** The folder of the log, or why there is none. */
  readonly folder: string | undefined;
  readonly problem: Error | undefined;
}

export function startRecorder({ runs, debug, ...about }: RecorderOptions): Recorder {
  const started = new Date();
  const startedMs = performance.now();
  const lines: string[] = [];
  const hosts = new Map<string, HostSummary['status']>();
  let isDeclined = false;
  let durationMs: number | undefined;
  let waiting: { readonly event: Event; readonly atMs: number }[] = [];
  let folder: string | undefined;
  let problem: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let recording: Recording | undefined;

  function record(exitCode?: number): RunRecord {
    const { version } = JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string };
    const counts = Map.groupBy(hosts.values(), (status) => status);
    return {
      version: 1,
      provision: version,
      ...about,
      commandLine: about.commandLine.map((word) => redact(word.replace(CREDENTIALS, '$1'))),
      started: started.toISOString(),
      ...(exitCode === undefined ? {} : { finished: new Date().toISOString(), exitCode }),
      ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
      ...(isDeclined && { declined: true }),
      hosts: Object.fromEntries([...counts].map(([status, all]) => [status, all.length])),
    };
  }

  /** Secrets that a host has told since are known by now: events are made into lines no sooner than they are written. */
  function flush(exitCode?: number): RunRecord {
    const fresh = waiting.map(({ event, atMs }) => eventJson({ ...event, atMs }, { diff: true, debug, mask: redact }));
    waiting = [];
    lines.push(...fresh);
    const run = record(exitCode);
    if (problem) return run;
    try {
      folder ??= makeRunFolder(runs, about.command, started);
      if (fresh.length > 0) appendFileSync(join(folder, EVENTS_FILE), `${fresh.join('\n')}\n`, { mode: 0o600 });
      replaceFile(join(folder, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`);
    } catch (error) {
      problem = error as Error;
    }
    return run;
  }

  /** The oldest logs go while the hosts are waited for: at the end it would take the time of the one who waits for us. */
  function begin(): NodeJS.Timeout {
    void pruneRuns(runs, KEPT_RUNS - 1);
    return setInterval(flush, FLUSH_MS, undefined).unref();
  }

  return {
    handle(event) {
      waiting.push({ event, atMs: performance.now() - startedMs });
      if (event.type === 'host-finished') hosts.set(event.host, event.summary.status);
      if (event.type === 'run-finished') durationMs = event.durationMs;
      if (event.type === 'plan-declined') isDeclined = true;
      timer ??= begin();
    },
    finish(exitCode) {
      if (timer === undefined || recording) return recording;
      clearInterval(timer);
      const run = flush(exitCode);
      recording = { run, lines, folder: problem ? undefined : folder, problem };
      return recording;
    },
  };
}

/** Whoever reads it while we write, or after we were killed, finds the old text or the new one, whole. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
