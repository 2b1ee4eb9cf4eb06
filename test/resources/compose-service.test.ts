import { describe, expect, it, vi } from 'vitest';
import { type ComposeServiceInput, composeService } from '../../src/resources/compose-service.ts';
import type { Target } from '../../src/resources/contract.ts';
import { Secret } from '../../src/shell/secret.ts';
import { type Script, scriptText } from '../../src/shell/sh.ts';
import { runScript } from './local-target.ts';
import { changesOf, desired, probeText } from './table.ts';

const app: ComposeServiceInput = {
  project: 'shop',
  directory: '/opt/shop',
  service: 'app-1',
  container: 'shop-app-1',
  image: 'shop/app:1',
  definition: 'd1',
};
const container = {
  id: 'c1',
  service: 'shop/app-1',
  imageId: 'sha256:1111111111111111',
  restartPolicy: 'unless-stopped',
  status: 'running',
  exitCode: 0,
  startedAt: '2026-01-01T00:00:00Z',
  health: undefined as string | undefined,
  networks: ['shop_default'],
};
const actual = { container, imageId: container.imageId, made: { id: 'c1', definition: 'd1' } };

function inspected(id: string, status = 'running', health: string | null = null, startedAt = 't'): string {
  const state = [status, 0, startedAt, health];
  return JSON.stringify(['container', id, 'shop', 'app-1', 'sha256:1', 'unless-stopped', ...state, 'shop_default']);
}

describe('composeService', () => {
  it('asks for all containers and images with one docker', () => {
    const script = probeText(composeService, [app, { ...app, service: 'app-2', container: 'shop-app-2' }]);
    expect(script.match(/docker inspect/g)).toHaveLength(1);
    expect(script).toContain('for record in /opt/shop/.provision/app-1 /opt/shop/.provision/app-2; do');
    expect(script).toContain("' shop-app-1 shop-app-2 shop/app:1 2>&1");
  });

  it.each([
    { output: '', read: [{ container: undefined, imageId: undefined, made: undefined }] },
    {
      output: `made 0 c1 d1\ndocker\n${inspected('c1')}\n["image","sha256:1"]\n`,
      read: [
        {
          container: { ...container, imageId: 'sha256:1', startedAt: 't' },
          imageId: 'sha256:1',
          made: { id: 'c1', definition: 'd1' },
        },
      ],
    },
    {
      output: 'docker\nError: No such object: shop-app-1\n["image","sha256:1"]\n',
      read: [{ container: undefined, imageId: 'sha256:1', made: undefined }],
    },
    {
      output: 'docker\nerror: no such object: shop-app-1\nerror: no such object: shop/app:1\n',
      read: [{ container: undefined, imageId: undefined, made: undefined }],
    },
    {
      output:
        'docker\nCannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
      read: [{ unknown: 'the Docker Engine does not answer' }],
    },
  ])('reads $output', ({ output, read }) => {
    expect(composeService.parse(output, desired(composeService, [app]))).toEqual(read);
  });

  it('sees nothing where there is no docker', async () => {
    const script = composeService.probe(desired(composeService, [app]));
    expect(await runScript(script, { shell: ['/bin/dash'], env: { PATH: '/nonexistent' } })).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it.each([
    { actual, changes: [] },
    { actual: { ...actual, container: undefined }, changes: ['create :  -> running'] },
    {
      actual: { ...actual, made: { id: 'c0', definition: 'd1' } },
      changes: ['update container: one that was made by other means -> one from the compose file'],
    },
    {
      actual: { ...actual, made: undefined },
      changes: ['update container: one that was made by other means -> one from the compose file'],
    },
    {
      actual: { ...actual, made: { id: 'c1', definition: 'd0' } },
      changes: ['update definition: an older one -> the one in the compose file'],
    },
    {
      actual: { ...actual, imageId: 'sha256:2222222222222222' },
      changes: ['update image: 111111111111 -> 222222222222'],
    },
    { actual: { ...actual, imageId: undefined }, changes: [] },
    {
      actual: { ...actual, container: { ...container, networks: [] } },
      changes: ['update network: none -> shop_default'],
    },
    { actual: { ...actual, container: { ...container, networks: ['by-hand', 'shop_default'] } }, changes: [] },
    {
      actual: { ...actual, container: { ...container, restartPolicy: 'no' } },
      changes: ['update restart policy: no -> unless-stopped'],
    },
    { actual: { ...actual, container: { ...container, status: 'paused' } }, changes: ['run state: paused -> running'] },
    {
      actual: { ...actual, container: { ...container, status: 'exited', exitCode: 137 } },
      changes: ['run state: exited with 137 -> running'],
    },
    {
      actual: { ...actual, container: { ...container, status: 'restarting', exitCode: 1 } },
      changes: ['run state: restarting: exited with 1 -> running'],
    },
    {
      actual: { ...actual, container: { ...container, health: 'unhealthy' } },
      changes: ['run state: unhealthy -> healthy'],
    },
    { actual: { ...actual, container: { ...container, health: 'healthy' } }, changes: [] },
  ])('$changes', ({ actual, changes }) => {
    expect(
      changesOf(composeService, app, actual).map(
        ({ action, what, from, to }) => `${action} ${what}: ${from ?? ''} -> ${to ?? ''}`,
      ),
    ).toEqual(changes);
  });

  it('takes a definition that is not known yet for another one', () => {
    const definition = Secret.derive([Secret.named('key')], (key) => key);
    expect(changesOf(composeService, { ...app, definition }, actual)).toMatchObject([{ what: 'definition' }]);
  });
});

/** A host on which every look at the container finds the next of these, and the last one from then on. */
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
      if (text.startsWith('docker inspect')) {
        const stdout = looks[Math.min(at++, looks.length - 1)] ?? '';
        return { code: 0, stdout, stderr: '' };
      }
      scripts.push(text);
      return { code: 0, stdout: text.startsWith('docker logs') ? 'the reason\n' : '', stderr: '' };
    },
  };
}

