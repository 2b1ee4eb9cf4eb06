import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fields, generatedSecret, Secret } from '../../src/index.ts';
import { sh } from '../../src/shell/sh.ts';
import { lockToken } from '../../src/transport/lock-token.ts';
import { rolled, type Sandbox, sandbox, thing } from './sandbox.ts';

let host: Sandbox;
beforeEach(() => {
  host = sandbox();
});
afterEach(() => host.remove());

const reload = { id: 'reload it', script: sh`printf r >>reloads` };

describe('a run', () => {
  it('applies in order what differs, and counts it', async () => {
    host.write('b', 'x');
    const { summary, steps, plan } = await host.run({
      one: [thing({ name: 'a' }), thing({ name: 'b' }), thing({ name: 'c' })],
    });
    expect(plan).toEqual(['thing:a change', 'thing:c change']);
    expect(steps).toEqual(['thing:a changed', 'thing:c changed']);
    expect(summary).toMatchObject({ status: 'changed', ok: 1, changed: 2, failed: 0, skipped: 0 });
    expect([host.read('a'), host.read('c')]).toEqual(['x', 'x']);
  });

  it('takes one exchange where nothing differs', async () => {
    const role = { one: [thing({ name: 'a' }), thing({ name: 'b' })], two: [thing({ name: 'c' })] };
    await host.run(role);
    const { summary, steps } = await host.run(role);
    expect(summary).toMatchObject({ status: 'ok', ok: 3, changed: 0, exchanges: 1 });
    expect(steps).toEqual([]);
  });

  it('takes one exchange more for each change, and one for the line in the log', async () => {
    const role = { one: ['a', 'b', 'c'].map((name) => thing({ name })) };
    await host.run(role);
    host.write('b', 'by hand');
    expect((await host.run(role)).summary).toMatchObject({ changed: 1, exchanges: 3 });
  });

  it('changes nothing when it plans, and plans what apply then does', async () => {
    const role = { one: [thing({ name: 'a' }), thing({ name: 'b', after: 'a' })] };
    const planned = await host.run(role, { mode: 'plan' });
    expect(planned.plan).toEqual(['thing:a change', 'thing:b unknown']);
    expect(planned.summary).toMatchObject({ status: 'changed', changed: 1, unknown: 1 });
    expect(host.read('a')).toBeUndefined();
    expect((await host.run(role)).steps).toEqual(['thing:a changed', 'thing:b changed']);
  });

  it('asks for what was unknown in the exchange that made it exist', async () => {
    const role = { one: [thing({ name: 'a' }), thing({ name: 'b', after: 'a' })] };
    await host.run({ one: [] });
    expect((await host.run(role)).summary).toMatchObject({ changed: 2, unknown: 0, exchanges: 4 });
  });

  it('counts as changed what an earlier step brought about', async () => {
    const role = { one: [thing({ name: 'a', afterwards: 'printf x >b' }), thing({ name: 'b' })] };
    expect((await host.run(role)).steps).toEqual(['thing:a changed', 'thing:b changed']);
  });

  it('says of a change what the plan said, though an earlier step did a part of it', async () => {
    const role = { one: [thing({ name: 'a', afterwards: 'printf y >b' }), thing({ name: 'b' })] };
    const { events: plan } = await host.run(role, { mode: 'plan' });
    const { events: apply } = await host.run(role);
    const planned = plan.flatMap((event) => (event.type === 'host-planned' ? event.plan.resources : []));
    const applied = apply.flatMap((event) => (event.type === 'step-finished' ? [event] : []));
    expect(planned[1]?.changes).not.toEqual([]);
    expect(applied.map(({ changes }) => changes)).toEqual(planned.map(({ changes }) => changes));
  });

  it('looks at everything once more at the end, and mends what its own steps have undone', async () => {
    host.write('a', 'x');
    const role = { one: [thing({ name: 'a' }), thing({ name: 'b', afterwards: 'rm a' })] };
    const { steps, summary } = await host.run(role);
    expect(steps).toEqual(['thing:b changed', 'thing:a changed']);
    expect(summary).toMatchObject({ ok: 0, changed: 2, exchanges: 4 });
    expect((await host.run(role)).summary).toMatchObject({ status: 'ok', exchanges: 1 });
  });

  it('counts as in order what its own steps have only kept waiting', async () => {
    host.write('a', 'x');
    const role = { one: [thing({ name: 'a' }), thing({ name: 'b', afterwards: 'printf starting >a' })] };
    const { steps, summary } = await host.run(role);
    expect(steps).toEqual(['thing:b changed', 'thing:a ok']);
    expect(summary).toMatchObject({ status: 'changed', ok: 1, changed: 1 });
  });

  it('counts as in order what was unknown, and had only to be waited for', async () => {
    host.write('b', 'starting');
    const role = { one: [thing({ name: 'a' }), thing({ name: 'b', after: 'a' })] };
    const { steps, summary } = await host.run(role);
    expect(steps).toEqual(['thing:a changed', 'thing:b ok']);
    expect(summary).toMatchObject({ ok: 1, changed: 1 });
  });

  it('gives up where two resources undo each other', async () => {
    const role = { one: [thing({ name: 'a', afterwards: 'rm -f b' }), thing({ name: 'b', afterwards: 'rm -f a' })] };
    const { summary } = await host.run(role);
    expect(summary.error).toMatchObject({ code: 'not-converged', detail: expect.stringMatching(/^thing:[ab]$/) });
  });

  it('ends at the first failure, says why, and goes on from there', async () => {
    const role = (afterwards: string) => ({
      one: [thing({ name: 'a' }), thing({ name: 'b', afterwards }), thing({ name: 'c' })],
    });
    const { summary } = await host.run(role('echo no such luck >&2; rm b; exit 3'));
    expect(summary).toMatchObject({ status: 'failed', changed: 1, failed: 1, skipped: 1 });
    expect(summary.error).toMatchObject({
      code: 'apply-failed',
      host: 'web1',
      task: 'thing:b',
      message: 'no such luck',
      detail: 'the step ended with status 3',
    });
    expect((await host.run(role(':'))).steps).toEqual(['thing:b changed', 'thing:c changed']);
  });

  it('fails where a second look finds it still different', async () => {
    const { summary } = await host.run({ one: [thing({ name: 'a', afterwards: 'printf other >a' })] });
    expect(summary.error).toMatchObject({ code: 'not-converged', detail: 'content: is other, should be x' });
  });

  it('touches nothing where something is in the way', async () => {
    host.write('rock', '');
    const { summary } = await host.run({ one: [thing({ name: 'a' }), thing({ name: 'b', blockedBy: 'rock' })] });
    expect(summary.error).toMatchObject({ code: 'conflict', task: 'thing:b', hint: 'Remove it.' });
    expect(host.read('a')).toBeUndefined();
  });

  it('plans what else differs where something is in the way, and tells all that is', async () => {
    host.write('rock', '');
    const role = { one: ['a', 'b', 'c'].map((name) => thing({ name, ...(name !== 'a' && { blockedBy: 'rock' }) })) };
    const { summary, plan } = await host.run(role, { mode: 'plan' });
    expect(plan).toEqual(['thing:a change', 'thing:b change', 'thing:c change']);
    expect(summary).toMatchObject({ status: 'failed', changed: 1 });
    expect(summary.error).toMatchObject({
      code: 'conflict',
      task: 'thing:b',
      detail: 'also thing:c: rock is in the way',
    });
  });

  it('tells a full disk', async () => {
    const { summary } = await host.run({
      one: [thing({ name: 'a', afterwards: 'echo write: No space left on device >&2; false' })],
    });
    expect(summary.error?.code).toBe('disk-full');
  });

  it('refuses two descriptions of the same thing, and drops a repetition', async () => {
    const twice = await host.run({ one: [thing({ name: 'a' })], two: [thing({ name: 'a' })] });
    expect(twice.steps).toEqual(['thing:a changed']);
    const clash = host.run({ one: [thing({ name: 'a' })], two: [thing({ name: 'a', content: 'y' })] });
    await expect(clash).rejects.toMatchObject({ code: 'resource-duplicate', task: 'thing:a' });
    expect(host.connections).toHaveLength(1);
  });
});

