import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { participantsOf } from '../../src/deploy/participants.ts';
import type { HostTask } from '../../src/engine/host-run.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { resolveHosts } from '../../src/inventory/resolve.ts';

const MEMORY = { recall: async () => undefined, remember: async () => {} };

const SERVICES = 'services: { app: { image: "shop:1", port: 80, migrate: [migrate] } }';
const DATABASE = 'databases: { db: { engine: postgres, name: shop, users: { shop: { access: owner, password: p } } } }';

/** Hosts on which all of an application runs, and one beside them. */
const ALONE = `
all:
  vars:
    stack: { name: shop, ${SERVICES}, ${DATABASE} }
    certs: { domain: shop.example.com, provider: self-signed }
    haproxy: { routes: [{ path: /, service: app }] }
  children:
    shops:
      vars: { roles: [certs, stack, haproxy] }
      hosts: { one: {}, two: {} }
  hosts:
    mail: { roles: [packages] }
`;

/** Two load balancers before two hosts of an application, one beside them, and another application with all that it needs. */
const CLUSTER = `
all:
  children:
    lb:
      vars:
        roles: [certs, haproxy]
        certs: { domain: shop.example.com, provider: self-signed }
        haproxy: { routes: [{ path: /, service: app }], backends: { app: { hosts: application } } }
      hosts: { lb1: {}, lb2: {} }
    application:
      vars: { roles: [stack], stack: { name: shop, listen: 10.0.0.1, ${SERVICES} } }
      hosts: { app1: {}, app2: {} }
  hosts:
    blog:
      roles: [certs, stack, haproxy]
      stack: { name: blog, ${SERVICES} }
      certs: { domain: blog.example.com, provider: self-signed }
      haproxy: { routes: [{ path: /, service: app }] }
    jobs: { roles: [stack], stack: { name: shop, services: { app: { image: "shop:1", migrate: [migrate] } } } }
`;

async function tasksOf(inventory: string): Promise<readonly HostTask[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'participants-')), 'hosts.yml');
  writeFileSync(file, inventory);
  const hosts = await resolveHosts(await loadInventory(file, { env: {} }));
  return hosts.map((host) => ({
    ...host,
    address: host.name,
    hostname: host.name,
    localPath: (path) => path,
    connect: () => Promise.reject(new Error('no host is reached')),
  }));
}

describe('who takes part in a redeploy', () => {
  it.each([
    { what: 'all', inventory: ALONE, chosen: 'one two mail', hosts: 'one two' },
    { what: 'a host for itself', inventory: ALONE, chosen: 'one', hosts: 'one' },
    { what: 'one without an application', inventory: ALONE, chosen: 'mail', hosts: '' },
    { what: 'the load balancers before one', inventory: CLUSTER, chosen: 'app1', hosts: 'app1 +lb1 +lb2' },
    { what: 'no other application', inventory: CLUSTER, chosen: 'blog', hosts: 'blog' },
    {
      what: 'load balancers that may have sent requests there',
      inventory: CLUSTER,
      chosen: 'jobs',
      hosts: 'jobs +lb1 +lb2',
    },
  ])('$what', async ({ inventory, chosen, hosts }) => {
    const all = await tasksOf(inventory);
    const names = chosen.split(' ');
    const [own = [], others = []] = [true, false].map((is) => all.filter(({ name }) => names.includes(name) === is));
    const found = await participantsOf({ chosen: own, others }, MEMORY);
    const told = found.hosts.map(({ task, isChosen }) => `${isChosen ? '' : '+'}${task.name}`);
    expect(told.toSorted()).toEqual(hosts.split(' ').filter(Boolean).toSorted());
    expect(found.leftOut).toEqual([]);
  });

  it.each([
    { failed: 'mail', inventory: ALONE, hosts: 'one two', leftOut: [] },
    { failed: 'two', inventory: ALONE, hosts: 'one', leftOut: [] },
    {
      failed: 'lb1',
      inventory: CLUSTER,
      hosts: 'blog jobs lb2',
      leftOut: [{ hosts: ['app1', 'app2'], because: ['lb1'] }],
    },
    {
      failed: 'app2',
      inventory: CLUSTER,
      hosts: 'blog jobs',
      leftOut: [{ hosts: ['lb1', 'lb2', 'app1'], because: ['app2'] }],
    },
    {
      // It migrates for all.
      failed: 'jobs',
      inventory: CLUSTER,
      hosts: 'blog lb1 lb2',
      leftOut: [{ hosts: ['app1', 'app2'], because: ['jobs'] }],
    },
    { failed: 'blog', inventory: CLUSTER, hosts: 'app1 app2 jobs lb1 lb2', leftOut: [] },
  ])('where the apply failed on $failed', async ({ failed, inventory, hosts, leftOut }) => {
    const found = await participantsOf({ chosen: await tasksOf(inventory), failed: new Set([failed]) }, MEMORY);
    expect(found.hosts.map(({ task }) => task.name).toSorted()).toEqual(hosts.split(' '));
    expect(found.leftOut).toEqual(leftOut);
  });
});
