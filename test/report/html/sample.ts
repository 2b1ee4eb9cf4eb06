/** Runs as they would be logged, of any number of hosts: for the tests of the page, and to look at it. */
import type { Event, HostSummary, PlannedResource } from '../../../src/engine/events.ts';
import { ProvisionError } from '../../../src/errors.ts';
import type { RunRecord, TimedEvent } from '../../../src/report/run-record.ts';
import { buildFailed, changed, ok, unknown } from '../recorded.ts';

export interface SampleOptions {
  readonly hosts: number;
  /** How many resources each host has. Default 50. */
  readonly resources?: number;
  readonly mode?: 'plan' | 'apply';
  /** Every so many hosts one fails, and one cannot be reached; 0: none. Default 40. */
  readonly failEach?: number;
  /** How much is to be changed, from 0 to 1. Default 0.3. */
  readonly drift?: number;
}

const FORKS = 10;
const ROLES = ['users', 'packages', 'docker', 'stack', 'certs', 'haproxy'];
const KINDS: Readonly<Record<string, readonly string[]>> = {
  users: ['user:deploy', 'authorized-keys:deploy', 'sudoers:deploy', 'user:prusa_admin', 'group:docker'],
  packages: [
    'packages:curl,wget,vim,nano,jq',
    'file:/etc/apt/apt.conf.d/20auto-upgrades',
    'service:unattended-upgrades',
  ],
  docker: ['apt-repository:docker', 'packages:docker-ce', 'file:/etc/docker/daemon.json', 'service:docker'],
  stack: ['docker-image:palindrome-app', 'directory:/srv/palindrome', 'compose-service:db', 'database-role:app'],
  certs: ['certificate:app.example.com', 'directory:/etc/ssl/provision'],
  haproxy: [
    'packages:haproxy',
    'file:/etc/haproxy/haproxy.cfg',
    'service:haproxy',
    'port:443',
    'http-check:https://app.example.com/',
  ],
};

/** @returns an even distribution from 0 to 1 that is the same each time */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

export function sampleRun(options: SampleOptions): { readonly run: RunRecord; readonly events: readonly TimedEvent[] } {
  const { hosts: count, resources = 50, mode = 'apply', failEach = 40, drift = 0.3 } = options;
  const names = Array.from({ length: count }, (_, i) => `web${i + 1}.${['eu', 'us', 'ap'][i % 3]}.example.org`);
  const roll = dice(count);
  const events: TimedEvent[] = [];
  const summaries: HostSummary[] = [];
  const free = Array.from({ length: FORKS }, () => 0);
  const at = (atMs: number, event: Event) => void events.push({ ...event, atMs });

  at(0, { type: 'run-started', mode, hosts: names });
  for (const [i, host] of names.entries()) {
    const fork = free.indexOf(Math.min(...free));
    const startMs = free[fork] ?? 0;
    let nowMs = startMs;
    at(nowMs, { type: 'host-connecting', host, address: `root@203.0.113.${i % 250}:22` });
    const failing = failEach > 0 && i % failEach === failEach >> 1;
    if (failEach > 0 && i % failEach === failEach - 1) {
      nowMs += 5_000;
      const error = new ProvisionError('unreachable', `nothing answers at 203.0.113.${i % 250} port 22`, {
        host,
        hint: 'Check that the host is up, and that ansible_host and ansible_port are right.',
      });
      const counts = { ok: 0, changed: 0, unknown: 0, failed: 0, skipped: 0, exchanges: 0 };
      const summary: HostSummary = { host, status: 'unreachable', ...counts, durationMs: 5_000, error };
      at(nowMs, { type: 'host-finished', host, summary });
      summaries.push(summary);
      free[fork] = nowMs;
      continue;
    }
    const loginMs = 90 + roll() * 120;
    nowMs += loginMs;
    at(nowMs, { type: 'host-connected', host, durationMs: loginMs });
    const lookMs = 150 + roll() * 300;
    const planned = Array.from({ length: resources }, (_, k) => plannedResource(k, roll() < drift));
    const handlers = planned.some(({ id, status }) => id.includes('haproxy.cfg') && status !== 'ok')
      ? [{ id: 'reload haproxy', role: 'haproxy', pending: false }]
      : [];
    nowMs += lookMs;
    at(nowMs, {
      type: 'host-planned',
      host,
      plan: { host, resources: planned, handlers },
      durationMs: lookMs,
    });
    const open = [
      ...planned.filter(({ status }) => status !== 'ok'),
      ...handlers.map((handler) => ({ ...handler, status: 'change' as const, changes: [] })),
    ];
    let error: ProvisionError | undefined;
    let done = 0;
    if (mode === 'apply') {
      for (const [k, { id, role, changes, status }] of open.entries()) {
        const step = { host, role, id };
        at(nowMs, { type: 'step-started', ...step, step: k + 1, total: open.length });
        const durationMs = id.startsWith('docker-image')
          ? 4_000 + roll() * 9_000
          : id.startsWith('packages')
            ? 1_000 + roll() * 4_000
            : 30 + roll() * 300;
        nowMs += durationMs;
        if (failing && k === open.length >> 1) {
          error = buildFailed(host).at({ host });
          at(nowMs, { type: 'step-finished', ...step, status: 'failed', changes: [], durationMs, error });
          break;
        }
        at(nowMs, {
          type: 'step-finished',
          ...step,
          status: status === 'unknown' ? 'ok' : 'changed',
          changes,
          durationMs,
        });
        done += 1;
      }
    }
    const changedCount = mode === 'plan' ? open.length : done;
    const summary: HostSummary = {
      host,
      status: error ? 'failed' : changedCount > 0 ? 'changed' : 'ok',
      ok: resources - open.length,
      changed: changedCount,
      unknown: 0,
      failed: error ? 1 : 0,
      skipped: error ? open.length - done - 1 : 0,
      exchanges: done + 1,
      durationMs: nowMs - startMs,
      error,
    };
    at(nowMs, { type: 'host-finished', host, summary });
    summaries.push(summary);
    free[fork] = nowMs;
  }
  const endMs = Math.max(...free);
  events.sort((a, b) => a.atMs - b.atMs);
  at(endMs, { type: 'run-finished', summaries, durationMs: endMs });
  return { run: recordOf(mode, summaries, endMs), events };
}