describe('what is for a rolling redeploy', () => {
  const app = rolled({ name: 'app', version: '2' }, { notify: reload });
  beforeEach(() => {
    host.write('app.version', '1\n');
    host.write('app.setting', 'x\n');
  });

  it('is left alone by an apply, and counted', async () => {
    const { summary, steps, plan } = await host.run({ one: [app, thing({ name: 'a' })] });
    expect(plan).toEqual(['rolled:app change', 'thing:a change']);
    expect(steps).toEqual(['thing:a changed']);
    expect(summary).toMatchObject({ status: 'changed', ok: 0, changed: 1, failed: 0, skipped: 0, rollouts: 1 });
    expect(host.read('app.version')).toBe('1\n');
    expect(host.read('reloads')).toBeUndefined();
    const again = await host.run({ one: [app, thing({ name: 'a' })] });
    expect(again.steps).toEqual([]);
    expect(again.summary).toMatchObject({ status: 'ok', ok: 1, changed: 0, skipped: 0, rollouts: 1, exchanges: 1 });
  });

  it('is shown by a plan, and not that it would make handlers run', async () => {
    const { summary, events } = await host.run({ one: [app] }, { mode: 'plan' });
    const [planned] = events.flatMap((event) => (event.type === 'host-planned' ? [event.plan] : []));
    expect(planned).toMatchObject({
      resources: [
        { id: 'rolled:app', status: 'change', changes: [{ what: 'version', from: '1', to: '2', rollout: true }] },
      ],
      handlers: [],
    });
    expect(summary).toMatchObject({ status: 'changed', changed: 1 });
    expect(summary.rollouts).toBeUndefined();
  });

  it('stays where other changes of the same resource are made', async () => {
    host.write('app.setting', 'by hand\n');
    const { summary, steps, events } = await host.run({ one: [app, thing({ name: 'a' })] });
    expect(steps).toEqual(['rolled:app changed', 'thing:a changed', 'reload it changed']);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'step-finished',
        id: 'rolled:app',
        changes: [{ action: 'update', what: 'setting', from: 'by hand', to: 'x' }],
      }),
    );
    expect(summary).toMatchObject({ status: 'changed', changed: 2, failed: 0, skipped: 0, rollouts: 1 });
    expect([host.read('app.version'), host.read('app.setting')]).toEqual(['1\n', 'x\n']);
  });

  it('is none any more where a later look finds it done', async () => {
    const role = { one: [app, thing({ name: 'a', afterwards: 'echo 2 >app.version' })] };
    const { summary } = await host.run(role);
    expect(summary).toMatchObject({ status: 'changed', ok: 1, changed: 1, skipped: 0 });
    expect(summary.rollouts).toBeUndefined();
  });
});

