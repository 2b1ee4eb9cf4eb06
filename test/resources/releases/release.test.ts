import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/resources/compose/files.ts';
import { contentDigest, makeCurrent, writeRelease } from '../../../src/resources/releases/files.ts';
import {
  type ActualReleases,
  type Journal,
  type Release,
  type ReleaseInput,
  type ReleaseRecord,
  release,
} from '../../../src/resources/releases/release.ts';
import { Secret } from '../../../src/shell/secret.ts';
import { sh } from '../../../src/shell/sh.ts';
import { fakeDocker } from '../docker/fake-docker.ts';
import { converge, type LocalOptions, planned, runScript } from '../local-target.ts';
import { shells } from '../shells.ts';
import { changesOf, desired } from '../table.ts';

const password = Secret.named('db', 'pa$$ "word"\\');
const shop: ReleaseInput = {
  project: 'shop',
  directory: '/opt/shop',
  services: {
    app: {
      image: 'shop/app:1',
      replicas: 1,
      slots: [
        { name: 'app-1', port: 18_001, definition: Secret.join('app-1: ', password, '\n') },
        { name: 'app-2', port: 18_002, definition: 'app-2: ü\n' },
      ],
    },
    redis: { image: 'redis:8', replicas: 1, slots: [{ name: 'redis-1', definition: 'redis-1\n' }] },
  },
};

function stateOf(input: ReleaseInput): Release {
  const [state] = desired(release, [input]);
  if (state === undefined) throw new Error('there is no state');
  return state;
}

const DIGEST = contentDigest(stateOf(shop)) ?? '';
const NOTHING: ActualReleases = {
  releases: [],
  last: 0,
  current: undefined,
  ran: [],
  images: new Map(),
  references: new Map(),
  held: undefined,
  journal: undefined,
};
const AT = '2026-11-21T03:12:45.120Z';
const BY = 'alice@laptop';

function record(number: number, digest = `digest ${number}`): ReleaseRecord {
  return { number, version: `1.${number}`, commit: 'abc1234', by: BY, at: AT, digest };
}

const journal: Journal = { action: 'rollback', from: 3, to: 2, by: BY, at: AT };

describe('the digest of a release', () => {
  it('is that of all its definitions, in the order in which a host lists them', () => {
    expect(DIGEST).toBe(digestOf(`app-1: ${password.reveal()}\napp-2: ü\nredis-1\n`));
    const { app, redis } = shop.services;
    expect(contentDigest(stateOf({ ...shop, services: { redis, app } as ReleaseInput['services'] }))).toBe(DIGEST);
    const slots = [1, 2, 10].map((number) => ({ name: `a-${number}`, definition: `${number};` }));
    const many = stateOf({ ...shop, services: { a: { image: 'a', replicas: 2, slots } } });
    expect(contentDigest(many)).toBe(digestOf('1;10;2;'));
  });

  it('is not known while a secret is not', () => {
    const slots = [{ name: 'app-1', definition: Secret.named('unknown') }];
    expect(contentDigest(stateOf({ ...shop, services: { app: { image: 'a', replicas: 1, slots } } }))).toBeUndefined();
  });
});

