import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Event } from '../../src/engine/events.ts';
import type { Facts } from '../../src/engine/facts.ts';
import type { HostTask } from '../../src/engine/host-run.ts';
import { defineRole } from '../../src/engine/role.ts';
import { runHosts } from '../../src/engine/run.ts';
import { ProvisionError } from '../../src/errors.ts';
import { type Change, defineResource } from '../../src/resources/contract.ts';
import { sh } from '../../src/shell/sh.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

interface Counter {
  readonly name: string;
  readonly at: number;
  readonly to: number;
}

function step(at: number, to: number): Change[] {
  return at === to ? [] : [{ action: 'update', what: 'number', from: `${at}`, to: `${to}`, rollout: true }];
}

/** Each host is at some number, and shall be at another; all that have it in common go to the highest of these. */
const counter = defineResource<Counter, Counter, { readonly at: number }>({
  kind: 'counter',
  schema: z.strictObject({ name: z.string(), at: z.number(), to: z.number() }),
  name: ({ name }) => name,
  probe: (all) => sh`printf '%s\n' ${all.map(({ at }) => at)}`,
  parse: (output) =>
    output
      .trim()
      .split('\n')
      .map((at) => ({ at: Number(at) })),
  diff: ({ at, to }) => step(at, to),
  diffShared(places, rollsOut) {
    const highest = Math.max(...places.map(({ desired }) => desired.to));
    return places.map(({ desired, actual }) => step(actual.at, rollsOut ? highest : desired.to));
  },
  apply: () => sh`true`,
});

describe('what hosts have in common', () => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox();
  });
  afterEach(() => host.remove());

  function task(name: string, own: Omit<Counter, 'name'>, id = 'shop'): HostTask {
    const resources = () => [counter({ name: id, ...own })];
    const definition = defineRole({ name: 'counters', params: z.object({}), resources });
    const roles = [{ definition, params: {}, origin: () => undefined }];
    const spec = { name, roles, secrets: [], localPath: (path: string) => path, peers: () => [] };
    return { ...spec, address: 'local', hostname: 'localhost', connect: () => host.connect() };
  }

  /** What is planned for each host, and the hosts that a plan says are to be changed. */
  async function plan(tasks: readonly HostTask[], forks: number) {
    const events: Event[] = [];
    const never = new AbortController().signal;
    const known = new Map<string, Facts>();
    const summaries = await runHosts(tasks, {
      mode: 'plan',
      forks,
      emit: (event) => events.push(event),
      facts: {
        recall: async ({ name }) => known.get(name),
        remember: async ({ name }, facts) => void known.set(name, facts),
      },
      by: 'test',
      holder: 'test',
      lockWaitMs: 0,
      stop: never,
      abort: never,
    });
    const planned = events.flatMap((event) =>
      event.type === 'host-planned'
        ? [
            [
              event.host,
              event.plan.resources.flatMap(({ changes }) => changes.map(({ from, to }) => `${from} -> ${to}`)).join(),
            ],
          ]
        : [],
    );
    return { planned: Object.fromEntries(planned), summaries };
  }

  it.each([1, 2, 9])('is planned when all of them were looked at, %i at a time', async (forks) => {
    const tasks = [
      task('web1', { at: 3, to: 3 }),
      task('web2', { at: 2, to: 4 }),
      task('web3', { at: 1, to: 1 }, 'blog'),
    ];
    const { planned, summaries } = await plan(tasks, forks);
    expect(planned).toEqual({ web1: '3 -> 4', web2: '2 -> 4', web3: '' });
    expect(summaries.map(({ host, status, changed }) => [host, status, changed])).toEqual([
      ['web1', 'changed', 1],
      ['web2', 'changed', 1],
      ['web3', 'ok', 0],
    ]);
  });

  it('is left alone where no redeploy follows', async () => {
    const { planned } = await plan([task('web1', { at: 3, to: 3 }), task('web2', { at: 4, to: 4 })], 1);
    expect(planned).toEqual({ web1: '', web2: '' });
  });

  it('does not wait for a host that cannot be reached', async () => {
    const gone: HostTask = {
      ...task('web1', { at: 9, to: 9 }),
      connect: async () => {
        throw new ProvisionError('unreachable', 'nothing answers');
      },
    };
    const { planned, summaries } = await plan(
      [task('web2', { at: 3, to: 4 }), gone, task('web3', { at: 2, to: 2 })],
      1,
    );
    expect(planned).toEqual({ web2: '3 -> 4', web3: '2 -> 4' });
    expect(summaries.map(({ status }) => status)).toEqual(['changed', 'unreachable', 'changed']);
  });
});
