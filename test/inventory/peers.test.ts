/** What the roles of a host may know of the other hosts of its inventory. */
import { describe, expect, it } from 'vitest';
import { evaluateRoles } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { failure, resolve } from './inventory-files.ts';

/** Asks for the hosts of its variable `near`, and for those of `undeclared` without having named them. */
const NEIGHBOURS = `
import { defineRole, file, z } from 'provision';
export default defineRole({
  name: 'neighbours',
  params: z.object({ near: z.string().optional(), undeclared: z.string().optional() }),
  peers: ({ near }) => (near === undefined ? [] : [{ pattern: near, parameter: ['near'] }]),
  resources: ({ params: { near, undeclared }, peers }) =>
    [near, undeclared].flatMap((pattern) => (pattern === undefined ? [] : peers(pattern))).map((peer) =>
      file({ path: '/' + peer.name, content: [peer.hostname, peer.roles, peer.param('motd'), peer.param('rack')].join(' ') }),
    ),
});
`;
const files = { 'roles/neighbours.ts': NEIGHBOURS };

const CLUSTER = `lb:
  vars: { roles: [neighbours, motd], near: web, motd: Balanced }
  hosts: { lb1: { ansible_host: 10.0.0.1 } }
web:
  vars: { roles: [motd], motd: "Welcome to {{ inventory_hostname }}", rack: 7 }
  hosts:
    web2: { ansible_host: 10.0.0.12 }
    web1:
db:
  vars: { roles: [missing], motd: [] }
  hosts: { db1: }
`;

/** What the role saw of its peers: the files that it would write. */
async function seen(content: string, setting = { limit: 'lb' }): Promise<Record<string, unknown>> {
  const [host] = await resolve(content, { files, ...setting });
  if (host === undefined) throw new Error('no host was selected');
  const placed = evaluateRoles({ ...host, localPath: (path) => path }, ASSUMED_FACTS);
  const written = placed.filter(({ role }) => role === 'neighbours').map(({ resource }) => resource);
  return Object.fromEntries(written.map(({ id, desired }) => [id, (desired as { content: unknown }).content]));
}

describe('peers', () => {
  it('are the selected hosts, as their own roles read them, in the order of the inventory', async () => {
    const found = await seen(CLUSTER);
    expect(found).toEqual({
      'file:/web2': '10.0.0.12 motd Welcome to web2 ',
      'file:/web1': 'web1 motd Welcome to web1 ',
    });
    expect(Object.keys(found)).toEqual(['file:/web2', 'file:/web1']);
  });

  it('may be the host itself, or name each other', async () => {
    const content = CLUSTER.replace('near: web', "near: 'lb,web1'").replace('[motd]', '[motd, neighbours]');
    const mutual = content.replace('rack: 7', 'near: lb');
    expect(await seen(mutual)).toEqual({
      'file:/lb1': '10.0.0.1 neighbours,motd Balanced ',
      'file:/web1': 'web1 motd,neighbours Welcome to web1 ',
    });
  });

  it('are read where a selected role names them, and only then', async () => {
    // The host db1 has a role that does not exist.
    const wrong = CLUSTER.replace('near: web', 'near: "web,db"');
    const problem = 'role-not-found prod.yml:10:19: there is no role "missing"';
    expect(await failure(resolve(wrong, { files, limit: 'lb' }))).toContain(problem);
    expect(await resolve(wrong, { files, limit: 'lb', roles: ['motd'] })).toHaveLength(1);
    expect(await resolve(wrong, { files, limit: 'web' })).toHaveLength(2);
  });

  it.each([
    [
      'motd: "Welcome to {{ inventory_hostname }}"',
      'motd: []',
      'inventory-bad-parameter prod.yml:5:26: motd: expected a text',
    ],
    ['rack: 7', 'secrets: { a: { env: A } }', 'secret-missing prod.yml:5:82: the secret a is missing'],
    [
      'near: web',
      'near: wbe',
      'inventory-no-host-matches prod.yml:2:38: no host or group is named "wbe"\nDid you mean `web`?',
    ],
    ['near: web', 'near: "web,!web*"', 'inventory-no-host-matches prod.yml:2:38: no host matches "web,!web*"'],
    ['near: web', 'near: "~web("', 'usage prod.yml:2:38: the pattern "~web(" is no regular expression'],
  ])('tell where they are wrong: %s, %s', async (before, after, error) => {
    const content = CLUSTER.replace(before, after);
    expect(content).not.toBe(CLUSTER);
    expect(await failure(resolve(content, { files, limit: 'lb' }))).toContain(error);
  });

  it('must have been named by the role', async () => {
    const content = CLUSTER.replace('near: web', 'undeclared: web');
    const error = 'a role asks for the hosts "web" without having named them';
    expect(await failure(seen(content))).toContain(`role-invalid: ${error}`);
  });
});

/** haproxy in front of the stacks of a group. */
const SHOP = `lb:
  vars:
    roles: [haproxy]
    haproxy:
      routes: [{ service: app }]
      backends: { app: { hosts: shop } }
  hosts: { lb1: }
shop:
  vars:
    roles: [stack]
    stack: { name: shop, listen: 10.0.0.2, services: { app: { image: app, port: 80 } } }
  hosts: { shop1: }
`;

describe('the backends of haproxy', () => {
  it.each([
    ['listen: 10.0.0.2, ', '', '6:26: app on shop1 answers on 127.0.0.1 alone, where lb1 cannot reach it'],
    [', port: 80', '', '6:26: the service app of shop1 has no port to send requests to'],
    ['roles: [stack]', 'roles: []', '6:26: shop1 has no stack that could run app'],
    ['hosts: shop }', 'hosts: shpo }', '6:26: no host or group is named "shpo"'],
    ['port: 80', 'prot: 80', '11:75: stack.services.app has no key "prot"'],
    ['hosts: shop }', '}', '6:19: haproxy.backends.app lacks servers'],
  ])('tell where they are wrong: %s, %s', async (before, after, error) => {
    const evaluated = (content: string) => seen(content, { limit: 'lb' });
    await expect(evaluated(SHOP)).resolves.toEqual({});
    expect(await failure(evaluated(SHOP.replace(before, after)))).toContain(` prod.yml:${error}`);
  });
});