describe('the log of the host', () => {
  it('has a line for each apply that did something', async () => {
    const lines = () => host.read('log')?.trimEnd().split('\n') ?? [];
    await host.run({ one: [thing({ name: 'a' })] }, { mode: 'plan' });
    await host.run({ one: [] });
    expect(lines()).toEqual([]);
    await host.run({ one: [thing({ name: 'a' })] }, { by: 'alice@laptop\n2026' });
    await host.run({ one: [thing({ name: 'a' })] });
    await host.run({ one: [thing({ name: 'b', afterwards: 'false' })] });
    const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
    expect(lines()).toEqual([
      expect.stringMatching(new RegExp(`^${time} alice@laptop 2026 apply: 1 changed; ok after \\d+\\.\\d s$`)),
      expect.stringMatching(new RegExp(`^${time} test apply: 0 changed, thing:b failed; failed after \\d+\\.\\d s$`)),
    ]);
    expect(statSync(join(host.folder, 'log')).mode & 0o777).toBe(0o640);
  });
});

describe('handlers', () => {
  const role = (afterwards = ':') => ({
    one: [
      thing({ name: 'a' }, { notify: reload }),
      thing({ name: 'b' }, { notify: [reload] }),
      thing({ name: 'c', afterwards }),
    ],
    two: [thing({ name: 'd' })],
  });

  it('run once, at the end of their role', async () => {
    const { steps } = await host.run(role());
    expect(steps).toEqual([
      'thing:a changed',
      'thing:b changed',
      'thing:c changed',
      'reload it changed',
      'thing:d changed',
    ]);
    expect(host.read('reloads')).toBe('r');
    expect((await host.run(role())).steps).toEqual([]);
  });

  it('are not lost by a failure in between', async () => {
    await host.run(role('rm c; false'));
    expect(host.read('reloads')).toBeUndefined();
    host.write('c', 'x');
    const planned = await host.run(role(), { mode: 'plan' });
    expect(planned.plan).toEqual(['thing:d change']);
    host.write('d', 'x');
    expect((await host.run(role(), { mode: 'plan' })).summary).toMatchObject({ status: 'changed', changed: 0 });
    rmSync(join(host.folder, 'd'));
    const again = await host.run(role());
    expect(again.steps).toEqual(['reload it changed', 'thing:d changed']);
    expect(host.read('reloads')).toBe('r');
    expect((await host.run(role())).summary.status).toBe('ok');
  });

  it('stay pending when they fail', async () => {
    const broken = { id: 'reload it', script: sh`echo bad config >&2; exit 1` };
    const failed = await host.run({ one: [thing({ name: 'a' }, { notify: broken })] });
    expect(failed.summary.error).toMatchObject({ code: 'handler-failed', task: 'reload it', message: 'bad config' });
    expect((await host.run({ one: [thing({ name: 'a' }, { notify: reload })] })).steps).toEqual(['reload it changed']);
  });

  it('stay in their folder whatever they are called', async () => {
    const odd = { id: '../../../$(touch pwned) "x"', script: sh`:` };
    const { summary } = await host.run({ one: [thing({ name: 'a' }, { notify: odd })] });
    expect(summary.status).toBe('changed');
    expect(host.read('pwned')).toBeUndefined();
  });
});

