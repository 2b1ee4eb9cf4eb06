import { describe, expect, it } from 'vitest';
import docker from '../../roles/docker.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { BOOKWORM, contentOf, desiredOf, idsOf, refusalOf, resourcesOf, TRIXIE } from './role.ts';

const UBUNTU = { ...TRIXIE, os: 'ubuntu', osVersion: '24.04', codename: 'noble' };
const SID = { ...TRIXIE, osVersion: '', codename: 'sid' };

describe('docker', () => {
  it('writes the configuration before the engine is installed, and started by that', () => {
    const resources = resourcesOf(docker, {});
    expect(idsOf(resources)).toEqual([
      'directory:/etc/docker',
      'file:/etc/docker/daemon.json',
      'packages:docker-cli,docker-compose,docker.io,iptables',
      'service:docker',
    ]);
    expect(resources[1]?.notify.map(({ id }) => id)).toEqual(['restart docker']);
    expect(desiredOf(resources, 'service:docker')).toMatchObject({ state: 'running', enabled: true });
    expect(contentOf(resources, '/etc/docker/daemon.json')).toBe(`{
  "log-driver": "json-file",
  "log-opts": {
    "max-size": "10m",
    "max-file": "3"
  },
  "live-restore": true
}
`);
  });

  it.each([
    { facts: TRIXIE, names: ['docker-cli', 'docker-compose', 'docker.io', 'iptables'] },
    { facts: SID, names: ['docker-cli', 'docker-compose', 'docker.io', 'iptables'] },
    { facts: BOOKWORM, names: ['docker-compose', 'docker.io', 'iptables'] },
    { facts: UBUNTU, names: ['docker-compose-v2', 'docker.io', 'iptables'] },
  ])('has the packages of $facts.os $facts.osVersion', ({ facts, names }) => {
    const [packages] = resourcesOf(docker, {}, { facts }).filter(({ kind }) => kind.kind === 'packages');
    expect(packages?.desired).toMatchObject({ names });
  });

  it('has a repository of its own', () => {
    const resources = resourcesOf(docker, { docker: { source: 'docker.com' } }, { facts: BOOKWORM });
    expect(idsOf(resources)).toEqual([
      'directory:/etc/docker',
      'file:/etc/docker/daemon.json',
      'apt-repository:docker',
      expect.stringMatching(/^packages:containerd\.io,docker-buildx-plugin,docker-ce,docker-ce-cli\+2-/),
      'service:docker',
    ]);
    expect(desiredOf(resources, 'apt-repository:docker')).toMatchObject({
      uris: ['https://download.docker.com/linux/debian'],
      suites: ['bookworm'],
      architectures: ['amd64'],
    });
  });

  it('merges settings: those of the inventory come first', () => {
    const settings = {
      registry_mirrors: ['http://10.0.0.1:5000'],
      insecure_registries: ['10.0.0.1:5000', 'registry', '10.0.0.0/8', '[fd00::1]:5000', 'fd00::/8'],
      daemon: { 'live-restore': false, bip: '10.9.0.1/24' },
    };
    expect(JSON.parse(contentOf(resourcesOf(docker, { docker: settings }), '/etc/docker/daemon.json'))).toEqual({
      'log-driver': 'json-file',
      'log-opts': { 'max-size': '10m', 'max-file': '3' },
      'live-restore': false,
      'registry-mirrors': ['http://10.0.0.1:5000'],
      'insecure-registries': ['10.0.0.1:5000', 'registry', '10.0.0.0/8', '[fd00::1]:5000', 'fd00::/8'],
      bip: '10.9.0.1/24',
    });
  });

  it('adds users to its group, and touches nothing else of them', () => {
    const resources = resourcesOf(docker, { docker: { users: ['alice'] } });
    const { argv, unless } = desiredOf(resources, 'command:docker-member-alice');
    expect(argv).toEqual(['gpasswd', '-a', 'alice', 'docker']);
    expect(scriptText(unless as Parameters<typeof scriptText>[0])).toBe(
      "id -nG alice | tr ' ' '\\n' | grep -qx docker",
    );
  });

  it.each(['alpine', 'fedora', ''])('says so where it knows no packages: %j', (os) => {
    expect(() => resourcesOf(docker, {}, { facts: { ...TRIXIE, os } })).toThrow(/no packages of Docker are known for/);
    expect(() => resourcesOf(docker, { docker: { source: 'docker.com' } }, { facts: { ...TRIXIE, os } })).toThrow(
      /no packages of Docker are known for/,
    );
  });

  it.each([
    [{ source: 'snap' }, 'docker.source: Invalid option'],
    [{ registry_mirrors: ['mirror:5000'] }, 'docker.registry_mirrors.0: Invalid URL'],
    ...['', ':', 'registry:', 'http://registry:5000', 'a b', '10.0.0.0/', '10.0.0.0/99', 'host:99999', 'host:0'].map(
      (registry): [object, string] => [
        { insecure_registries: [registry] },
        'docker.insecure_registries.0: must be HOST',
      ],
    ),
    [{ mirrors: [] }, 'docker: Unrecognized key: "mirrors"'],
    [{ users: ['a b'] }, 'docker.users.0: must be 1 to 32'],
  ])('refuses %j', (value, message) => {
    expect(refusalOf(docker, { docker: value })).toContain(message);
  });
});