interface Seen {
  readonly container: typeof container | undefined;
  readonly imageId: string;
  readonly made: typeof actual.made | undefined;
}

async function perform(seen: Seen, target: Target) {
  const [state] = desired(composeService, [app]);
  if (state === undefined || composeService.perform === undefined) throw new Error('it performs nothing');
  await composeService.perform(state, composeService.diff(state, seen), seen, target);
}

describe('composeService starts', () => {
  it('a new container by compose, and writes down which one it is', async () => {
    const target = host([inspected('c2', 'running', 'starting'), inspected('c2', 'running', 'healthy')]);
    await perform({ ...actual, container: undefined }, target);
    expect(target.scripts).toEqual([
      `compose() {
  if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
cd /opt/shop || exit
:
compose -p shop -f compose.yml up -d --no-deps --no-build --force-recreate app-1 || exit
umask 077
mkdir -p .provision && cd .provision || exit
{ docker inspect --format '{{.Id}}' shop-app-1 && cat "$RUN/1"; } >.app-1 &&
  mv .app-1 app-1`,
    ]);
  });

  it.each([
    [{ status: 'exited' }, ['docker start shop-app-1 >/dev/null']],
    [{ status: 'paused' }, ['docker unpause shop-app-1 >/dev/null']],
    [{ health: 'unhealthy' }, ['docker restart shop-app-1 >/dev/null']],
    [{ health: 'starting' }, ['']],
    [{ restartPolicy: 'no' }, ['docker update --restart unless-stopped shop-app-1 >/dev/null']],
    [
      { restartPolicy: 'no', status: 'exited' },
      ['docker update --restart unless-stopped shop-app-1 >/dev/null && docker start shop-app-1 >/dev/null'],
    ],
  ])('one that is %j', async (state, scripts) => {
    const target = host([inspected('c1', 'running', 'healthy')]);
    await perform({ ...actual, container: { ...container, ...state } }, target);
    expect(target.scripts).toEqual(scripts);
  });

  it('its own instead of one that was made without compose', async () => {
    const target = host([inspected('c2', 'running', 'healthy')]);
    await perform({ ...actual, made: undefined, container: { ...container, service: 'undefined' } }, target);
    expect(target.scripts[0]).toContain(
      'docker stop shop-app-1 >/dev/null && docker rm shop-app-1 >/dev/null || exit\n',
    );
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
        if (!scriptText(script).startsWith('docker inspect')) return target.run(script);
        return { code: 0, stdout: inspected('c2', 'running', null, `start ${starts++}`), stderr: '' };
      },
    };
    await expect(perform({ ...actual, container: undefined }, dying)).rejects.toMatchObject({
      code: 'not-healthy',
      message: 'app-1 does not stay up: running',
      detail: "the last lines of shop-app-1's log:\nthe reason",
    });
    clock.mockRestore();
  });

  it('nothing that it calls up when it is gone', async () => {
    await expect(
      perform({ ...actual, container: undefined }, host(['Error: No such object: shop-app-1'])),
    ).rejects.toMatchObject({
      code: 'not-healthy',
      message: 'app-1 does not stay up: gone',
    });
  });

  it('and says why compose could not', async () => {
    const target: Target = {
      ...host([]),
      run: async () => ({
        code: 1,
        stdout: '',
        stderr: 'Bind for 127.0.0.1:18001 failed: port is already allocated\n',
      }),
    };
    await expect(perform({ ...actual, container: undefined }, target)).rejects.toMatchObject({
      code: 'apply-failed',
      message: 'the container of app-1 could not be started',
      detail: expect.stringContaining('port is already allocated'),
    });
  });
});