describe('facts', () => {
  it('that differ from what was assumed cost one exchange, once', async () => {
    const role = { one: (facts: { osVersion: string }) => [thing({ name: `on-${facts.osVersion}` })] };
    host.write('on-12', 'x');
    const first = await host.run(role);
    expect(first.summary.exchanges).toBeGreaterThan(1);
    expect((await host.run(role)).summary).toMatchObject({ status: 'ok', exchanges: 1 });
  });
});

describe('secrets of the host', () => {
  it('are generated once, kept private, and used in the same run', async () => {
    const secret = Secret.named('db');
    const role = { one: [generatedSecret({ name: 'db', secret })] };
    const { steps, events } = await host.run(role);
    expect(steps).toEqual(['secret:db changed']);
    const kept = host.read('state/secrets/db')?.trim() ?? '';
    expect(kept).toMatch(/^[\w-]{32}$/);
    expect(kept).toBe(secret.reveal());
    expect(JSON.stringify(events)).not.toContain(kept);
    const again = Secret.named('db');
    const second = await host.run({ one: [generatedSecret({ name: 'db', secret: again })] });
    expect(second.summary).toMatchObject({ status: 'ok', exchanges: 1 });
    expect(again.reveal()).toBe(kept);
  });

  it('are masked in what a failing program says', async () => {
    const secret = Secret.named('db');
    const leak = 'printf "bad line: %s\\n" "$(cat state/secrets/db)" >&2; false';
    const role = { one: [generatedSecret({ name: 'db', secret }), thing({ name: 'a', afterwards: leak })] };
    const { summary, events } = await host.run(role);
    expect(summary.error?.message).toBe('bad line: <secret>');
    expect(JSON.stringify(events)).not.toContain(secret.reveal());
  });

  it.each(['../x', '.x', 'a b', '$(x)'])('refuse the name %j', (name) => {
    expect(() => generatedSecret({ name, secret: Secret.named('x') })).toThrow(/secret: name/);
    expect(fields.simpleName().safeParse(name).success).toBe(false);
  });
});

describe('a lost connection', () => {
  it('is dialled again, and the run goes on', async () => {
    const role = { one: ['a', 'b', 'c'].map((name) => thing({ name })) };
    host.cutBefore(3);
    const { summary } = await host.run(role);
    expect(summary).toMatchObject({ status: 'changed', changed: 3, ok: 0, failed: 0 });
    expect(host.connections).toHaveLength(2);
  }, 20_000);

  it('that is waited for when the user interrupts: nobody says that nothing was touched', async () => {
    const role = { one: ['a', 'b'].map((name) => thing({ name })) };
    const stop = new AbortController();
    host.cutBefore(3);
    const { summary } = await host.run(role, {
      lockWaitMs: 60_000,
      stop: stop.signal,
      emit: (event) => {
        if (event.type === 'host-connecting' && 'lost' in event) void lockedByAlice();
        if (event.type === 'host-waiting') stop.abort();
      },
    });
    expect(host.read('a')).toBe('x');
    expect(summary).toMatchObject({ status: 'interrupted', changed: 1, failed: 0 });
    expect(summary.error?.hint).toMatch(
      /^What was under way when the connection was lost may go on to its end there\./,
    );
  }, 20_000);
});

