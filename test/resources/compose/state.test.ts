import { describe, expect, it } from 'vitest';
import type { Container } from '../../../src/resources/compose/container.ts';
import type { Checks, ComposeService, ComposeServiceInput } from '../../../src/resources/compose/desired.ts';
import { digestOf } from '../../../src/resources/compose/files.ts';
import { composeService } from '../../../src/resources/compose/service.ts';
import { drainOf, isLeftBehind, isServing } from '../../../src/resources/compose/serving.ts';
import {
  type ActualService,
  judge,
  missingSlots,
  type Replica,
  wantedReplicas,
} from '../../../src/resources/compose/state.ts';
import type { Change } from '../../../src/resources/contract.ts';
import { Secret } from '../../../src/shell/secret.ts';
import { desired } from '../table.ts';
import { replicaOf } from './replica.ts';

const IMAGE = 'sha256:1111111111111111';
const OK = { status: 200, body: 'OK\n' };
const NOT_READY = { status: 404, body: 'Not ready' };

const slot = (number: number) => ({
  name: `app-${number}`,
  container: `shop-app-${number}`,
  definition: `d${number}\n`,
  port: 18_000 + number,
});

/** Two replicas that answer requests, and one place more. */
function service(settings: Partial<ComposeServiceInput> = {}): ComposeService {
  const [one] = desired(composeService, [
    {
      project: 'shop',
      directory: '/opt/shop',
      service: 'app',
      image: 'shop/app:1',
      replicas: 2,
      slots: [1, 2, 3].map(slot),
      rolling: true,
      health: { path: '/status', body: 'OK' },
      ...settings,
    },
  ]);
  return one as ComposeService;
}

const CONTAINER: Container = {
  id: 'c',
  service: 'shop/app-1',
  imageId: IMAGE,
  image: 'shop/app:1',
  restartPolicy: 'unless-stopped',
  memoryBytes: 0,
  cpus: 0,
  status: 'running',
  exitCode: 0,
  startedAt: '2026-01-01T00:00:00Z',
  health: undefined,
  publishedAt: [],
  networks: { shop_default: ['app-1', 'app-2', 'app-3', 'app-4'] },
};

/** A replica that is as it shall be, but for this. */
function replica(number: number, changes: Partial<Replica> = {}, container: Partial<Container> = {}): Replica {
  return { ...replicaOf(number, `d${number}\n`, CONTAINER, container), answer: OK, ...changes };
}

/** One that was made from an older definition. */
function older(number: number, changes: Partial<Replica> = {}, container: Partial<Container> = {}): Replica {
  const fragment = 'older\n';
  return replica(number, { fragment, made: { id: `c${number}`, digest: digestOf(fragment) }, ...changes }, container);
}

/** Another container than was made last; what compose had made of the definition then, and of this one's. */
function remade(config: string, configHash: string): Replica {
  return replica(1, { made: { id: 'c0', digest: digestOf('d1\n'), config } }, { configHash });
}

function seen(replicas: readonly Replica[], rest: Partial<ActualService> = {}): ActualService {
  return { replicas, imageId: IMAGE, isReleased: false, held: undefined, ...rest };
}

function told(change: Change | undefined): string {
  if (change === undefined) return '';
  const { action, what, from, to, text, rollout } = change;
  const values = text ? 'text' : [from, to].filter((value) => value !== undefined).join(' -> ');
  return [action, what, values, rollout ? '(rollout)' : ''].filter(Boolean).join(' ');
}

/** `app-1 replace: update app-1 image 1 -> 2`. */
function verdicts(wanted: ComposeService, actual: ActualService): readonly string[] {
  return judge(wanted, actual).map(({ replica, action, change }) => {
    const text = told(change);
    return `${replica.name} ${action}${text === '' ? '' : `: ${text}`}`;
  });
}

