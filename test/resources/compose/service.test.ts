import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Container } from '../../../src/resources/compose/container.ts';
import type { ComposeService, ComposeServiceInput } from '../../../src/resources/compose/desired.ts';
import { digestOf } from '../../../src/resources/compose/files.ts';
import { composeService } from '../../../src/resources/compose/service.ts';
import { removeReplica } from '../../../src/resources/compose/start.ts';
import type { ActualService, Replica } from '../../../src/resources/compose/state.ts';
import { isUnknown, type Target } from '../../../src/resources/contract.ts';
import { Secret } from '../../../src/shell/secret.ts';
import { type Script, scriptText } from '../../../src/shell/sh.ts';
import { fakeDocker } from '../docker/fake-docker.ts';
import { type LocalOptions, localTarget, runScript } from '../local-target.ts';
import { shells } from '../shells.ts';
import { changesOf, desired, probeText } from '../table.ts';
import { replicaOf } from './replica.ts';

const IMAGE_ID = 'sha256:1';
/** What containers are called in their network. */
const NAMES = ['app-1', 'app-2', 'app-3'];
const DEFINITION = 'services:\n  app-1:\n    image: "shop/app:1"\n';

const slot = (number: number) => ({
  name: `app-${number}`,
  container: `shop-app-${number}`,
  definition: DEFINITION.replace('app-1', `app-${number}`),
});

const app: ComposeServiceInput = {
  project: 'shop',
  directory: '/opt/shop',
  service: 'app',
  image: 'shop/app:1',
  slots: [slot(1)],
};
const two: ComposeServiceInput = { ...app, replicas: 2, slots: [1, 2].map(slot) };
const rolling: ComposeServiceInput = { ...two, slots: [1, 2, 3].map(slot), rolling: true };

const container: Container = {
  id: 'c1',
  service: 'shop/app-1',
  imageId: IMAGE_ID,
  image: 'shop/app:1',
  restartPolicy: 'unless-stopped',
  memoryBytes: 0,
  cpus: 0,
  status: 'running',
  exitCode: 0,
  startedAt: 't',
  health: undefined,
  publishedAt: [],
  networks: { shop_default: NAMES },
};

function replica(number = 1, changes: Partial<Replica> = {}, state: Partial<Container> = {}): Replica {
  return { ...replicaOf(number, slot(number).definition, container, state), ...changes };
}

function seen(...replicas: readonly Replica[]): ActualService {
  return { replicas, imageId: IMAGE_ID, isReleased: false, held: undefined };
}

function stateOf(input: ComposeServiceInput): ComposeService {
  const [state] = desired(composeService, [input]);
  if (state === undefined) throw new Error('there is no state');
  return state;
}

/** What docker tells of a container. */
function inspected(id: string, status = 'running', health: string | null = null, startedAt = 't'): string {
  const labels = ['shop', `app-${id.slice(1)}`];
  return JSON.stringify([
    ...['container', id, ...labels, IMAGE_ID, 'shop/app:1', 'unless-stopped', 0, 0, null],
    ...[status, 0, startedAt, health, null, {}, ['shop_default', NAMES]],
  ]);
}

