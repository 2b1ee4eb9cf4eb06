/** Recorded events of runs, for the tests of reports and for `demo.ts`. */
import type { Event, HostPlan, HostSummary, PlannedResource } from '../../src/engine/events.ts';
import { ProvisionError } from '../../src/errors.ts';
import type { Change } from '../../src/resources/contract.ts';

export function changed(role: string, id: string, ...changes: Change[]): PlannedResource {
  return { role, id, status: 'change', changes };
}

export function ok(role: string, id: string): PlannedResource {
  return { role, id, status: 'ok', changes: [] };
}

export function unknown(role: string, id: string, reason: string): PlannedResource {
  return { role, id, status: 'unknown', changes: [], reason };
}

export const LONG_NAME = 'a-host-with-a-name-of-sixty-characters.in-a.zone.example.org';

/** A plan in which everything that a plan can say is said once. */
export function richPlan(host: string): HostPlan {
  return {
    host,
    resources: [
      changed('users', 'user:prusa_admin', { action: 'create', what: '', to: 'shell /bin/bash' }),
      changed(
        'users',
        'user:deploy',
        { action: 'update', what: 'shell', from: '/bin/sh', to: '/bin/bash' },
        { action: 'create', what: 'group docker' },
      ),
      changed('users', 'user:intern', { action: 'delete', what: '' }),
      ok('users', 'sudoers:deploy'),
      changed(
        'packages',
        'packages:curl,wget,vim,nano,jq',
        { action: 'create', what: 'curl', to: '8.14.1-2' },
        { action: 'create', what: 'wget', to: '1.25.0-2' },
        { action: 'create', what: 'jq', to: '1.7.1-6' },
      ),
      changed('packages', 'file:/etc/motd', { action: 'update', what: 'mode', from: '0600', to: '0644' }),
      ok('docker', 'packages:docker.io'),
      changed('stack', 'image:palindrome-app', { action: 'create', what: '' }),
      changed('stack', 'command:migrate', { action: 'run', what: '' }),
      unknown('stack', 'database-role:app', 'the database does not run'),
      changed('haproxy', 'file:/etc/haproxy/haproxy.cfg', {
        action: 'update',
        what: 'content',
        text: {
          before: 'global\n  maxconn 100\n\ndefaults\n  mode http\n',
          after: 'global\n  maxconn 400\n  hard-stop-after 60s\n\ndefaults\n  mode http\n',
        },
      }),
    ],
    handlers: [
      { id: 'restart docker', role: 'docker', pending: true },
      { id: 'reload haproxy', role: 'haproxy', pending: false },
    ],
  };
}

export function summary(host: string, fields: Partial<HostSummary> = {}): HostSummary {
  const counts = { ok: 0, changed: 0, unknown: 0, failed: 0, skipped: 0 };
  return { host, status: 'ok', ...counts, exchanges: 1, durationMs: 300, ...fields };
}

const BUILD = {
  task: 'image:palindrome-app',
  detail: 'Step 3/7 : RUN pip install -r requirements.txt\n\u001b[31mERROR\u001b[0m: No matching distribution for flsk',
  hint: 'Mend the Dockerfile or its context in files/app, and run again: what is done already stays done.',
};

export function buildFailed(host: string): ProvisionError {
  return new ProvisionError('build-failed', 'the image palindrome-app does not build', { host, ...BUILD });
}

export const BUILD_FAILED = buildFailed('web1');

/** An apply of that plan on one host: each step takes `stepMs`, and `failing` is where it ends. */
export function applyEvents(host: string, { stepMs = 1_300, failing }: { stepMs?: number; failing?: string } = {}) {
  const plan = richPlan(host);
  const open = plan.resources.filter(({ status }) => status !== 'ok');
  const steps = [...open, ...plan.handlers.map(({ id, role }) => ({ id, role, status: 'change', changes: [] }))];
  const total = steps.length;
  const events: Event[] = [
    { type: 'host-connecting', host, address: 'root@203.0.113.10:22' },
    { type: 'host-connected', host, durationMs: 104 },
    { type: 'host-planned', host, plan, durationMs: 212 },
  ];
  let done = 0;
  let error: ProvisionError | undefined;
  for (const [i, { id, role, status, changes }] of steps.entries()) {
    events.push({ type: 'step-started', host, role, id, step: i + 1, total });
    events.push({ type: 'step-progress', host, id, text: `Setting up ${id} (1.0-2)` });
    if (id === failing) error = buildFailed(host);
    const result = error ? 'failed' : status === 'unknown' ? 'ok' : 'changed';
    const told = error ? { changes: [], error } : { changes };
    events.push({ type: 'step-finished', host, role, id, status: result, durationMs: stepMs, ...told });
    if (error) break;
    done += 1;
  }
  const counts = { ok: 2, changed: done, failed: error ? 1 : 0, skipped: total - done - (error ? 1 : 0) };
  const outcome = { status: error ? 'failed' : 'changed', exchanges: done + 1, error } as const;
  const last = summary(host, { ...counts, ...outcome, durationMs: 400 + stepMs * done });
  return { events: [...events, { type: 'host-finished', host, summary: last } satisfies Event], summary: last };
}

/** A whole run over these hosts, one after another. */
export function runEvents(mode: 'plan' | 'apply', runs: readonly ReturnType<typeof applyEvents>[]): Event[] {
  const summaries = runs.map((run) => run.summary);
  return [
    { type: 'run-started', mode, hosts: summaries.map(({ host }) => host) },
    ...runs.flatMap(({ events }) => events),
    { type: 'run-finished', summaries, durationMs: 14_200 },
  ];
}

export function planEvents(host: string, plan: HostPlan = richPlan(host)) {
  const last = summary(host, { status: 'changed', ok: 2, changed: 8, unknown: 1 });
  const events: Event[] = [
    { type: 'host-connecting', host, address: 'root@203.0.113.10:22' },
    { type: 'host-connected', host, durationMs: 104 },
    { type: 'host-planned', host, plan, durationMs: 212 },
    { type: 'host-finished', host, summary: last },
  ];
  return { events, summary: last };
}

export function unreachable(host: string) {
  const error = new ProvisionError('unreachable', 'nothing answers at 203.0.113.10 port 22', {
    host,
    hint: 'Check that the host is up, and that ansible_host and ansible_port are right.',
    cause: new Error('connect ECONNREFUSED 203.0.113.10:22'),
  });
  const last = summary(host, { status: 'unreachable', exchanges: 0, durationMs: 15_000, error });
  const events: Event[] = [
    { type: 'host-connecting', host, address: 'root@203.0.113.10:22' },
    { type: 'host-finished', host, summary: last },
  ];
  return { events, summary: last };
}
