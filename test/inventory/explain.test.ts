import { describe, expect, it } from 'vitest';
import { type Explanation, explain } from '../../src/inventory/explain.ts';
import { viewHost } from '../../src/inventory/view.ts';
import { failure, load } from './inventory-files.ts';

const INVENTORY = `all:
  vars:
    roles: [packages, docker, stack]
    packages: [curl]
    user: all
    editor: vim
    ansible_user: root
  children:
    europe:
      vars: { user: europe, region: eu, tier: a }
      children:
        web:
          vars:
            user: web
            stack:
              name: shop
              services: { app: { image: "app:{{ tag }}", port: 5000 } }
          hosts:
            web1: { user: web1, docker: { users: ["{{ editor }}"] }, users_token: canary-x }
            web2: { user: web2, stack: { name: other, services: { db: { image: db } } }, broken: "{{ env.NOWHERE }}" }
    beta:
      vars: { tier: b, region: beta, ansible_group_priority: 5, tag: 2 }
      hosts: { web1: , web2: }
    alpha:
      vars: { tier: c, tag: 1 }
      hosts: { web1: }
`;

async function explained(variable: string, name = 'web1', content = INVENTORY): Promise<Explanation> {
  const inventory = await load(content);
  const host = inventory.hosts.get(name);
  if (host === undefined) throw new Error(`there is no host ${name}`);
  return explain(await viewHost(host, inventory), variable, inventory);
}

/** `host web1 at 18:21: web1`, the one that counts first. */
async function placesOf(variable: string, name?: string, content?: string): Promise<readonly string[]> {
  const { places } = await explained(variable, name, content);
  return places.map((place) => {
    const at = place.location.replace(/^.*prod\.yml:/, '');
    return `${place.kind} ${place.name} at ${at}: ${JSON.stringify(place.value)}`;
  });
}

