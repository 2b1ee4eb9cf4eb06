import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { reportPage } from '../../src/report/html/page.ts';
import { makeRunFolder, pruneRuns, runNames, runsFolder } from '../../src/runs/folder.ts';
import { findRun, listRuns, parseEvents, readRun } from '../../src/runs/read.ts';
import { type RecorderOptions, startRecorder } from '../../src/runs/recorder.ts';
import { Secret } from '../../src/shell/secret.ts';
import { applyEvents, runEvents, unreachable } from '../report/recorded.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'provision-runs-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const EVENTS = runEvents('apply', [applyEvents('web1', { failing: 'command:migrate' }), unreachable('web2')]);
let folders = 0;

function options(fields: Partial<RecorderOptions> = {}): RecorderOptions {
  folders += 1;
  return {
    runs: join(FOLDER, String(folders), 'state', 'runs'),
    command: 'apply',
    commandLine: ['provision', 'apply', '-i', 'prod.yml'],
    inventory: '/home/alice/prod.yml',
    by: 'alice@laptop',
    debug: false,
    ...fields,
  };
}

function record(fields: Partial<RecorderOptions> = {}, events = EVENTS, exitCode = 1) {
  const recorder = startRecorder(options(fields));
  for (const event of events) recorder.handle(event);
  return recorder.finish(exitCode) ?? expect.fail('nothing was recorded');
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('the log of a run', () => {
  it('is a folder with its events and what the run was, for its owner alone', () => {
    const { folder = '', run } = record();
    expect(folder).toMatch(/\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-apply$/);
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'run.json']);
    expect([folder, join(folder, '..'), join(folder, 'events.jsonl'), join(folder, 'run.json')].map(mode)).toEqual([
      '700',
      '700',
      '600',
      '600',
    ]);
    expect(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))).toEqual(run);
    expect(run).toMatchObject({
      version: 1,
      command: 'apply',
      commandLine: ['provision', 'apply', '-i', 'prod.yml'],
      inventory: '/home/alice/prod.yml',
      by: 'alice@laptop',
      exitCode: 1,
      hosts: { failed: 1, unreachable: 1 },
    });
    expect(Date.parse(run.finished ?? '')).toBeGreaterThanOrEqual(Date.parse(run.started));
  });

  it('reads as the events that were told, errors included', () => {
    const { folder = '' } = record();
    const { events } = readRun(folder);
    expect(events.map(({ type }) => type)).toEqual(EVENTS.map(({ type }) => type));
    const ended = events.find((event) => event.type === 'host-finished' && event.host === 'web1');
    const error = ended?.type === 'host-finished' ? ended.summary.error : undefined;
    expect(error).toBeInstanceOf(ProvisionError);
    expect(error).toMatchObject({ code: 'build-failed', host: 'web1', exitCode: 1 });
  });

  it('holds whole texts, which diffs are made of', () => {
    expect(record().lines.join('\n')).toContain('"text":{"before":"global');
  });

  it('leaves nothing where nothing has happened', () => {
    const about = options();
    expect(startRecorder(about).finish(2)).toBeUndefined();
    expect(existsSync(about.runs)).toBe(false);
  });

  it('is written while a long run goes on, so that one that is killed leaves it', { timeout: 10_000 }, async () => {
    const about = options();
    const recorder = startRecorder(about);
    for (const event of EVENTS.slice(0, 5)) recorder.handle(event);
    for (let waitedMs = 0; runNames(about.runs).length === 0 && waitedMs < 8_000; waitedMs += 50) await sleep(50);
    const [listed] = listRuns(about.runs);
    expect(listed?.run.finished).toBeUndefined();
    expect(readRun(findRun(about.runs, undefined)).events).toHaveLength(5);
    const open = openSync(join(findRun(about.runs, undefined), 'run.json'), 'r');
    recorder.handle(EVENTS[5] ?? expect.fail());
    recorder.finish(130);
    // Whoever was reading it is not left with half of it.
    expect(JSON.parse(readFileSync(open, 'utf8'))).toEqual(listed?.run);
    closeSync(open);
    expect(readRun(findRun(about.runs, undefined))).toMatchObject({ run: { exitCode: 130 }, events: { length: 6 } });
  });

  it('does not end a run that cannot be logged', () => {
    const file = join(FOLDER, 'a-file');
    writeFileSync(file, '');
    for (const runs of [join(file, 'runs'), '/proc/nowhere/runs']) {
      const { folder, problem, lines } = record({ runs });
      expect(folder).toBeUndefined();
      expect(problem?.message).toMatch(/ENOTDIR|ENOENT/);
      expect(lines).toHaveLength(EVENTS.length);
    }
  });

  it('tells of a plan that was declined', () => {
    const { run, lines } = record({}, [...EVENTS.slice(0, 5), { type: 'plan-declined' }], 130);
    expect(run).toMatchObject({ exitCode: 130, declined: true });
    expect(record().run.declined).toBeUndefined();
    expect(reportPage(run, parseEvents(lines))).toMatch(/<h1>[^<]*: declined<\/h1>/);
  });

  it('is finished once', () => {
    const recorder = startRecorder(options());
    for (const event of EVENTS) recorder.handle(event);
    expect(recorder.finish(1)).toBe(recorder.finish(0));
  });
});