describe('the look at compose services', () => {
  it('asks for all containers and images with one docker', () => {
    const script = probeText(
      composeService,
      [two, { ...app, service: 'redis', image: 'redis:8', slots: [] }].slice(0, 1),
    );
    expect(script.match(/docker inspect/g)).toHaveLength(1);
    expect(script).toContain("known='shop-app-1 shop-app-2' others=");
    expect(script).toContain('$known $others shop/app:1 2>&1');
    expect(script).not.toContain('curl');
  });

  it('asks for the health of all replicas with one curl', () => {
    const ports = two.slots.map((one, i) => ({ ...one, port: 18_001 + i }));
    const script = probeText(composeService, [{ ...two, slots: ports, address: '::1', health: { path: '/status' } }]);
    expect(script).toContain(
      '-o "$RUN/http$PART-"0 \'http://[::1]:18001\'"$path_0" -o "$RUN/http$PART-"1 \'http://[::1]:18002\'"$path_1"\n',
    );
  });

  it.each(['dash', 'bash', 'busybox ash'])('asks each replica as when it came up, in %s', async (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, '.provision/made'), { recursive: true });
    const checks = { health: { path: '/old', status: 200 } };
    const record = (name: string, ...lines: string[]) =>
      writeFileSync(join(folder, '.provision/made', name), `${lines.join('\n')}\n`);
    record('app-1', `c1 ${'a'.repeat(64)} hash`, '/old', JSON.stringify(checks));
    // As an older version wrote it down.
    record('app-2', `c2 ${'a'.repeat(64)} hash`);
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? '');
      response.statusCode = request.url === '/old' ? 200 : 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const places = two.slots.map((one) => ({ ...one, port }));
    const input = { ...two, directory: folder, slots: places, health: { path: '/new' } };
    const [state] = desired(composeService, [input]);
    const script = composeService.probe([state as ComposeService]);
    const { stdout } = await runScript(script, { shell: shell.split(' ') });
    expect(paths.toSorted()).toEqual(['/new', '/new', '/new', '/old']);
    const files = stdout.match(/^(directory|made|checks|status|body) .*$/gm) ?? [];
    const inspect = docker('shop-app-1 shop-app-2', inspected('c1'), inspected('c2'), '["image","sha256:1"]');
    const [actual] = composeService.parse(`${files.join('\n')}\n${inspect}`, [state as ComposeService]);
    const told = (actual as ActualService).replicas.map(({ own, answer }) => [
      own?.checks,
      own?.answer?.status,
      answer?.status,
    ]);
    expect(told).toEqual([
      [checks, 200, 404],
      [undefined, undefined, 404],
    ]);
  });

  it.each([
    ['postgres', 'sha256:a'],
    ['redis', undefined],
  ])('knows what was pulled under the name of its image, now of %s', (repository, recordedId) => {
    const output = `recorded redis:8 sha256:a\n${docker('shop-app-1', inspected('c1'), `["image","sha256:b",["${repository}@sha256:${'0'.repeat(64)}"]]`)}`;
    const [actual] = composeService.parse(output, desired(composeService, [{ ...app, image: 'redis:8' }]));
    expect(actual).toMatchObject({ imageId: 'sha256:b', recordedId });
  });

  const docker = (names: string, ...lines: readonly string[]) => [`docker ${names}`, ...lines, ''].join('\n');

  it.each<[string, string, ActualService | { unknown: string }]>([
    ['nothing', '', { replicas: [], imageId: undefined, isReleased: false, held: undefined }],
    [
      'what was made, and what runs',
      `directory /opt/shop\nmade app-1 c1 ${'a'.repeat(64)} hash\nservices/app-1.yml:services:\nservices/app-1.yml:  app-1: {}\n${docker('shop-app-1 ', inspected('c1'), '["image","sha256:1"]')}`,
      {
        replicas: [
          {
            ...replica(1),
            fragment: 'services:\n  app-1: {}\n',
            made: { id: 'c1', digest: 'a'.repeat(64), config: 'hash' },
          },
        ],
        imageId: IMAGE_ID,
        isReleased: false,
        held: undefined,
      },
    ],
    [
      'a container that is gone',
      docker('shop-app-1 ', 'Error: No such object: shop-app-1', '["image","sha256:1"]'),
      { replicas: [], imageId: IMAGE_ID, isReleased: false, held: undefined },
    ],
    [
      'an image that is not there',
      docker('shop-app-1 ', 'error: no such object: shop-app-1', 'error: no such object: shop/app:1'),
      { replicas: [], imageId: undefined, isReleased: false, held: undefined },
    ],
    [
      'an engine that does not answer',
      docker('shop-app-1 ', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.'),
      { unknown: 'the Docker Engine does not answer' },
    ],
    [
      'the release that is held',
      `directory /opt/shop\nreleased\nheld app 2\nheld web 1\n${'b'.repeat(64)}  releases/current/app-1.yml\n${docker('shop-app-1 ', inspected('c1'), '["image","sha256:1"]')}`,
      {
        replicas: [replica(1, { fragment: undefined, made: undefined, heldDigest: 'b'.repeat(64) })],
        imageId: IMAGE_ID,
        isReleased: true,
        held: { replicas: 2 },
      },
    ],
    [
      'the places of a release that is held, which the inventory has no more',
      `directory /opt/shop\nheld app 2\n${'b'.repeat(64)}  releases/current/app-1.yml\n${'c'.repeat(64)}  releases/current/app-2.yml\n${docker('shop-app-1 ', inspected('c1'), '["image","sha256:1"]')}`,
      {
        replicas: [replica(1, { fragment: undefined, made: undefined, heldDigest: 'b'.repeat(64) })],
        imageId: IMAGE_ID,
        isReleased: false,
        held: { replicas: 2, places: [{ name: 'app-2', container: 'shop-app-2', definition: '' }] },
      },
    ],
    [
      'a release that is held and does not have it',
      `directory /opt/shop\nheld web 1\n${docker('shop-app-1 ', inspected('c1'), '["image","sha256:1"]')}`,
      {
        replicas: [replica(1, { fragment: undefined, made: undefined })],
        imageId: IMAGE_ID,
        isReleased: false,
        held: { replicas: 0 },
      },
    ],
    [
      'a redeploy that is not finished',
      `directory /opt/shop\nreleased\nunfinished\n${docker('shop-app-1 ', inspected('c1'), '["image","sha256:1"]')}`,
      {
        replicas: [replica(1, { fragment: undefined, made: undefined })],
        imageId: IMAGE_ID,
        isReleased: true,
        isUnfinished: true,
        held: undefined,
      },
    ],
    [
      "another project's files",
      `directory /opt/other\nmade app-1 c1 ${'a'.repeat(64)} hash\n${docker('shop-app-1 ', inspected('c1'), '["image","sha256:1"]')}`,
      {
        replicas: [replica(1, { fragment: undefined, made: undefined })],
        imageId: IMAGE_ID,
        isReleased: false,
        held: undefined,
      },
    ],
  ])('reads %s', (_, output, read) => {
    expect(composeService.parse(output, desired(composeService, [app]))).toEqual([read]);
  });

  it('sees nothing where there is no docker', async () => {
    const script = composeService.probe(desired(composeService, [app]));
    const { code, stdout } = await runScript(script, { shell: ['/bin/dash'], env: { PATH: '/nonexistent' } });
    expect([code, stdout]).toEqual([0, 'directory /opt/shop\n']);
  });
});

