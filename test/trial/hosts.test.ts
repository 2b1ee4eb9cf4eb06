import { beforeEach, describe, expect, it } from 'vitest';
import { removeLeftovers, startHosts, type Workshop } from '../../src/trial/hosts.ts';
import { type FakeDocker, fakeDocker } from '../throwaway/fake-docker.ts';

const TRIAL = { scenario: 'motd', image: 'debian:trixie-slim' };

let fake: FakeDocker;
let lines: string[];
beforeEach(() => {
  fake = fakeDocker();
  lines = [];
});

function workshop(options: Partial<Workshop> = {}): Workshop {
  const key = { keyFile: '/key', publicKey: 'ssh-ed25519 AAAA' };
  const stop = new AbortController().signal;
  return { docker: fake.docker, key, machine: 'laptop', pid: 4711, keep: false, stop, ...options };
}

const start = (options: Partial<Workshop> = {}, names = ['host'], trial = TRIAL) =>
  startHosts(workshop(options), trial, names, (line) => lines.push(line));
const hostnames = () => [...fake.containers.values()].map(({ options }) => options.Hostname);

describe('the hosts of a test', () => {
  it('are made from an image that is pulled and built first, once', async () => {
    await start();
    await start();
    expect(fake.pulled).toEqual(['debian:trixie-slim']);
    expect(fake.built.map(({ options: { t, target, buildargs } }) => ({ t, target, buildargs }))).toEqual([
      { t: 'provision-test/host:debian-trixie-slim', target: 'host', buildargs: { BASE: 'debian:trixie-slim' } },
    ]);
    expect(Object.keys(fake.built[0]?.files ?? {})).toEqual(['Dockerfile', 'init']);
    expect(lines.at(-1)).toBe('waiting for its sshd');
  });

  it('are told apart by names and labels', async () => {
    const hosts = await start({}, ['web.1', 'ünï']);
    expect(hostnames()).toEqual(['web-1', 'n']);
    expect(hosts.map(({ name }) => name)).toEqual(['web.1', 'ünï']);
    const [container] = fake.containers.values();
    expect(container?.options.Labels).toEqual({
      'provision.test': 'motd debian:trixie-slim',
      'provision.test.owner': 'laptop 4711',
      'provision.test.keep': 'no',
    });
    // The fake has no address of its own: what is published is left.
    expect(hosts[0]).toMatchObject({ hostname: '127.0.0.1', address: 'root@127.0.0.1:40022' });
    expect(hosts[0]?.kept.login).toBe('ssh -i /key -p 40022 root@127.0.0.1');
    await hosts[0]?.remove();
    expect(hostnames()).toEqual(['n']);
  });

  it('are all removed where one cannot be started', async () => {
    fake.refuse = ({ Hostname }) => (Hostname === 'two' ? new Error('no room ') : undefined);
    const error = { code: 'test-host-failed', message: 'a throwaway host cannot be started: no room' };
    await expect(start({}, ['one', 'two', 'three'])).rejects.toMatchObject(error);
    expect(hostnames()).toEqual([]);
  });

  it('cannot be made from every image', async () => {
    fake.images.set('alpine:3', {});
    fake.messages = [{ stream: 'Step 3/9 : RUN apt-get' }, { error: 'apt-get: not found' }];
    const error = {
      code: 'test-host-failed',
      message: 'no host can be made from the image alpine:3: apt-get: not found',
      detail: expect.stringContaining('Step 3/9'),
      hint: expect.stringContaining('Debian or Ubuntu'),
    };
    await expect(start({}, ['host'], { ...TRIAL, image: 'alpine:3' })).rejects.toMatchObject(error);
  });

  it('that were kept are replaced by the next test of the same', async () => {
    await start({ keep: true }, ['kept']);
    await start({ keep: true }, ['other'], { ...TRIAL, scenario: 'other' });
    await start({ keep: true, machine: 'desktop' }, ['theirs']);
    await start({ pid: 4712 }, ['new']);
    expect(hostnames()).toEqual(['other', 'theirs', 'new']);
  });
});

describe('leftovers', () => {
  it('of runs that were killed on this machine are removed, and nothing else', async () => {
    await start({ pid: 1 }, ['dead']);
    await start({ pid: 2 }, ['alive']);
    await start({ pid: 3, machine: 'desktop' }, ['theirs']);
    await start({ pid: 4, keep: true }, ['kept']);
    await fake.docker.createContainer({ Image: 'x', Hostname: 'stranger', Labels: { app: 'shop' } });
    expect(await removeLeftovers(workshop(), (pid) => pid === 2)).toBe(1);
    expect(hostnames()).toEqual(['alive', 'theirs', 'kept', 'stranger']);
  });
});