describe('secrets', () => {
  const CANARY = 'canary-7d1f "quoted" & <tagged>\nsecond-canary-line';
  const SHORT = 'web1';

  it('stand neither in the log nor in the page, wherever they slipped in', () => {
    Secret.named('slipped', CANARY);
    Secret.named('like-a-host', SHORT);
    const error = new ProvisionError('command-failed', `it said ${CANARY}`, {
      host: 'web1',
      detail: CANARY,
      hint: CANARY,
    });
    const change = {
      action: 'update' as const,
      what: CANARY,
      from: CANARY,
      to: 'x',
      text: { before: CANARY, after: `a\n${CANARY}` },
    };
    const events = EVENTS.map((event) => {
      if (event.type === 'step-progress') return { ...event, text: CANARY };
      if (event.type === 'host-finished') return { ...event, summary: { ...event.summary, error } };
      return event.type === 'step-finished' ? { ...event, changes: [change] } : event;
    });
    const commandLine = ['provision', 'redeploy', '--prove', 'https://alice:p@ss-word@example.org/', CANARY];
    const { folder = '', run, lines } = record({ commandLine }, events);
    const page = reportPage(run, parseEvents(lines));
    const log = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    for (const text of [...log, page]) {
      expect(text).not.toMatch(/canary-7d1f|second-canary|ss-word/);
      expect(text).toContain('secret');
    }
    expect(run.commandLine).toEqual(['provision', 'redeploy', '--prove', 'https://example.org/', '<secret>']);
    // A secret that is spelt like a host leaves the host its name.
    expect(parseEvents(lines)[0]).toMatchObject({ type: 'run-started', hosts: ['web1', 'web2'] });
  });
});

describe('the folder of logs', () => {
  it.each([
    [{}, '/home/alice/.local/state/provision/runs'],
    [{ XDG_STATE_HOME: '' }, '/home/alice/.local/state/provision/runs'],
    [{ XDG_STATE_HOME: '/var/state' }, '/var/state/provision/runs'],
    [{ XDG_STATE_HOME: 'relative' }, '/home/alice/.local/state/provision/runs'],
  ])('%j', (env, folder) => {
    expect(runsFolder(env, '/home/alice')).toBe(folder);
  });

  it('keeps the newest, and what is not ours', async () => {
    const { runs } = options();
    const times = Array.from({ length: 12 }, (_, i) => new Date(Date.UTC(2026, 10, 21, 8, 0, i)));
    for (const time of times) makeRunFolder(runs, 'plan', time);
    mkdirSync(join(runs, 'mine'));
    await pruneRuns(runs, 3);
    expect(readdirSync(runs).sort()).toEqual([
      '2026-11-21T08-00-09Z-plan',
      '2026-11-21T08-00-10Z-plan',
      '2026-11-21T08-00-11Z-plan',
      'mine',
    ]);
  });

  it('holds fifty runs at most', async () => {
    const about = options();
    for (let i = 0; i < 55; i += 1) makeRunFolder(about.runs, 'plan', new Date(Date.UTC(2026, 10, 21, 8, 0, i)));
    const { folder = '' } = record({ runs: about.runs });
    for (let waitedMs = 0; runNames(about.runs).length > 50 && waitedMs < 5_000; waitedMs += 20) await sleep(20);
    expect(runNames(about.runs)).toHaveLength(50);
    expect(existsSync(folder)).toBe(true);
  });

  it('gives runs of the same second different names, in their order', () => {
    const { runs } = options();
    const time = new Date(Date.UTC(2026, 10, 21, 8, 0, 0));
    for (let i = 0; i < 11; i += 1) makeRunFolder(runs, 'apply', time);
    expect(runNames(runs).slice(0, 3)).toEqual([11, 10, 9].map((i) => `2026-11-21T08-00-00Z-apply-${i}`));
    expect(runNames(runs).at(-1)).toBe('2026-11-21T08-00-00Z-apply');
  });
});

describe('which run is meant', () => {
  const { runs } = options();
  for (const second of [1, 2, 3]) makeRunFolder(runs, 'plan', new Date(Date.UTC(2026, 10, 21, 8, 0, second)));

  it.each([
    [undefined, '2026-11-21T08-00-03Z-plan'],
    ['2026-11-21T08-00-02Z-plan', '2026-11-21T08-00-02Z-plan'],
    ['08-00-01', '2026-11-21T08-00-01Z-plan'],
  ])('%s', (wanted, name) => {
    expect(findRun(runs, wanted)).toBe(join(runs, name));
  });

  it('may be a path', () => {
    expect(findRun(runs, './artifacts/run')).toBe('./artifacts/run');
  });

  it.each([
    ['apply', 'no run is called "apply"'],
    ['plan', '"plan" is a part of 3 names'],
  ])('is told where it is none or several: %s', (wanted, message) => {
    expect(() => findRun(runs, wanted)).toThrow(message);
  });
});

describe('a damaged log', () => {
  it('is read up to a line that was cut off', () => {
    const { lines } = record();
    expect(parseEvents([...lines, (lines[0] ?? '').slice(0, 20)])).toHaveLength(lines.length);
    expect(() => parseEvents(['{"version":1,', ...lines])).toThrow(SyntaxError);
  });

  it('leaves out types of later versions, and refuses other formats', () => {
    const { lines } = record();
    expect(parseEvents(['{"version":1,"type":"dance"}', ...lines])).toHaveLength(lines.length);
    expect(() => parseEvents(['{"version":2,"type":"run-started"}', ...lines])).toThrow('of version 2, not 1');
  });

  it('is told, and left out of the list', () => {
    const { folder = '' } = record();
    chmodSync(folder, 0o700);
    writeFileSync(join(folder, 'run.json'), '{');
    expect(() => readRun(folder)).toThrow(expect.objectContaining({ code: 'run-not-found', location: folder }));
    expect(listRuns(join(folder, '..'))).toEqual([]);
  });
});