describe('judge', () => {
  const fine = replica(2);

  it.each<[string, Replica, string]>([
    ['as it shall be', replica(1), 'app-1 none'],
    ['without a container', replica(1, { container: undefined }), 'app-1 replace: run app-1 no container -> running'],
    [
      'another container in its place, serving',
      replica(1, {}, { id: 'by-hand' }),
      'app-1 replace: update app-1 container one that was made by other means -> one from the compose file (rollout)',
    ],
    [
      'another container in its place, without an answer',
      replica(1, { answer: undefined }, { id: 'by-hand' }),
      'app-1 replace: update app-1 container one that was made by other means -> one from the compose file',
    ],
    ['one that compose has made anew from the same definition', remade('hash', 'hash'), 'app-1 none'],
    [
      'one that compose has made from another definition',
      remade('hash', 'other'),
      'app-1 replace: update app-1 container one that was made by other means, from another definition -> one from the compose file (rollout)',
    ],
    [
      'one of which nobody knows what compose made of its definition',
      remade('', ''),
      'app-1 replace: update app-1 container one that was made by other means -> one from the compose file (rollout)',
    ],
    [
      'one of another image in its place',
      replica(1, { answer: undefined }, { id: 'by-hand', image: 'postgres:17', imageId: 'sha256:other' }),
      'app-1 replace: update app-1 container one that was made by other means, of postgres:17 -> one from the compose file, of shop/app:1',
    ],
    [
      'one of another image that had the name',
      replica(1, { answer: undefined }, { id: 'by-hand', imageId: 'sha256:0123456789abcdef' }),
      `app-1 replace: update app-1 container one that was made by other means, of shop/app:1 (0123456789ab) -> one from the compose file, of shop/app:1 (${IMAGE.replace('sha256:', '').slice(0, 12)})`,
    ],
    [
      'a container that nothing is written down of',
      replica(1, { made: undefined }),
      'app-1 replace: update app-1 container one that was made by other means -> one from the compose file (rollout)',
    ],
    [
      'a container whose start failed when it was made',
      replica(1, { made: undefined }, { status: 'created' }),
      'app-1 replace: run app-1 a container that could not be started -> running',
    ],
    [
      'one whose start failed in place of another',
      replica(1, { made: { id: 'c0', digest: digestOf('d0\n') } }, { status: 'created' }),
      'app-1 replace: run app-1 a container that could not be started -> running',
    ],
    [
      'one that somebody has created, of another project',
      replica(1, { made: undefined }, { status: 'created', service: 'other/app-1' }),
      'app-1 replace: update app-1 container one that was made by other means -> one from the compose file',
    ],
    [
      'a container without a part of the compose file',
      replica(1, { fragment: undefined }),
      'app-1 replace: update app-1 container one that was made by other means -> one from the compose file (rollout)',
    ],
    ['an older definition, serving', older(1), 'app-1 replace: update app-1 definition text (rollout)'],
    [
      'an older definition, without an answer',
      older(1, { answer: undefined }),
      'app-1 replace: update app-1 definition text',
    ],
    ['an older definition, not ready', older(1, { answer: NOT_READY }), 'app-1 replace: update app-1 definition text'],
    ['an older definition, stopped', older(1, {}, { status: 'exited' }), 'app-1 replace: update app-1 definition text'],
    [
      'an older definition, unhealthy by its own check',
      older(1, {}, { health: 'unhealthy' }),
      'app-1 replace: update app-1 definition text',
    ],
    [
      'a definition that was written, and not started from',
      replica(1, { made: { id: 'c1', digest: digestOf('older\n') } }),
      'app-1 replace: update app-1 definition an older one -> the one of the inventory (rollout)',
    ],
    [
      'an older image, serving',
      replica(1, {}, { imageId: 'sha256:0000000000000000' }),
      'app-1 replace: update app-1 image 000000000000 -> 111111111111 (rollout)',
    ],
    [
      'an older image, without an answer',
      replica(1, { answer: undefined }, { imageId: 'sha256:0000000000000000' }),
      'app-1 replace: update app-1 image 000000000000 -> 111111111111',
    ],
    [
      'no name in its network',
      replica(1, {}, { networks: { shop_default: ['c1'] } }),
      'app-1 replace: update app-1 name in shop_default c1 -> app-1',
    ],
    ['no network', replica(1, {}, { networks: {} }), 'app-1 replace: update app-1 network none -> shop_default'],
    [
      'other networks',
      replica(1, {}, { networks: { a: [], b: [] } }),
      'app-1 replace: update app-1 network a, b -> shop_default',
    ],
    ['a network more', replica(1, {}, { networks: { 'by-hand': [], shop_default: ['app-1'] } }), 'app-1 none'],
    [
      'another restart policy',
      replica(1, {}, { restartPolicy: 'no' }),
      'app-1 revive: update app-1 restart policy no -> unless-stopped',
    ],
    [
      'the image that its name says, which something else bears by now',
      replica(1, {}, { imageId: 'sha256:other', contextTag: '1' }),
      'app-1 none',
    ],
    [
      'a limit that nobody asked for',
      replica(1, {}, { memoryBytes: 64 * 1024 ** 2 }),
      'app-1 replace: update app-1 memory limit 64 MiB -> none (rollout)',
    ],
    [
      'processors that somebody took away',
      replica(1, {}, { cpus: 0.5 }),
      'app-1 replace: update app-1 CPU limit 0.5 -> none (rollout)',
    ],
    ['paused', replica(1, {}, { status: 'paused' }), 'app-1 revive: run app-1 paused -> running'],
    [
      'stopped',
      replica(1, {}, { status: 'exited', exitCode: 137 }),
      'app-1 revive: run app-1 exited with 137 -> running',
    ],
    [
      'one that dies again and again',
      replica(1, {}, { status: 'restarting', exitCode: 1 }),
      'app-1 revive: run app-1 restarting: exited with 1 -> running',
    ],
    [
      'unhealthy by its own check',
      replica(1, {}, { health: 'unhealthy' }),
      'app-1 revive: run app-1 unhealthy -> healthy',
    ],
    [
      'still starting by its own check',
      replica(1, {}, { health: 'starting' }),
      'app-1 revive: run app-1 starting -> healthy',
    ],
    ['healthy by its own check', replica(1, {}, { health: 'healthy' }), 'app-1 none'],
    ['no answer yet', replica(1, { answer: undefined }), 'app-1 wait: run app-1 no answer -> 200 "OK"'],
    ['not ready yet', replica(1, { answer: NOT_READY }), 'app-1 wait: run app-1 404 "Not ready" -> 200 "OK"'],
  ])('%s', (_, one, verdict) => {
    expect(verdicts(service(), seen([one, fine]))).toEqual([verdict, 'app-2 none']);
  });

  it.each([
    [128, 'app-1 none'],
    [64, 'app-1 revive: update app-1 memory limit 64 MiB -> 128 MiB'],
    // The kernel may know no limits: nothing could mend it.
    [0, 'app-1 none'],
  ])('where 128 MiB are wanted, and there are %i', (mebibytes, verdict) => {
    const wanted = service({ memoryBytes: 128 * 1024 ** 2 });
    const [first] = verdicts(wanted, seen([replica(1, {}, { memoryBytes: mebibytes * 1024 ** 2 }), fine]));
    expect(first).toBe(verdict);
  });

  it.each([
    ['what was built under the name', IMAGE, 'sha256:other', 'app-1 none'],
    [
      'one that was committed over the name',
      'sha256:000000000000',
      'sha256:000000000000',
      'app-1 replace: update app-1 image 000000000000 -> 111111111111 (rollout)',
    ],
  ])('knows what it built: %s', (_, imageId, named, verdict) => {
    const one = replica(1, {}, { imageId, contextTag: '1' });
    expect(verdicts(service(), seen([one, fine], { imageId: named, recordedId: IMAGE }))[0]).toBe(verdict);
  });

  it('needs no image to be there for what runs', () => {
    expect(verdicts(service(), seen([replica(1), fine], { imageId: undefined }))).toEqual(['app-1 none', 'app-2 none']);
  });

  it('asks nothing where there is no health check', () => {
    const wanted = service({ health: undefined });
    expect(verdicts(wanted, seen([replica(1, { answer: undefined }), fine]))[0]).toBe('app-1 none');
    expect(verdicts(wanted, seen([older(1, { answer: undefined }), fine]))[0]).toContain('(rollout)');
  });

  it('replaces in its place what is not rolling, even while it serves', () => {
    expect(verdicts(service({ rolling: false }), seen([older(1), fine]))[0]).toBe(
      'app-1 replace: update app-1 definition text',
    );
  });

  it('takes a definition that is not known yet for another one, and shows nothing of either', () => {
    const definition = Secret.join('password: ', Secret.named('key'), '\n');
    const wanted = service({ slots: [{ ...slot(1), definition }, slot(2), slot(3)] });
    const [first] = judge(wanted, seen([replica(1, { fragment: 'password: hunter2\n' }), fine]));
    expect(first?.change).toMatchObject({ what: 'app-1 definition', rollout: true });
    expect(JSON.stringify(first?.change)).not.toContain('hunter2');
  });

  it('shows of an older definition what no secret can be in: its image, and not its environment', () => {
    const definition = (image: string, mode: string) =>
      `services:\n  app-1:\n    image: ${image}\n    environment:\n      MODE: ${mode}\n`;
    const wanted = service({ slots: [{ ...slot(1), definition: definition('app:2', 'new') }, slot(2), slot(3)] });
    const [first] = judge(wanted, seen([replica(1, { fragment: definition('app:1', 'old') }), fine]));
    expect(first?.change?.text).toEqual({
      before: definition('app:1', 'old').replace('      MODE: old', '<hidden>'),
      after: definition('app:2', 'new'),
    });
  });

  describe('of a replica that would answer elsewhere', () => {
    const at = (port: number) => ({ publishedAt: [`127.0.0.1:${port}`] });
    const verdict = (state: Partial<Container>, settings: Partial<ComposeServiceInput> = {}) =>
      judge(service(settings), seen([older(1, {}, state), replica(2)]))[0];

    it('refuses to move it while it serves', () => {
      const { action, what } = verdict(at(18_101))?.change ?? {};
      expect(action).toBe('conflict');
      expect(what).toMatch(/^app-1 answers at 127\.0\.0\.1:18101, and would move to 127\.0\.0\.1:18001/);
    });

    it.each<[string, Partial<Container>, Partial<ComposeServiceInput>]>([
      ['it stays where it is', at(18_001), {}],
      ['it does not run', { ...at(18_101), status: 'exited' }, {}],
      ['it answers on IPv6', { publishedAt: ['[fd00::1]:18001'] }, { address: 'fd00::1' }],
      ['nobody is sent there', at(18_101), { rolling: false }],
    ])('lets it be replaced where %s', (_, state, settings) => {
      expect(verdict(state, settings)?.change?.action).toBe('update');
    });
  });

  describe('of a replica that does not answer just now', () => {
    const ill = older(1, { answer: undefined });
    const surplus = [replica(1), replica(2), replica(3, { answer: undefined })];

    it.each([
      ['leaves it to a rolling redeploy, once there was a release: it may have visitors', true, { rollout: true }],
      ['replaces it at once while the first release has not come up', false, {}],
    ])('%s', (_, isReleased, rollout) => {
      const [verdict] = judge(service(), seen([ill, replica(2)], { isReleased }));
      expect(verdict?.change?.rollout).toBe('rollout' in rollout || undefined);
      const removed = judge(service(), seen(surplus, { isReleased })).at(-1);
      expect(removed).toMatchObject({ action: 'remove', change: rollout });
      expect(removed?.change?.rollout || false).toBe(isReleased);
    });

    it('replaces one at once that does not run', () => {
      const stopped = older(1, { answer: undefined }, { status: 'exited' });
      const [verdict] = judge(service(), seen([stopped, replica(2)], { isReleased: true }));
      expect(verdict?.change?.rollout).toBeUndefined();
    });
  });

  describe('of replicas too many', () => {
    const three = (...replicas: readonly Replica[]) => verdicts(service(), seen(replicas));
    const fourth = replica(4, { answer: undefined });

    it.each<[string, readonly string[], readonly string[]]>([
      [
        'takes the last, under a rolling redeploy',
        three(replica(1), replica(2), replica(3)),
        ['app-1 none', 'app-2 none', 'app-3 remove: delete app-3 (rollout)'],
      ],
      [
        'takes the outdated one first',
        three(older(1), replica(2), replica(3)),
        ['app-1 remove: delete app-1 (rollout)', 'app-2 none', 'app-3 none'],
      ],
      [
        'takes before that what does not serve, at once',
        three(older(1), replica(2, { answer: undefined }), replica(3)),
        ['app-1 replace: update app-1 definition text (rollout)', 'app-2 remove: delete app-2', 'app-3 none'],
      ],
      [
        'takes first of all what is in no place of the inventory',
        three(replica(1, { answer: undefined }), replica(2), replica(4)),
        ['app-1 wait: run app-1 no answer -> 200 "OK"', 'app-2 none', 'app-4 remove: delete app-4 (rollout)'],
      ],
      [
        'takes all that are too many',
        three(replica(1), replica(2), replica(3), fourth),
        ['app-1 none', 'app-2 none', 'app-3 remove: delete app-3 (rollout)', 'app-4 remove: delete app-4 (rollout)'],
      ],
      [
        'takes one at once that does not run, in a place that nobody knows',
        three(replica(1), replica(2), replica(4, { answer: undefined }, { status: 'exited' })),
        ['app-1 none', 'app-2 none', 'app-4 remove: delete app-4'],
      ],
    ])('%s', (_, found, wanted) => expect(found).toEqual(wanted));

    it('takes what is not rolling at once', () => {
      const wanted = service({ rolling: false, health: undefined });
      expect(verdicts(wanted, seen([replica(1), replica(2), replica(3)])).at(-1)).toBe('app-3 remove: delete app-3');
    });
  });

  it('takes the only one under a rolling redeploy where the inventory has another place for it', () => {
    const wanted = service({ replicas: 1, slots: [slot(1), slot(2)] });
    expect(verdicts(wanted, seen([replica(3)]))).toEqual(['app-3 remove: delete app-3 (rollout)']);
  });
});

