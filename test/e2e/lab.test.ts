import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docker } from '../lab/docker.ts';
import { findHost, type LabHost, startHost } from '../lab/host.ts';
import { lab } from '../lab/lab.ts';
import { RELEASES } from '../lab/releases.ts';
import { eventually } from './eventually.ts';

describe.each(RELEASES)('a throwaway host with Debian %s', (distro) => {
  let host: LabHost;
  beforeAll(async () => {
    host = await startHost({ distro, name: `lab-${distro}`, extraHosts: { neighbour: '192.0.2.7' } });
  });
  afterAll(() => host?.stop());

  test('is the release that was asked for, booted by systemd without a failed unit', async () => {
    const { stdout } = await host.exec('. /etc/os-release; echo $VERSION_CODENAME; systemctl is-system-running --wait');
    expect(stdout.split('\n').slice(0, 2)).toEqual([distro, 'running']);
  });

  test('has nothing that provisioning is to bring', async () => {
    const { stdout } = await host.exec('for c in docker curl wget python3 haproxy sshd; do command -v $c; done');
    expect(stdout.trim()).toBe('/usr/sbin/sshd');
  });

  test.each(['root', 'deploy', 'operator', 'guest'])(
    'lets %s in by key, on its address and on loopback',
    async (user) => {
      const privateKey = readFileSync(host.keyFile, 'utf8');
      const here = { host: '127.0.0.1', port: host.ports.ssh };
      expect(await overSsh(host, { username: user, privateKey }, 'id -un; hostname')).toBe(`${user}\nlab-${distro}\n`);
      expect(await overSsh(host, { username: user, privateKey, ...here }, 'id -un')).toBe(`${user}\n`);
    },
  );

  test('lets operator in by password, and nobody by a wrong one', async () => {
    const { name: username, password } = host.users.operator;
    expect(await overSsh(host, { username, password }, 'id -un')).toBe('operator\n');
    await expect(overSsh(host, { username, password: 'wrong' }, 'id -un')).rejects.toThrow(/authentication/);
    await expect(overSsh(host, { username: 'root', password }, 'id -un')).rejects.toThrow(/authentication/);
  });

  test('has an account for each way to become root', async () => {
    const { password } = host.users.operator;
    const asUser = async (user: string, script: string) => (await host.exec(`su ${user} -c "${script}"`)).stdout.trim();
    expect(await asUser('deploy', 'sudo -n id -u')).toBe('0');
    expect(await asUser('operator', 'sudo -n id -u 2>/dev/null || echo refused')).toBe('refused');
    expect(await asUser('operator', `echo '${password}' | sudo -S -p '' id -u`)).toBe('0');
    expect(await asUser('guest', 'sudo -n id -u 2>/dev/null || echo refused')).toBe('refused');
  });

  test('knows its neighbours by name, and is found by its own', async () => {
    expect((await host.exec('getent hosts neighbour')).stdout).toMatch(/^192\.0\.2\.7\s/);
    expect((await findHost(`lab-${distro}`))?.id).toBe(host.id);
  });

  test('runs an engine of its own, which pulls images by their usual names', async () => {
    const { registryMirror } = await lab();
    const install = await host.exec(
      `set -e; export DEBIAN_FRONTEND=noninteractive
       mkdir -p /etc/docker && echo '{"registry-mirrors": ["${registryMirror}"]}' >/etc/docker/daemon.json
       apt-get -qq update
       apt-get -qq -y --no-install-recommends install docker.io $(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli)
       docker run -d --name db -e POSTGRES_PASSWORD=secret postgres:17`,
      300_000,
    );
    expect(install, install.stderr).toMatchObject({ code: 0 });
    await eventually(async () => {
      const query = 'docker exec -e PGPASSWORD=secret db psql -h 127.0.0.1 -U postgres -Atc "select 6 * 7"';
      expect((await host.exec(query)).stdout).toBe('42\n');
    });
  });
});

test('hosts share neither host key nor machine id, and leave nothing behind', async () => {
  const [one, two] = await Promise.all([startHost({ name: 'twin' }), startHost({ name: 'twin' })]);
  const volumes = await Promise.all([one, two].map(volumesOf));
  try {
    const ids = await Promise.all([one, two].map((host) => host.exec('cat /etc/machine-id')));
    expect(ids[0]?.stdout).toMatch(/^[0-9a-f]{32}\n$/);
    expect(ids[0]?.stdout).not.toBe(ids[1]?.stdout);
    expect(one.hostKey).toMatch(/^ssh-ed25519 [\w+/=]+$/);
    expect(one.hostKey).not.toBe(two.hostKey);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
  expect(await findHost('twin')).toBeUndefined();
  expect(volumes.flat()).toHaveLength(2);
  for (const volume of volumes.flat())
    await expect(docker.getVolume(volume).inspect()).rejects.toThrow(/no such volume/i);
});

/** What a command prints over a connection that trusts the host's own key alone. */
function overSsh(host: LabHost, options: ssh2.ConnectConfig, command: string): Promise<string> {
  const pinned = Buffer.from(host.hostKey.split(' ')[1] ?? '', 'base64');
  const client = new ssh2.Client();
  return new Promise<string>((resolve, reject) => {
    client.on('error', reject);
    client.on('ready', () => {
      client.exec(command, (error, stream) => {
        if (error) return reject(error);
        let output = '';
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk;
        });
        stream.on('close', () => resolve(output));
      });
    });
    client.connect({ host: host.address, hostVerifier: (key: Buffer) => key.equals(pinned), ...options });
  }).finally(() => client.end());
}

async function volumesOf({ id }: LabHost): Promise<string[]> {
  const { Mounts } = await docker.getContainer(id).inspect();
  return Mounts.flatMap(({ Name }) => Name ?? []);
}