describe('what people should know of a release though nothing differs', () => {
  const kept = { ...NOTHING, releases: [record(2), record(4, DIGEST)], held: { by: BY, at: AT } };

  it.each<[string, ActualReleases, RegExp | undefined]>([
    ['the inventory has another one', { ...kept, current: 2 }, /^release 2 is held: .*waits for `provision redeploy`$/],
    ['the inventory has the same one', { ...kept, current: 4 }, undefined],
    ['none is held', { ...kept, held: undefined, current: 4 }, undefined],
    ['what was not finished is about to replace it', { ...kept, current: 2, journal }, undefined],
  ])('%s', (_, actual, remark) => {
    const told = release.remark?.(stateOf(shop), actual);
    if (remark === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(remark);
  });
});

describe('what differs of a release', () => {
  const kept = { ...NOTHING, releases: [record(2), record(4, DIGEST)] };

  it.each<[string, ActualReleases, readonly string[]]>([
    ['there is none', NOTHING, ['create : -> release 1']],
    [
      'the numbers count on after one that failed',
      { ...kept, current: 2, last: 6 },
      ['update release: 2 -> 7 (rollout)'],
    ],
    ['what runs', { ...kept, current: 4 }, []],
    ['another one runs', { ...kept, current: 2 }, ['update release: 2 -> 5 (rollout)']],
    ['another one is held', { ...kept, current: 2, held: { by: BY, at: AT } }, []],
    ['none is the current one any more', kept, ['create : -> release 5']],
    [
      'one was not finished',
      { ...kept, current: 4, journal },
      [`update rollback: a rollback to release 2 by ${BY} at ${AT} was not finished -> finished (rollout)`],
    ],
    [
      'one is running',
      { ...kept, current: 4, journal, running: { by: 'bob@desk, provision rollback, process 7', since: AT } },
      [
        `update rollback: a rollback to release 2 is running: bob@desk, provision rollback, process 7, since ${AT} -> finished (rollout)`,
      ],
    ],
    [
      'the first one was not finished',
      { ...NOTHING, journal: { action: 'redeploy', from: 1, to: 1, by: BY, at: AT } },
      [`update redeploy: a redeploy to release 1 by ${BY} at ${AT} was not finished -> finished (rollout)`],
    ],
  ])('%s', (_, actual, changes) => {
    const told = changesOf(release, shop, actual).map(({ action, what, from = '', to, rollout }) =>
      [`${action} ${what}:`, from, '->', to, rollout && '(rollout)'].filter(Boolean).join(' '),
    );
    expect(told).toEqual(changes);
  });
});

describe('what differs of the releases of several hosts', () => {
  const at = (current: number, ...releases: readonly ReleaseRecord[]) => ({ ...NOTHING, current, releases });
  const same = at(3, record(3, DIGEST));
  const older = at(2, record(2));

  it.each<[string, readonly ActualReleases[], readonly string[]]>([
    ['all go to a number that none has had', [same, older], ['release: 3 -> 4', 'release: 2 -> 4']],
    ['whatever became of that number', [same, { ...older, last: 7 }], ['release: 3 -> 8', 'release: 2 -> 8']],
    ['as they are', [same, same], ['', '']],
    ['one goes to the number that the others have', [same, { ...same, current: 2 }], ['', 'release: 2 -> 3']],
    [
      'a new one gets its first and then the next',
      [same, NOTHING],
      ['release: 3 -> 4', ': -> release 1; release: 1 -> 4'],
    ],
    ['new ones', [NOTHING, NOTHING], [': -> release 1', ': -> release 1']],
    ['one was not finished', [{ ...same, journal }, older], [expect.stringContaining('rollback:'), 'release: 2 -> 3']],
    ['what somebody went back to is held', [{ ...older, held: { by: BY, at: AT } }, same], ['', '']],
  ])('%s', (_, actuals, changes) => {
    const places = actuals.map((actual) => ({ desired: stateOf(shop), actual }));
    const told = (rollsOut: boolean) =>
      release
        .diffShared?.(places, rollsOut)
        .map((own) =>
          own.map(({ what, from, to }) => [`${what}:`, from, '->', to].filter(Boolean).join(' ')).join('; '),
        );
    expect(told(true)).toEqual(changes);
  });

  it('are their own where no redeploy follows', () => {
    const places = [same, at(5, record(5, DIGEST))].map((actual) => ({ desired: stateOf(shop), actual }));
    expect(release.diffShared?.(places, false)).toEqual([[], []]);
  });
});

describe('releases as a host tells them', () => {
  it('are read by their numbers', () => {
    const output = [
      'directory /opt/shop',
      `release.json ${JSON.stringify({ ...record(10), deploy: 'mark' })}`,
      `release.json ${JSON.stringify(record(9))}`,
      `held.json ${JSON.stringify({ by: BY, at: AT })}`,
      `deploy.json ${JSON.stringify(journal)}`,
      'releases/9/images:app shop/app:1 sha256:1 provision/shop-app:9',
      'releases/10/images:app shop/app:2 sha256:2 provision/shop-app:10',
      'releases/10/images:redis redis:8 sha256:3 provision/shop-redis:10',
      'last 12',
      'ran 8',
      'ran 9',
      'current 9',
      '',
    ].join('\n');
    const other = { ...shop, project: 'blog', directory: '/opt/blog' };
    expect(release.parse(output, desired(release, [other, shop]))).toEqual([
      NOTHING,
      {
        releases: [record(9), { ...record(10), deploy: 'mark' }],
        last: 12,
        current: 9,
        ran: [8, 9],
        references: new Map([
          [9, new Map([['app', 'shop/app:1']])],
          [
            10,
            new Map([
              ['app', 'shop/app:2'],
              ['redis', 'redis:8'],
            ]),
          ],
        ]),
        images: new Map([
          [9, new Map([['app', 'sha256:1']])],
          [
            10,
            new Map([
              ['app', 'sha256:2'],
              ['redis', 'sha256:3'],
            ]),
          ],
        ]),
        held: { by: BY, at: AT },
        journal,
      },
    ]);
  });

  const id = `sha256:${'0123456789abcdef'.repeat(4)}`;
  it.each([
    ['a tag', ['app example/shop:2.1'], '2.1'],
    ['a digest', [`app example/shop@${id}`], 'sha256:0123456789ab'],
    ['a tag that says nothing', ['app example/shop'], 'latest@0123456789ab'],
    ['what serves visitors, once', ['app example/shop:2.1', 'api example/shop:2.1', 'redis redis:8'], '2.1'],
    ['several', ['app example/shop:2.1', 'api example/api:7'], '2.1, 7'],
    ['what there is where nothing serves', ['worker example/worker:4'], '4'],
  ])('are called by their image where their source tells nothing: %s', (_, images, version) => {
    const slots = (name: string, port?: number) => [{ name: `${name}-1`, definition: '', ...(port && { port }) }];
    const services = {
      app: { image: 'example/shop:2.1', replicas: 1, slots: slots('app', 20000) },
      api: { image: 'example/api:7', replicas: 1, slots: slots('api', 20001) },
      redis: { image: 'redis:8', replicas: 1, slots: slots('redis') },
    };
    const output = [
      'directory /opt/shop',
      `release.json ${JSON.stringify({ ...record(1), version: '', commit: '' })}`,
      `release.json ${JSON.stringify(record(2))}`,
      ...[1, 2].flatMap((number) => images.map((image) => `releases/${number}/images:${image} ${id} kept:${number}`)),
      '',
    ].join('\n');
    const [actual] = release.parse(output, desired(release, [{ ...shop, services }]));
    expect(actual).toMatchObject({ releases: [{ version }, { version: '1.2' }] });
  });

  it('are none on a bare host', async () => {
    const script = release.probe(desired(release, [{ ...shop, directory: '/nonexistent' }]));
    const { code, stdout } = await runScript(script, { shell: ['/bin/dash'], env: { PATH: '/nonexistent' } });
    expect(code).toBe(0);
    expect(release.parse(stdout, desired(release, [{ ...shop, directory: '/nonexistent' }]))).toEqual([NOTHING]);
  });
});

describe.each(shells())('in %s', (_, options) => {
  let folder: string;
  let local: LocalOptions;
  let input: ReleaseInput;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    local = fakeDocker(folder, options);
    const directory = join(folder, 'my shop');
    mkdirSync(join(directory, '.provision'), { recursive: true });
    input = { ...shop, directory };
    for (const [name, id] of [
      ['shop+app:1', 'sha256:1'],
      ['redis:8', 'sha256:8'],
    ] as const)
      image(name, id);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const image = (name: string, id: string) => writeFileSync(join(folder, 'images', name), `${id}\n`);
  const images = () => readdirSync(join(folder, 'images')).toSorted();
  const inState = (...names: readonly string[]) => join(folder, 'my shop/.provision', ...names);
  const kept = () =>
    readdirSync(inState('releases'))
      .filter((name) => !['last', 'ran'].includes(name))
      .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const current = () => readlinkSync(inState('releases/current'));

  async function look(): Promise<ActualReleases> {
    const states = desired(release, [input]);
    const { code, stdout } = await runScript(release.probe(states), local);
    expect(code).toBe(0);
    return release.parse(stdout, states)[0] as ActualReleases;
  }

  /** Writes a release down as the one of this number, of an application's image of this tag. */
  async function write(number: number, tag = '1'): Promise<number> {
    image(`shop+app:${tag}`, `sha256:${tag}`);
    const app = {
      ...(shop.services.app as ReleaseInput['services'][string]),
      image: `shop/app:${tag}`,
      migration: `migrated-app-${tag}`,
    };
    const state = stateOf({ ...input, services: { ...input.services, app } });
    return run(sh`${writeRelease(state, { number, by: BY, version: '1.0', commit: 'abc' })}`);
  }

  async function run(script: ReturnType<typeof sh>): Promise<number> {
    const { code, stderr } = await runScript(
      sh`
      cd ${input.directory} || exit
      ${script}
    `,
      local,
    );
    if (code === 0) expect(stderr).toBe('');
    return code;
  }

  it('writes the first one down with all that it takes to go back to it', { timeout: 60_000 }, async () => {
    await converge(release, input, local);
    expect(kept()).toEqual(['1', 'current']);
    expect(current()).toBe('1');
    const read = (name: string) => readFileSync(inState('releases/1', name), 'utf8');
    expect(readdirSync(inState('releases/1')).toSorted()).toEqual([
      'app-1.yml',
      'app-2.yml',
      'checks',
      'images',
      'marks',
      'ports',
      'redis-1.yml',
      'release.json',
      'replicas',
    ]);
    expect(read('app-1.yml')).toBe(`app-1: ${password.reveal()}\n`);
    expect(read('replicas')).toBe('app 1\nredis 1\n');
    expect(read('ports')).toBe('app-1 18001\napp-2 18002\n');
    expect(read('images')).toBe(
      'app shop/app:1 sha256:1 provision/shop-app:1\nredis redis:8 sha256:8 provision/shop-redis:1\n',
    );
    // The definitions hold secrets.
    expect(statSync(inState('releases/1')).mode & 0o777).toBe(0o700);
    expect(statSync(inState('releases/1/app-1.yml')).mode & 0o777).toBe(0o600);
    expect(images()).toEqual(['provision+shop-app:1', 'provision+shop-redis:1', 'redis:8', 'shop+app:1']);
    const actual = await look();
    expect(actual).toMatchObject({
      releases: [{ number: 1, digest: DIGEST, version: '1', commit: '', by: `${userInfo().username}@${hostname()}` }],
      current: 1,
    });
    expect(actual.images.get(1)).toEqual(
      new Map([
        ['app', 'sha256:1'],
        ['redis', 'sha256:8'],
      ]),
    );
  });

  it('writes one of a project without services', async () => {
    await converge(release, { ...input, services: {} }, local);
    expect((await look()).current).toBe(1);
  });

  it('keeps the last five and their images, whatever was broken off', { timeout: 60_000 }, async () => {
    for (const number of [8, 9, 10, 11, 12]) {
      expect(await write(number, number < 10 ? 'old' : 'new')).toBe(0);
      expect(await run(makeCurrent(String(number)))).toBe(0);
    }
    expect(kept()).toEqual(['8', '9', '10', '11', '12', 'current']);
    // One that was being written, and one that was being forgotten.
    mkdirSync(inState('releases/new'));
    rmSync(inState('releases/8/images'));
    expect(await write(13, 'new')).toBe(0);
    const { code } = await runScript(
      sh`
      cd ${input.directory} || exit
      ${makeCurrent('13')}
    `,
      local,
    );
    expect(code).toBe(0);
    expect(kept()).toEqual(['9', '10', '11', '12', '13', 'current']);
    expect(images()).toEqual(expect.arrayContaining(['shop+app:old', 'provision+shop-app:9']));
    expect(await write(14, 'new')).toBe(0);
    expect(await run(makeCurrent('14'))).toBe(0);
    expect(kept()).toEqual(['10', '11', '12', '13', '14', 'current']);
    expect(current()).toBe('14');
    expect(images()).not.toContain('provision+shop-app:9');
    expect(images()).not.toContain('shop+app:old');
    // What others still have stays.
    expect(images()).toEqual(expect.arrayContaining(['redis:8', 'shop+app:new', 'provision+shop-redis:10']));
    expect((await look()).releases.map(({ number }) => number)).toEqual([10, 11, 12, 13, 14]);
  });

  it('forgets the migrations of releases that are gone, and no others', { timeout: 60_000 }, async () => {
    const marks = () => readdirSync(join(folder, 'my shop/.provision')).filter((name) => name.startsWith('migrated-'));
    const mark = (name: string, ageS: number) => {
      const at = Date.now() / 1000 - ageS;
      writeFileSync(inState(name), '');
      utimesSync(inState(name), at, at);
    };
    await write(1);
    await run(makeCurrent('1'));
    for (const [name, ageS] of [
      ['migrated-app-0', 1000],
      ['migrated-app-old', 1000],
      ['migrated-app-new', 1000],
      // Of a release that is still to come.
      ['migrated-app-next', -1000],
    ] as const) {
      mark(name, ageS);
    }
    rmSync(inState('releases/1/marks'));
    for (const number of [2, 3, 4, 5]) {
      await write(number, number === 2 ? 'old' : 'new');
      await run(makeCurrent(String(number)));
    }
    // An older version wrote the first one: nobody knows what it has.
    expect(marks().toSorted()).toEqual(['migrated-app-0', 'migrated-app-new', 'migrated-app-next', 'migrated-app-old']);
    await write(6, 'new');
    await run(makeCurrent('6'));
    expect(marks().toSorted()).toEqual(['migrated-app-new', 'migrated-app-next', 'migrated-app-old']);
    await write(7, 'new');
    await run(makeCurrent('7'));
    expect(marks().toSorted()).toEqual(['migrated-app-new', 'migrated-app-next']);
  });

  it('keeps the current one, however old', { timeout: 60_000 }, async () => {
    for (const number of [1, 2, 3, 4, 5, 6]) expect(await write(number)).toBe(0);
    expect(await run(makeCurrent('1'))).toBe(0);
    expect(kept()).toEqual(['1', '3', '4', '5', '6', 'current']);
    expect((await look()).current).toBe(1);
  });

  it('keeps what ran last before what is newest, and knows what ran before', { timeout: 60_000 }, async () => {
    for (const number of [1, 2, 3, 4, 5]) {
      await write(number);
      await run(makeCurrent(String(number)));
    }
    expect((await look()).ran).toEqual([1, 2, 3, 4, 5]);
    await run(makeCurrent('2'));
    expect((await look()).ran).toEqual([1, 2]);
    await write(6);
    expect(await run(makeCurrent('6'))).toBe(0);
    expect((await look()).ran).toEqual([1, 2, 6]);
    expect(kept()).toEqual(['1', '2', '4', '5', '6', 'current']);
  });

  it('takes the numbers for what ran where an older version wrote the releases', { timeout: 60_000 }, async () => {
    for (const number of [1, 2, 3]) await write(number);
    await run(sh`cd .provision/releases && ln -s 2 current`);
    await write(4);
    expect(await run(makeCurrent('4'))).toBe(0);
    expect((await look()).ran).toEqual([1, 2, 4]);
  });

  it('leaves nothing that looks like a release where an image is missing', async () => {
    await write(1);
    await run(makeCurrent('1'));
    rmSync(join(folder, 'images/redis:8'));
    expect(await write(2)).not.toBe(0);
    expect(existsSync(inState('releases/2'))).toBe(false);
    expect((await look()).releases.map(({ number }) => number)).toEqual([1]);
  });

  it('counts on where the current one is lost', { timeout: 60_000 }, async () => {
    for (const number of [1, 2]) await write(number);
    expect(await planned(release, input, local)).toMatchObject([{ action: 'create', to: 'release 3' }]);
    await converge(release, input, local);
    expect(kept()).toEqual(['1', '2', '3', 'current']);
    expect(current()).toBe('3');
  });

  it('sees who holds it, and what was not finished', async () => {
    await converge(release, input, local);
    writeFileSync(inState('held.json'), `${JSON.stringify({ by: BY, at: AT })}\n`);
    writeFileSync(inState('deploy.json'), `${JSON.stringify(journal)}\n`);
    expect(await look()).toMatchObject({ held: { by: BY, at: AT }, journal, current: 1 });
  });
});