describe('while a release is held', () => {
  const HELD = 'held\n';
  const held = { held: { replicas: 2 } };
  const kept = (number: number, changes: Partial<Replica> = {}) =>
    older(number, {
      fragment: HELD,
      heldDigest: digestOf(HELD),
      made: { id: `c${number}`, digest: digestOf(HELD) },
      ...changes,
    });

  it('its definitions count, not those of the inventory', () => {
    expect(verdicts(service(), seen([kept(1), kept(2)], held))).toEqual(['app-1 none', 'app-2 none']);
    const newest = replica(1, { heldDigest: digestOf(HELD) });
    const difference = 'another one -> the one of the release that is held';
    expect(verdicts(service(), seen([newest, kept(2)], held))[0]).toBe(
      `app-1 replace: update app-1 definition ${difference} (rollout)`,
    );
    const stopped = replica(1, { heldDigest: digestOf(HELD), answer: undefined });
    expect(verdicts(service(), seen([stopped, kept(2)], held))[0]).toBe(
      `app-1 replace: update app-1 definition ${difference}`,
    );
  });

  it('nor does it matter where the name of the image has moved on to', () => {
    expect(verdicts(service(), seen([kept(1), kept(2)], { ...held, imageId: 'sha256:2' }))).toEqual([
      'app-1 none',
      'app-2 none',
    ]);
  });

  it('has its number of replicas, in places that the inventory may have no more', () => {
    const wanted = service({ replicas: 1, slots: [slot(1), slot(2)] });
    const all = seen([kept(1), kept(2), kept(3)], { held: { replicas: 3 } });
    expect(wantedReplicas(wanted, all)).toBe(3);
    expect(verdicts(wanted, all)).toEqual(['app-1 none', 'app-2 none', 'app-3 none']);
  });

  it('is drift where one of them is gone, stopped or forgotten', () => {
    const wanted = service({ replicas: 1, slots: [slot(1), slot(2)] });
    const { port: _, ...third } = slot(3);
    const situation = { held: { replicas: 3, places: [third] } };
    const last = (one: Replica) => verdicts(wanted, seen([kept(1), kept(2), one], situation)).at(-1);
    expect(last(kept(3, { answer: undefined }))).toBe('app-3 none');
    expect(last(kept(3, { container: undefined }))).toBe('app-3 replace: run app-3 no container -> running');
    const { container } = kept(3);
    const exited = container && { ...container, status: 'exited', exitCode: 137 };
    expect(last(kept(3, { container: exited }))).toBe('app-3 revive: run app-3 exited with 137 -> running');
    expect(missingSlots(wanted, seen([kept(1), kept(2)], situation))).toEqual([third]);
  });

  it('lets go of what it has not', () => {
    expect(verdicts(service(), seen([kept(1), kept(2), kept(3)], held)).at(-1)).toBe(
      'app-3 remove: delete app-3 (rollout)',
    );
  });
});

