import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineProblem, openEngine } from '../../src/throwaway/engine.ts';
import { execIn } from '../../src/throwaway/exec.ts';
import { type HostSpec, removeHost, startHost } from '../../src/throwaway/host.ts';
import { build, ensureImage, isBuilt } from '../../src/throwaway/image.ts';
import { keyPairIn } from '../../src/throwaway/key.ts';
import { type FakeDocker, fakeDocker } from './fake-docker.ts';

const SPEC: HostSpec = {
  image: 'host:1',
  prefix: 'try',
  hostname: 'web1',
  labels: { mine: 'yes' },
  authorizedKey: 'ssh-ed25519 AAAA me',
  ports: [22, 80],
};

let fake: FakeDocker;
let folder: string;
beforeEach(() => {
  fake = fakeDocker();
  folder = mkdtempSync(join(tmpdir(), 'throwaway-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the engine', () => {
  it('answers, or it is told why not', async () => {
    expect(await engineProblem(fake.docker)).toBeUndefined();
    Object.assign(fake.docker, { ping: () => Promise.reject(new Error(' connect ENOENT ')) });
    expect(await engineProblem(fake.docker)).toBe('connect ENOENT');
  });

  it('that DOCKER_HOST names must be there', async () => {
    const socket = join(folder, 'docker.sock');
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = `unix://${socket}`;
    try {
      const error = {
        code: 'engine-missing',
        message: expect.stringContaining('ENOENT'),
        hint: expect.stringContaining('DOCKER_HOST'),
      };
      await expect(openEngine(process.env.DOCKER_HOST)).rejects.toMatchObject(error);
      // What dockerode itself cannot read.
      process.env.DOCKER_HOST = 'tcp://a b';
      await expect(openEngine(process.env.DOCKER_HOST)).rejects.toMatchObject({ code: 'engine-missing' });
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });
});

describe('a host', () => {
  it('is started with systemd in mind, its ports on loopback alone, and waited for', async () => {
    await startHost(fake.docker, SPEC);
    const [container] = fake.containers.values();
    expect(container?.isRunning).toBe(true);
    expect(container?.options).toMatchObject({
      name: expect.stringMatching(/^try-[0-9a-f]{6}$/),
      Hostname: 'web1',
      Labels: { mine: 'yes' },
      Tty: true,
      Env: expect.arrayContaining(['AUTHORIZED_KEY=ssh-ed25519 AAAA me']),
      HostConfig: {
        CapDrop: ['SYS_RESOURCE'],
        PortBindings: {
          '22/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }],
          '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }],
        },
      },
    });
    expect(fake.scripts).toEqual([expect.stringContaining('/run/nologin')]);
  });

  it('drops nothing where the engine refuses that', async () => {
    fake.refuse = ({ HostConfig }) =>
      HostConfig?.CapDrop?.length ? new Error('invalid CapDrop: SYS_RESOURCE') : undefined;
    await startHost(fake.docker, SPEC);
    expect([...fake.containers.values()].map(({ options }) => options.HostConfig?.CapDrop)).toEqual([[]]);
  });

  it('is removed where nobody can log in', async () => {
    fake.answer = () => ({ code: 1, stdout: 'ssh.service failed\n' });
    const error = { code: 'test-host-failed', detail: 'ssh.service failed\n' };
    await expect(startHost(fake.docker, SPEC)).rejects.toMatchObject(error);
    expect(fake.containers.size).toBe(0);
  });

  it('is removed when it is interrupted meanwhile', async () => {
    fake.answer = () => undefined;
    const stop = new AbortController();
    const starting = startHost(fake.docker, SPEC, stop.signal);
    setTimeout(() => stop.abort(), 50);
    await expect(starting).rejects.toMatchObject({ code: 'interrupted' });
    expect(fake.containers.size).toBe(0);
  });

  it('is removed when it was interrupted before', async () => {
    fake.answer = () => undefined;
    await expect(startHost(fake.docker, SPEC, AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' });
    expect(fake.containers.size).toBe(0);
  });

  it('may be gone already when it is removed', async () => {
    const container = await startHost(fake.docker, SPEC);
    await removeHost(container);
    await removeHost(container);
    expect(fake.containers.size).toBe(0);
  });

  it('ends a script that takes too long', async () => {
    fake.answer = () => undefined;
    await expect(execIn(fake.docker, 'id', 'sleep 9', { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'command-timed-out',
    });
  });
});

describe('an image', () => {
  const note = () => undefined;
  const recipe = () => ({
    image: 'host:1',
    label: 'from',
    context: folder,
    dockerfile: join(folder, 'Dockerfile.host'),
  });

  it('is built again only when what it is made from has changed', async () => {
    writeFileSync(join(folder, 'Dockerfile.host'), 'FROM x\n');
    writeFileSync(join(folder, 'init'), '#!/bin/sh\n', { mode: 0o755 });
    expect(await isBuilt(fake.docker, recipe())).toBe(false);
    await build(fake.docker, { ...recipe(), target: 'host', args: { BASE: 'a' } }, { note });
    expect(await isBuilt(fake.docker, { ...recipe(), args: { BASE: 'a' } })).toBe(true);
    expect(await isBuilt(fake.docker, { ...recipe(), args: { BASE: 'b' } })).toBe(false);
    writeFileSync(join(folder, 'init'), '#!/bin/sh\nset -e\n');
    expect(await isBuilt(fake.docker, { ...recipe(), args: { BASE: 'a' } })).toBe(false);
    const [{ options, files } = expect.fail('not built')] = fake.built;
    expect(options).toMatchObject({ t: 'host:1', target: 'host', buildargs: { BASE: 'a' } });
    expect(files).toMatchObject({ Dockerfile: 'FROM x\n', init: '#!/bin/sh\n' });
  });

  it('is pulled where it is not there', async () => {
    const lines: string[] = [];
    fake.messages = [{ status: 'Pulling', id: 'a1', progress: '[=>]' }];
    await ensureImage(fake.docker, 'debian:12', { note: (line) => lines.push(line) });
    await ensureImage(fake.docker, 'debian:12', { note });
    expect(fake.pulled).toEqual(['debian:12']);
    expect(lines).toEqual(['a1 Pulling [=>]']);
  });

  it('that cannot be pulled is named', async () => {
    fake.messages = [{ error: 'no such host' }];
    const error = {
      code: 'test-host-failed',
      message: expect.stringContaining('debian:99 cannot be pulled: no such host'),
    };
    await expect(ensureImage(fake.docker, 'debian:99', { note })).rejects.toMatchObject(error);
  });
});

describe('the key pair', () => {
  it('is made once, and for its owner alone', () => {
    const pair = keyPairIn(join(folder, 'a/b'), 'me');
    expect(keyPairIn(join(folder, 'a/b'), 'me')).toEqual(pair);
    expect(statSync(pair.keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o700);
    const key = ssh2.utils.parseKey(readFileSync(pair.keyFile));
    if (key instanceof Error) throw key;
    expect(`${key.type} ${key.getPublicSSH().toString('base64')} me`).toBe(pair.publicKey);
  });
});