describe('what differs of a compose service', () => {
  it.each([
    ['where another can run beside it', rolling, []],
    [
      'where none can',
      { ...rolling, slots: two.slots },
      [
        'run app-2 stops before the new one starts: no visitor gets an answer meanwhile, unless from another host; without `publish` both would run side by side (rollout)',
      ],
    ],
  ])('the plan of a replica that is replaced %s', (_, input, told) => {
    const old = replica(2, { made: { id: 'c2', digest: 'old' }, fragment: 'old\n' });
    const changes = changesOf(composeService, input, seen(replica(1), old));
    expect(
      changes
        .filter(({ action }) => action === 'run')
        .map(({ action, what, to, rollout }) => `${action} ${what}: ${to}${rollout ? ' (rollout)' : ''}`),
    ).toEqual(told);
    expect(changes).toContainEqual(expect.objectContaining({ action: 'update', rollout: true }));
  });

  it('what a redeploy that is not finished does to the replicas is not guessed', () => {
    const old = replica(2, { made: { id: 'c2', digest: 'old' }, fragment: 'old\n' });
    const unfinished = { ...seen(old), isUnfinished: true };
    expect(changesOf(composeService, rolling, unfinished).map(({ what }) => what)).toEqual(['app-1']);
  });

  it.each<[string, ComposeServiceInput, ActualService, readonly string[]]>([
    ['nothing', app, seen(replica()), []],
    ['its first container', app, seen(), ['create : running']],
    ['its first containers', rolling, seen(), ['create : 2 replicas']],
    ['one more', rolling, seen(replica(1)), ['create app-2: ']],
    ['one too many', two, seen(replica(1), replica(2), replica(3)), ['delete app-3: ']],
    [
      'one that is stopped, and one more',
      two,
      seen(replica(2, {}, { status: 'exited' })),
      ['run app-2: running', 'create app-1: '],
    ],
  ])('%s', (_, input, actual, changes) => {
    expect(
      changesOf(composeService, input, actual).map(({ action, what, to = '' }) => `${action} ${what}: ${to}`),
    ).toEqual(changes);
  });

  it.each([
    ['fewer places than replicas', { ...two, slots: [slot(1)] }, /there must be a slot for each replica/],
    ['an address that is none', { ...app, address: 'localhost' }, /address/],
    ['a hostile name', { ...app, slots: [{ ...slot(1), name: 'a b' }] }, /slots\.0\.name/],
  ])('refuses %s', (_, input, message) => {
    expect(() => composeService(input)).toThrow(message);
  });
});