describe('explain', () => {
  it('tells every place, the one that counts first', async () => {
    expect(await placesOf('user')).toEqual([
      'host web1 at 19:21: "web1"',
      'group web at 14:13: "web"',
      'group europe at 10:15: "europe"',
      'group all at 5:5: "all"',
    ]);
    expect(await explained('user')).toMatchObject({ value: 'web1', fallback: undefined, readers: [] });
  });

  it.each([
    ['user', 'web1', 'The first one counts: a host counts before its groups.'],
    ['editor', 'web1', 'Nothing else sets it.'],
    ['region', 'web1', 'The first one counts: beta has the higher ansible_group_priority (5, europe 1).'],
    ['tag', 'web1', 'The first one counts: beta has the higher ansible_group_priority (5, alpha 1).'],
  ])('why %s of %s', async (variable, host, why) => {
    expect((await explained(variable, host)).why).toBe(why);
  });

  it.each([
    {
      rule: 'a group before those that it lies in',
      groups: 'a: { vars: { x: 1 }, children: { b: { vars: { x: 2 }, hosts: { h: } } } }',
      why: 'b lies in a, and a group counts before those that it lies in',
    },
    {
      rule: 'all last',
      groups: 'a: { vars: { x: 2 }, hosts: { h: } }',
      why: 'every group counts before all',
    },
    {
      rule: 'the deeper one',
      groups: 'z: { vars: { x: 1 }, hosts: { h: } }, a: { children: { b: { vars: { x: 2 }, hosts: { h: } } } }',
      why: 'b lies deeper below all (2) than z (1)',
    },
    {
      rule: 'the later name',
      groups: 'a: { vars: { x: 1 }, hosts: { h: } }, b: { vars: { x: 2 }, hosts: { h: } }',
      why: 'of groups at the same depth the last in the alphabet counts, b before a',
    },
  ])('why: $rule', async ({ groups, why }) => {
    const explanation = await explained('x', 'h', `all: { vars: { x: 0 }, children: { ${groups} } }`);
    expect(explanation).toMatchObject({ why: `The first one counts: ${why}.`, value: 2 });
    expect(explanation.places[0]?.value).toBe(2);
  });

  it('several `vars` of one group', async () => {
    const content = 'all: { children: { a: { vars: { x: 1 }, hosts: { h: } } } }\na: { vars: { x: 2 } }\n';
    expect(await explained('x', 'h', content)).toMatchObject({
      why: 'The first one counts: of several `vars` of a the last counts.',
      value: 2,
    });
  });

  it('tells keys within, with references as they are written and resolved', async () => {
    expect(await placesOf('stack.services.app.image')).toEqual(['group web at 17:34: "app:{{ tag }}"']);
    expect(await explained('stack.services.app.image')).toMatchObject({ value: 'app:2', readers: ['the role stack'] });
    expect(await explained('docker.users[0]')).toMatchObject({ value: 'vim' });
    expect(await explained("stack.services['app'].port")).toMatchObject({ value: 5000 });
  });

  it('tells defaults in the form in which people write them', async () => {
    const unset = { value: undefined, within: undefined };
    expect(await explained('stack.services.app.replicas')).toMatchObject({
      ...unset,
      why: 'Nobody sets it.',
      fallback: { value: 1, reader: 'the role stack' },
    });
    expect(await explained('stack.services.app.rollout.stop')).toMatchObject({ ...unset, fallback: { value: '10s' } });
    expect(await explained('docker.source', 'web2')).toMatchObject({
      ...unset,
      places: [],
      fallback: { value: 'distro' },
    });
    expect(await explained('stack.directory')).toMatchObject({ ...unset, fallback: undefined });
    expect(await explained('ansible_port')).toMatchObject({ ...unset, readers: ['the connection'] });
  });

  it('tells what a default depends on', async () => {
    expect(await explained('stack.services.app.health.timeout')).toMatchObject({
      within: 'stack.services.app.health',
      fallback: { value: '60s' },
    });
  });

  it('tells that a mapping replaces another one as a whole', async () => {
    const content = 'all: { vars: { a: { b: 1, c: 2 } }, hosts: { h: { a: { b: 3 } } } }';
    expect(await placesOf('a.b', 'h', content)).toEqual(['host h at 1:56: 3', 'group all at 1:21: 1']);
    expect(await explained('stack.services.db.port', 'web2')).toMatchObject({ value: undefined });
    const hidden = await explained(
      'docker.users',
      'h',
      'all: { vars: { roles: [docker], docker: { users: [a] } }, hosts: { h: { docker: {} } } }',
    );
    expect(hidden.why).toBe(
      'Nothing counts: host h sets docker as a whole, without this key. A mapping or list is replaced, never merged.',
    );
    expect(hidden).toMatchObject({ value: undefined, fallback: { value: [] } });
  });

  it('shows no secrets', async () => {
    expect(await explained('users_token')).toMatchObject({ value: '<secret>', places: [{ value: '<secret>' }] });
    const content =
      'all: { vars: { roles: [], secrets: { a: generate, b: canary-y }, c: "x{{ secrets.a }}" }, hosts: { h: { ansible_password: "{{ plain }}", plain: canary-z } } }';
    const told = await Promise.all(
      ['secrets.a', 'secrets.b', 'c', 'ansible_password'].map((name) => explained(name, 'h', content)),
    );
    expect(told.map(({ value }) => value)).toEqual(['<secret>', '<secret>', 'x<secret>', '<secret>']);
    expect(await explained('secrets', 'h', content)).toMatchObject({
      value: { a: 'generate', b: '<secret>' },
      problem: undefined,
    });
    expect(told.map(({ places }) => places[0]?.value)).toEqual([
      'generate',
      '<secret>',
      'x{{ secrets.a }}',
      '{{ plain }}',
    ]);
  });

  it('tells the places also where a reference leads nowhere', async () => {
    expect(await placesOf('broken', 'web2')).toHaveLength(1);
    expect((await explained('broken', 'web2')).problem).toContain('the environment variable NOWHERE is not set');
  });

  it.each([
    ['pakages', 'nobody sets the variable pakages, and nobody reads it', 'Did you mean `packages`?'],
    ['ansible_prt', 'nobody sets the variable ansible_prt, and nobody reads it', 'Did you mean `ansible_port`?'],
    ['stack.servces', 'stack has no servces', 'Did you mean `services`?'],
    ['stack.services.ap.port', 'stack.services has no ap', 'Did you mean `app`?'],
    ['stack.services.app.replcas', 'stack.services.app has no replcas', 'Did you mean `replicas`?'],
    ['docker.users[7]', 'docker.users has no 7', 'It is a list of 1.'],
    ['user.name', 'user has no name', 'There are none.'],
  ])('%s: the nearest one', async (variable, message, hint) => {
    expect(await failure(explained(variable))).toBe(`inventory-unknown-variable: ${message}\n${hint}`);
  });

  it.each(['', 'a b', '0', 'a..b', '{{ a }}'])('%j is no variable', async (variable) => {
    expect(await failure(explained(variable))).toContain(
      `usage: ${JSON.stringify(variable)} is not the name of a variable`,
    );
  });
});