function plannedResource(k: number, differs: boolean): PlannedResource {
  const role = ROLES[Math.floor((k * ROLES.length) / 50) % ROLES.length] as string;
  const kinds = KINDS[role] as readonly string[];
  const id = k % 9 < kinds.length ? (kinds[k % 9] as string) : `file:/etc/${role}/conf.d/${k}-settings.conf`;
  const unique = k >= 50 ? `${id}-${k}` : id;
  if (!differs) return ok(role, unique);
  if (id.startsWith('database-role')) return unknown(role, unique, 'the database does not run');
  if (id.startsWith('file:')) {
    const before = `# ${id}\nglobal\n  maxconn 100\n\ndefaults\n  mode http\n`;
    const after = before.replace('100', '400').replace('\n\n', '\n  hard-stop-after 60s\n\n');
    return changed(
      role,
      unique,
      { action: 'update', what: 'content', text: { before, after } },
      { action: 'update', what: 'mode', from: '0600', to: '0644' },
    );
  }
  if (id.startsWith('packages:')) return changed(role, unique, { action: 'create', what: 'jq', to: '1.7.1-6' });
  if (id.startsWith('user:')) return changed(role, unique, { action: 'create', what: '', to: 'shell /bin/bash' });
  if (id.startsWith('http-check')) return changed(role, unique, { action: 'run', what: '' });
  return changed(role, unique, { action: 'update', what: 'enabled', from: 'no', to: 'yes' });
}

function recordOf(command: 'plan' | 'apply', summaries: readonly HostSummary[], endMs: number): RunRecord {
  const started = new Date('2026-11-21T08:12:23Z');
  const statuses = summaries.map(({ status }) => status);
  const exitCode = statuses.includes('failed') ? 1 : statuses.includes('unreachable') ? 4 : 0;
  return {
    version: 1,
    provision: '0.1.0',
    command,
    commandLine: ['provision', command, '--inventory', 'prod.yml', '--limit', 'web:!web3'],
    inventory: '/home/alice/site/prod.yml',
    by: 'alice@laptop',
    started: started.toISOString(),
    finished: new Date(started.getTime() + endMs).toISOString(),
    exitCode,
    hosts: Object.fromEntries(
      [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]),
    ),
  };
}