/** A host on which every look at a container finds the next of these, and the last one from then on. */
function host(looks: readonly string[]): Target & { readonly scripts: string[] } {
  const scripts: string[] = [];
  let at = 0;
  return {
    scripts,
    signal: new AbortController().signal,
    progress: () => {},
    stream: () => Promise.reject(new Error('no stream')),
    async run(script: Script) {
      const text = scriptText(script);
      if (/^docker inspect /m.test(text)) {
        const stdout = looks[Math.min(at++, looks.length - 1)] ?? '';
        return { code: 0, stdout, stderr: '' };
      }
      scripts.push(text);
      return { code: 0, stdout: text.startsWith('docker logs') ? 'the reason\n' : '', stderr: '' };
    },
  };
}

async function perform(actual: ActualService, target: Target, input: ComposeServiceInput = app): Promise<void> {
  const state = stateOf(input);
  if (composeService.perform === undefined) throw new Error('it performs nothing');
  await composeService.perform(state, composeService.diff(state, actual), actual, target);
}

/** What each script is there for. */
function deeds(scripts: readonly string[]): readonly string[] {
  return scripts.map((script) => {
    const [, source = ''] = /umask 077; cat <(\S+) >/.exec(script) ?? [];
    const [, started] = /up -d --no-deps --no-build --force-recreate (\S+)/.exec(script) ?? [];
    const [, removed] = /docker rm (shop-\S+) >/.exec(script) ?? [];
    if (started !== undefined)
      return `start ${started} from ${source.includes('RUN') ? 'the inventory' : source}${removed ? `, without ${removed}` : ''}`;
    return removed === undefined ? script : `remove ${removed}`;
  });
}