describe('missingSlots', () => {
  it.each<[string, readonly Replica[], Partial<ActualService>, readonly string[]]>([
    ['of nothing yet', [], {}, ['app-1', 'app-2']],
    ['none where all are there', [replica(1), replica(2)], {}, []],
    ['none where there are too many', [replica(1), replica(2), replica(3)], {}, []],
    ['the first that is free', [replica(2)], {}, ['app-1']],
    ['not the place of one whose container is gone', [replica(1, { container: undefined })], {}, ['app-2']],
    ['as many as the held release has', [replica(1)], { held: { replicas: 3 } }, ['app-2', 'app-3']],
    ['fewer where the held release has fewer', [replica(1)], { held: { replicas: 1 } }, []],
  ])('%s', (_, replicas, rest, names) => {
    expect(missingSlots(service(), seen(replicas, rest)).map(({ name }) => name)).toEqual(names);
  });
});

describe('wantedReplicas', () => {
  it('are those of the inventory, or of the release that is held', () => {
    expect(wantedReplicas(service(), seen([]))).toBe(2);
    expect(wantedReplicas(service(), seen([], { held: { replicas: 4 } }))).toBe(4);
  });
});

describe('a replica that came up when it was asked otherwise', () => {
  const asked = { path: '/old', status: 200 };
  const own = (answer: Replica['answer'], checks: Checks = { health: asked }) => ({
    answer: NOT_READY,
    own: { checks, answer },
  });

  it.each<[string, Partial<Replica>, boolean, boolean]>([
    ['answers that', own(OK), true, true],
    ['answers both', { ...own(OK), answer: OK }, true, false],
    ['answers what it is asked now', { ...own(NOT_READY), answer: OK }, true, false],
    ['answers neither', own(NOT_READY), false, false],
    ['had no health check then', own(undefined, {}), true, true],
  ])('%s', (_what, changes, serves, isLeft) => {
    const one = replica(1, changes);
    expect([isServing(service(), one), isLeftBehind(service(), one)]).toEqual([serves, isLeft]);
  });

  it('is in the way of a health check that it does not know', () => {
    const actual = seen([older(1, own(OK)), replica(2)]);
    const [first, second] = judge(service(), actual);
    expect(first).toMatchObject({ action: 'none', change: { action: 'conflict', from: '404 "Not ready"' } });
    expect(first?.change?.what).toBe(
      'app-1 does not answer /status with 200 "OK", as load balancers would ask it from now on',
    );
    expect(second?.change).toBeUndefined();
    // A release that somebody went back to keeps the load balancers' configuration of then.
    expect(told(judge(service(), { ...actual, held: { replicas: 2 } })[0]?.change)).not.toContain('conflict');
    expect(told(judge(service({ rolling: false }), actual)[0]?.change)).not.toContain('conflict');
    expect(told(judge(service({ balanced: false }), actual)[0]?.change)).not.toContain('conflict');
  });

  it('gets ready to be stopped as it was told then', () => {
    const drain = { prepare: '/old-prepare', path: '/old-ready', status: 200 };
    const wanted = service({ drain: { prepare: '/prepare', path: '/ready', timeoutMs: 5 } });
    expect(drainOf(wanted, replica(1))).toEqual(wanted.drain);
    expect(drainOf(wanted, replica(1, own(OK, { drain })))).toEqual({ ...drain, timeoutMs: 5 });
    expect(drainOf(wanted, replica(1, own(OK, {})))).toBeUndefined();
  });
});

describe('isServing', () => {
  it.each<[string, Replica, boolean]>([
    ['what answers', replica(1), true],
    ['nothing without a container', replica(1, { container: undefined }), false],
    ['nothing that is paused', replica(1, {}, { status: 'paused' }), false],
    ['nothing that is unhealthy by its own check', replica(1, {}, { health: 'unhealthy' }), false],
    ['what answers while its own check still starts', replica(1, {}, { health: 'starting' }), true],
    ['nothing that answers otherwise', replica(1, { answer: NOT_READY }), false],
    ['nothing that does not answer', replica(1, { answer: undefined }), false],
  ])('%s', (_, one, serves) => {
    expect(isServing(service(), one)).toBe(serves);
  });
});