describe('an interrupt', () => {
  it('ends the run after the step in flight', async () => {
    const stop = new AbortController();
    const role = { one: [thing({ name: 'a', afterwards: 'sleep 0.2' }), thing({ name: 'b' })] };
    const emit = (event: { type: string }) => event.type === 'step-started' && stop.abort();
    const { summary } = await host.run(role, { stop: stop.signal, emit });
    expect(summary).toMatchObject({ status: 'interrupted', changed: 1, skipped: 1 });
    expect(host.read('a')).toBe('x');
    expect(host.read('b')).toBeUndefined();
  });
});

/** Another process has the lock until its standard input ends: this one would know the lock of web1 for its own. */
async function lockedByAlice() {
  const holder = `exec 9>>lock; flock 9; printf 'token 1\\nalice@laptop, provision apply' >lock.holder; echo held; read -r end`;
  const other = spawn('sh', ['-c', holder], { cwd: host.folder, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void other.kill());
  await once(other.stdout, 'data');
  return other;
}

describe('the host lock', () => {
  it('keeps a second apply out, tells who holds it, and is waited for when asked', async () => {
    const other = await lockedByAlice();
    const second = await host.run({ one: [thing({ name: 'b' })] });
    expect(second.summary.error).toMatchObject({ code: 'host-locked' });
    expect(second.summary.error?.message).toContain('alice@laptop');
    const waiting = host.run({ one: [thing({ name: 'b' })] }, { lockWaitMs: 10_000 });
    setTimeout(() => other.stdin.end(), 2_500);
    const { summary, events } = await waiting;
    expect(summary.status).toBe('changed');
    const text = 'the host is locked by alice@laptop, provision apply';
    expect(events.filter(({ type }) => type === 'host-waiting')).toEqual([
      { type: 'host-waiting', host: 'web1', text },
    ]);
  }, 20_000);

  it('is waited for up to the moment that was asked for', async () => {
    const other = await lockedByAlice();
    setTimeout(() => other.stdin.end(), 500);
    const { summary } = await host.run({ one: [thing({ name: 'b' })] }, { lockWaitMs: 1000 });
    expect(summary).toMatchObject({ status: 'changed', error: undefined });
  });

  it('that was waited for in vain: tells how long, and how to wait longer', async () => {
    await lockedByAlice();
    const started = performance.now();
    const { summary } = await host.run({ one: [thing({ name: 'b' })] }, { lockWaitMs: 1000 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
    expect(summary.error).toMatchObject({
      code: 'host-locked',
      message: 'the host is still locked after waiting 1 s, by alice@laptop, provision apply',
      hint: 'Wait until it ends with `--wait`, or longer with `--wait=SECONDS`. Where its machine is gone, end its shell on the host: `kill 1`.',
    });
  });

  it('that is waited for when the user interrupts: the host has not failed', async () => {
    await lockedByAlice();
    const stop = new AbortController();
    const waiting = host.run({ one: [thing({ name: 'b' })] }, { lockWaitMs: 60_000, stop: stop.signal });
    setTimeout(() => stop.abort(), 200);
    const { summary } = await waiting;
    expect(summary).toMatchObject({ status: 'interrupted', failed: 0, ok: 0, changed: 0 });
    expect(summary.error).toMatchObject({
      code: 'interrupted',
      message: expect.stringMatching(/^interrupted while it waited: the host is locked by alice@laptop/),
      hint: 'Nothing was touched. Run it again.',
    });
  }, 20_000);

  it('of a run that died is taken over, when its last step has ended', async () => {
    const token = lockToken('web1').replace(/\.\d+\./, `.${spawnSync('true').pid}.`);
    const holder = `trap 'sleep 1; echo done >last; exit' TERM; exec 9>>lock; flock 9; echo ${token} $$ >lock.holder; echo held; while :; do sleep 0.1; done`;
    const dead = spawn('sh', ['-c', holder], { cwd: host.folder, stdio: ['pipe', 'pipe', 'inherit'] });
    await once(dead.stdout, 'data');
    const { summary } = await host.run({ one: [thing({ name: 'b' })] });
    expect(summary.error).toBeUndefined();
    expect(summary.status).toBe('changed');
    expect(host.read('last')).toBe('done\n');
  }, 20_000);

  it('is no matter for a plan', async () => {
    const slow = host.run({ one: [thing({ name: 'a', afterwards: 'sleep 0.5' })] });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await host.run({ one: [] }, { mode: 'plan' })).summary.status).toBe('ok');
    await slow;
  });
});