describe('composeService starts', () => {
  it('a new container by compose, from its part of the file, and writes down which one it is', async () => {
    const target = host([inspected('c1', 'running', 'starting'), inspected('c1', 'running', 'healthy')]);
    await perform(seen(), target);
    const [script = '', ...others] = target.scripts;
    expect(others).toEqual([]);
    const order = [
      'cd /opt/shop || exit',
      'mv .provision/fragment.new .provision/services/app-1.yml && assemble || exit',
      'compose -p shop -f compose.yml up -d --no-deps --no-build --force-recreate app-1 || exit',
      'mv .provision/made.new .provision/made/app-1',
    ].map((line) => script.indexOf(line));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it.each([
    [{ status: 'exited' }, ': && docker start shop-app-1 >/dev/null'],
    [{ status: 'paused' }, ': && docker unpause shop-app-1 >/dev/null'],
    [{ health: 'unhealthy' }, ': && docker restart shop-app-1 >/dev/null'],
    [{ health: 'starting' }, ':'],
    [{ restartPolicy: 'no' }, ': && docker update --restart unless-stopped shop-app-1 >/dev/null'],
    [
      { restartPolicy: 'no', status: 'exited' },
      ': && docker update --restart unless-stopped shop-app-1 >/dev/null && docker start shop-app-1 >/dev/null',
    ],
  ])('one that is %j', async (state, script) => {
    const target = host([inspected('c1', 'running', 'healthy')]);
    await perform(seen(replica(1, {}, state)), target);
    expect(target.scripts).toEqual([script]);
  });

  const healthy = [1, 2, 1, 2].map((number) => inspected(`c${number}`, 'running', 'healthy'));

  it('its own instead of one that was made by other means', async () => {
    const target = host(healthy.slice(0, 1));
    await perform(seen(replica(1, { made: undefined })), target);
    expect(deeds(target.scripts)).toEqual(['start app-1 from the inventory, without shop-app-1']);
  });

  it('one after another, where each takes the place of an older one', async () => {
    const old = { made: { id: 'c1', digest: 'old' }, fragment: 'old\n' };
    const states: string[] = [];
    const target = host(healthy.slice(0, 2));
    const watching: Target = {
      ...target,
      run: (script) => {
        const text = scriptText(script);
        states.push(/^docker inspect /m.test(text) ? 'look' : (deeds([text])[0] ?? ''));
        return target.run(script);
      },
    };
    await perform(seen(replica(1, old), replica(2, { ...old, made: { id: 'c2', digest: 'old' } })), watching, two);
    expect(states).toEqual(['start app-1 from the inventory', 'look', 'start app-2 from the inventory', 'look']);
  });

  it('all that are missing, and waits for them then', async () => {
    const target = host(healthy);
    await perform(seen(), target, rolling);
    expect(deeds(target.scripts)).toEqual(['start app-1 from the inventory', 'start app-2 from the inventory']);
  });

  it('nothing that is for a rolling redeploy to do', async () => {
    const old = replica(1, { made: { id: 'c1', digest: 'old' }, fragment: 'old\n' });
    const target = host(healthy);
    await perform(seen(old, replica(2, {}, { status: 'exited' }), replica(3)), target, rolling);
    expect(deeds(target.scripts)).toEqual(['remove shop-app-2']);
  });

  it('what the release has that is held', async () => {
    const target = host(healthy);
    const held = { ...seen(replica(1, { container: undefined })), held: { replicas: 2 } };
    await perform(held, target, rolling);
    expect(deeds(target.scripts)).toEqual([
      'start app-1 from .provision/releases/current/app-1.yml',
      'start app-2 from .provision/releases/current/app-2.yml',
    ]);
  });

  it('nothing that it calls up when it dies and comes back between two looks', { timeout: 20_000 }, async () => {
    // Ten seconds of waiting in one.
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() * 10);
    let starts = 0;
    const target = host([]);
    const dying: Target = {
      ...target,
      run: async (script) => {
        if (!/^docker inspect /m.test(scriptText(script))) return target.run(script);
        return { code: 0, stdout: inspected('c1', 'running', null, `start ${starts++}`), stderr: '' };
      },
    };
    await expect(perform(seen(), dying)).rejects.toMatchObject({
      code: 'not-healthy',
      message: 'app-1 does not stay up: running',
      detail: "the last lines of shop-app-1's log:\nthe reason",
    });
    clock.mockRestore();
  });

  it('and waits for a Docker Engine that is starting again', async () => {
    const silent = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
    await perform(seen(), host([silent, silent, inspected('c1', 'running', 'healthy')]));
  });

  it('nothing that it calls up when it is gone', async () => {
    await expect(perform(seen(), host(['Error: No such object: shop-app-1']))).rejects.toMatchObject({
      code: 'not-healthy',
      message: 'app-1 does not stay up: gone',
    });
  });

  it.each([
    [
      'Bind for 127.0.0.1:18001 failed: port is already allocated\n',
      'apply-failed',
      'the container of app-1 could not be started',
    ],
    ['write /var/lib/docker/x: no space left on device\n', 'disk-full', 'the disk of the host is full'],
  ])('and says why compose could not: %s', async (stderr, code, message) => {
    const target: Target = { ...host([]), run: async () => ({ code: 1, stdout: '', stderr }) };
    await expect(perform(seen(), target)).rejects.toMatchObject({
      code,
      message,
      detail: expect.stringContaining(stderr.trim()),
    });
  });

  it('and says it once', async () => {
    const stderr = 'Creating shop-app-1 ... error\n\nERROR: for shop-app-1  no\n\nERROR: for app-1  no\n';
    const target: Target = { ...host([]), run: async () => ({ code: 1, stdout: '', stderr }) };
    await expect(perform(seen(), target)).rejects.toMatchObject({ code: 'apply-failed', detail: 'no' });
  });
});

describe.each(shells())('in %s, with a docker that only writes down what it is asked', (_, options) => {
  let folder: string;
  let input: ComposeServiceInput;
  let local: LocalOptions;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'compose-'));
    const directory = join(folder, 'my shop');
    mkdirSync(join(directory, '.provision'), { recursive: true });
    input = { ...rolling, directory };
    local = fakeDocker(folder, options);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (name: string) => readFileSync(join(folder, 'my shop', name), 'utf8');

  async function look(one: ComposeServiceInput = input): Promise<ActualService> {
    const states = desired(composeService, [one]);
    const { code, stdout } = await runScript(composeService.probe(states), local);
    expect(code).toBe(0);
    const [actual] = composeService.parse(stdout, states);
    if (actual === undefined || isUnknown(actual)) throw new Error(JSON.stringify(actual));
    return actual;
  }

  it('writes the compose file from its parts, and sees what it has made', { timeout: 60_000 }, async () => {
    const word = 'pa$$ \\ "ü"';
    const secret = Secret.join('services:\n  app-2:\n    environment: ', Secret.named('word', word), '\n');
    input = { ...input, slots: [slot(1), { ...slot(2), definition: secret }, slot(3)] };
    await perform(await look(), localTarget(local), input);
    expect(read('compose.yml')).toBe(
      `# Written by provision, which undoes what is changed here by hand.\nservices:\n  app-1:\n    image: "shop/app:1"\n  app-2:\n    environment: ${word}\n`,
    );
    const actual = await look();
    expect(actual.replicas.map(({ name, fragment }) => [name, fragment])).toEqual([
      ['app-1', DEFINITION],
      ['app-2', secret instanceof Secret ? secret.reveal() : ''],
    ]);
    expect(changesOf(composeService, input, actual)).toEqual([]);

    await removeReplica(stateOf(input), 'app-2', localTarget(local));
    expect(read('compose.yml')).toBe(
      '# Written by provision, which undoes what is changed here by hand.\nservices:\n  app-1:\n    image: "shop/app:1"\n',
    );
    expect((await look()).replicas.map(({ name }) => name)).toEqual(['app-1']);
  });

  it('sees replicas in places that the inventory has no more', { timeout: 60_000 }, async () => {
    await perform(await look(), localTarget(local), input);
    const fewer = { ...input, replicas: 1, slots: [slot(1)] };
    expect((await look(fewer)).replicas.map(({ name, container }) => [name, container?.id])).toEqual([
      ['app-1', 'id-shop-app-1'],
      ['app-2', 'id-shop-app-2'],
    ]);
  });

  it('sees the release that is held', async () => {
    const release = join(folder, 'my shop/.provision/releases/current');
    mkdirSync(release, { recursive: true });
    writeFileSync(join(release, 'replicas'), 'app 3\nweb 1\n');
    writeFileSync(join(release, 'app-1.yml'), DEFINITION);
    await perform(await look(), localTarget(local), { ...input, replicas: 1 });
    expect((await look()).held).toBeUndefined();
    writeFileSync(join(folder, 'my shop/.provision/held.json'), '{}\n');
    const { held, replicas } = await look();
    expect(held).toEqual({ replicas: 3 });
    expect(replicas[0]?.heldDigest).toBe(digestOf(DEFINITION));
  });
});
