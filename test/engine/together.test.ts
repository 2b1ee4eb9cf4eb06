import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { sh } from '../../src/shell/sh.ts';
import { bundle, piece, type Sandbox, sandbox, thing } from './sandbox.ts';

let host: Sandbox;
beforeEach(() => {
  host = sandbox();
});
afterEach(() => host.remove());

const reload = { id: 'reload it', script: sh`printf r >>reloads` };
/** The look, and the line in the log. */
const AROUND = 2;

const pieces = (...names: readonly string[]) => names.map((name) => piece({ name }));

describe('neighbours that do not depend on each other', () => {
  it('go in one exchange, in their order, each a step of its own', async () => {
    const names = [...Array(40).keys()].map((i) => `p${i}`);
    const role = names.map((name) => piece({ name, afterwards: `echo ${name} >>order` }));
    const { summary, steps } = await host.run({ one: role });
    expect(summary).toMatchObject({ status: 'changed', changed: 40, ok: 0, failed: 0, exchanges: AROUND + 1 });
    expect(steps).toEqual(names.map((name) => `piece:${name} changed`));
    expect(host.read('order')).toBe(`${names.join('\n')}\n`);
    expect((await host.run({ one: role })).summary).toMatchObject({ status: 'ok', ok: 40, exchanges: 1 });
  });

  it('are parted by what must go by itself, and by the end of their role, not by what is in order', async () => {
    await host.run({ one: [] });
    host.write('b', 'x');
    const roles = { one: [...pieces('a', 'b', 'c'), thing({ name: 'd' }), ...pieces('e')], two: pieces('f', 'g') };
    const { summary } = await host.run(roles);
    // a and c; d; e; f and g.
    expect(summary).toMatchObject({ changed: 6, ok: 1, exchanges: AROUND + 4 });
  });

  it('run each handler once, after all of them', async () => {
    const role = ['a', 'b', 'c'].map((name) => piece({ name }, { notify: name === 'b' ? [] : reload }));
    const { summary, steps } = await host.run({ one: role });
    expect(steps).toEqual(['piece:a changed', 'piece:b changed', 'piece:c changed', 'reload it changed']);
    expect(summary).toMatchObject({ changed: 3, exchanges: AROUND + 2 });
    expect(host.read('reloads')).toBe('r');
  });

  it('tell which of them failed, and leave the handlers of the others due', async () => {
    const roles = (afterwards: string) => ({
      one: [piece({ name: 'a' }, { notify: reload }), piece({ name: 'b', afterwards }), piece({ name: 'c' })],
    });
    const { summary, steps } = await host.run(roles('echo it is full >&2; rm b; exit 3'));
    expect(steps).toEqual(['piece:a changed', 'piece:b failed']);
    expect(summary).toMatchObject({ status: 'failed', changed: 1, failed: 1, skipped: 1 });
    expect(summary.error).toMatchObject({ code: 'apply-failed', task: 'piece:b' });
    expect(`${summary.error?.message}${summary.error?.detail}`).toContain('it is full');
    expect([host.read('a'), host.read('c'), host.read('reloads')]).toEqual(['x', undefined, undefined]);
    const again = await host.run(roles(':'));
    expect(again.steps).toEqual(['piece:b changed', 'piece:c changed', 'reload it changed']);
  });

  it.each([
    ['and is in order all the same', ''],
    ['until it is seen anew', 'rm b;'],
  ])('go on together after one that fails, %s', async (_, undo) => {
    const second = piece({ name: 'b', afterwards: `test -e second || { ${undo} >second; exit 1; }` });
    const { summary, steps } = await host.run({ one: [...pieces('a'), second, ...pieces('c', 'd', 'e')] });
    expect(steps).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `piece:${name} changed`));
    // All of them, a look, the first by itself that is not in order, the rest.
    expect(summary).toMatchObject({ status: 'changed', changed: 5, failed: 0, exchanges: AROUND + 4 });
    expect(['a', 'b', 'c', 'e'].map((name) => host.read(name))).toEqual(['x', 'x', 'x', 'x']);
  });

  it('look at everything in their exchange where they are the last', async () => {
    host.write('z', 'x');
    const { summary } = await host.run({
      one: [piece({ name: 'z' }), ...pieces('a'), piece({ name: 'b', afterwards: 'rm z' })],
    });
    // The second round mends what the first has undone.
    expect(summary).toMatchObject({ status: 'changed', exchanges: AROUND + 2 });
    expect(host.read('z')).toBe('x');
  });

  it('are all told as done where the user interrupts, for they are', async () => {
    const stop = new AbortController();
    const emit = (event: Event) => {
      if (event.type === 'step-started') stop.abort();
    };
    const { summary } = await host.run(
      { one: [...pieces('a', 'b'), thing({ name: 'c' })] },
      { stop: stop.signal, emit },
    );
    expect(summary).toMatchObject({ status: 'interrupted', changed: 2, skipped: 1 });
    expect([host.read('b'), host.read('c')]).toEqual(['x', undefined]);
  });

  it('begin nothing new once the user has interrupted', async () => {
    const stop = new AbortController();
    const emit = (event: Event) => {
      if (event.type === 'step-started') stop.abort();
    };
    const big = (name: string) => piece({ name, afterwards: `: ${'x'.repeat(1.5 * 1024 * 1024)}` });
    const { summary } = await host.run({ one: ['a', 'b', 'c', 'd', 'e'].map(big) }, { stop: stop.signal, emit });
    expect(summary).toMatchObject({ status: 'interrupted', changed: 2, skipped: 3 });
    expect([host.read('b'), host.read('c')]).toEqual(['x', undefined]);
  });

  it('that would take too much of the memory at once go in more exchanges', async () => {
    const content = 'x'.repeat(3 * 1024 * 1024);
    const bytes = (name: string) => piece({ name, afterwards: `: ${content}` });
    const { summary } = await host.run({ one: ['a', 'b', 'c'].map(bytes) });
    expect(summary).toMatchObject({ changed: 3, exchanges: AROUND + 3 });
  });
});

describe('what one call brings about', () => {
  it('is brought about by it, for other roles too', async () => {
    const bundles = (...names: readonly string[]) => names.map((name) => bundle({ name }, { notify: reload }));
    const roles = {
      one: bundles('a1', 'a2'),
      two: bundles('a3'),
      three: [...bundles('b1'), thing({ name: 'c' })],
      four: bundles('b2'),
    };
    const { summary, steps } = await host.run(roles);
    expect(host.read('calls')).toBe('a1 a2 a3\nb1\nb2\n');
    expect(steps.filter((step) => step.startsWith('bundle'))).toEqual(
      ['a1', 'a2', 'a3', 'b1', 'b2'].map((name) => `bundle:${name} changed`),
    );
    expect(host.read('reloads')).toBe('rrrr');
    expect(summary).toMatchObject({ status: 'changed', changed: 6, failed: 0 });
  });
});
