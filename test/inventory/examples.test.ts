/** The inventories that come with provision are right in every name and value, for the roles that come with it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateBalancer } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { resolveHosts } from '../../src/inventory/resolve.ts';

const TOP = join(import.meta.dirname, '..', '..');
/** Scenarios of roles are read with what `provision test` adds: see test/trial. */
const EXAMPLES = globSync('inventory/**/*.yml', { cwd: TOP, exclude: ['**/*.test.yml'] });

const VALUES: Readonly<Record<string, string>> = {
  DEMO_HOST_KEY: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w',
  DEMO_REGISTRY_MIRROR: 'http://localhost:5000',
};

/** The environment that an inventory asks for. */
function environmentOf(path: string): Record<string, string> {
  const names = readFileSync(path, 'utf8').matchAll(/\benv(?:\.|: )([A-Z]\w*)/g);
  return Object.fromEntries([...names].map(([, name = '']) => [name, VALUES[name] ?? name.toLowerCase()]));
}

describe('the inventories in inventory/', () => {
  it.each(EXAMPLES)('%s', async (example) => {
    const path = join(TOP, example);
    const hosts = await resolveHosts(await loadInventory(path, { env: environmentOf(path) }));
    expect(hosts.length).toBeGreaterThan(0);
    expect(hosts.every(({ roles }) => roles.length > 0)).toBe(true);
  });

  it('cluster.yml: each balancer leads to the application on each host, also where a run is for one alone', async () => {
    const path = join(TOP, 'inventory', 'cluster.yml');
    const inventory = await loadInventory(path, { env: environmentOf(path) });
    for (const limit of ['lb1', 'lb2']) {
      const [host] = await resolveHosts(inventory, { limit });
      const balancer = host && evaluateBalancer({ ...host, localPath: (local) => local }, ASSUMED_FACTS);
      expect(balancer?.servers.map(({ server }) => server)).toEqual(
        ['app1', 'app2'].flatMap((name) => [1, 2, 3].map((number) => `${name}-app-${number}`)),
      );
    }
  });

  it('several-hosts.yml: each host has what its groups and itself say', async () => {
    const path = join(TOP, 'inventory', 'examples', 'several-hosts.yml');
    const hosts = await resolveHosts(await loadInventory(path, { env: environmentOf(path) }));
    const told = hosts.map(({ name, groups, settings, roles, secrets }) => ({
      name,
      groups: groups.join(' '),
      roles: roles.map((role) => role.definition.name).join(' '),
      address: [settings.jump, settings.hostname, settings.port].join(' '),
      mirrors: (
        roles.find((role) => role.definition.name === 'docker')?.params.docker as { registry_mirrors: string[] }
      )?.registry_mirrors,
      secrets: secrets.map((secret) => `${secret.name} ${secret.secret.isKnown}`),
    }));
    const mirrors = ['https://registry.example.com:5000'];
    const web = { roles: 'users packages docker', mirrors, secrets: [] };
    expect(told).toEqual([
      { ...web, name: 'web1', groups: 'all web prague', address: 'jump@bastion.example.com 10.1.0.11 ' },
      { ...web, name: 'web2', groups: 'all web prague', address: 'jump@bastion.example.com 10.1.0.12 2222' },
      { ...web, name: 'web3', groups: 'all web brno', address: ' 203.0.113.13 ' },
      {
        name: 'watch',
        groups: 'all monitoring',
        roles: 'users packages',
        address: ' watch.example.com ',
        mirrors: undefined,
        secrets: ['watch_sudo true', 'grafana false'],
      },
    ]);
  });
});
