/** Everything in the reference can be found; what is told there is held to the code by test/docs. */
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/errors.ts';
import * as api from '../../src/index.ts';
import { CONNECTION_SCHEMA } from '../../src/inventory/connection.ts';
import { type Found, loadReference } from '../../src/reference/topics.ts';
import { schemaKeys } from '../docs/schema-keys.ts';

const ROLES = ['users', 'packages', 'docker', 'certs', 'stack', 'haproxy'];
const { topics, find, has } = await loadReference();

/** `roles: stack`, or the path of a key. */
function told(found: Found): string {
  return found.kind === 'section' ? `${found.topic.page}: ${found.topic.name}` : found.topic.path;
}

describe('the topics', () => {
  it.each(Object.keys(ERROR_CODES))('the error %s', (code) => expect(told(find(code))).toBe(`errors: ${code}`));

  it('the roles', () => {
    expect(topics.filter(({ isRole }) => isRole).map(({ name }) => name)).toEqual(ROLES);
    for (const role of ROLES) expect(told(find(role))).toBe(`roles: ${role}`);
  });

  it.each(ROLES)('all keys of %s', async (role) => {
    const { default: definition } = await import(`../../roles/${role}.ts`);
    const paths = [...schemaKeys(definition.params).keys()].filter((path) => path.startsWith(`${role}.`));
    expect(paths.filter((path) => told(find(path)).replace(/\.NAME$/, '') !== path)).toEqual([]);
  });

  it('all variables of the connection', () => {
    for (const name of Object.keys(CONNECTION_SCHEMA.shape)) expect(told(find(name))).toBe(name);
  });

  it('the kinds of resources, and their keys', () => {
    const kinds = Object.entries(api).filter(([, value]) => typeof value === 'function' && 'kind' in value);
    expect(kinds.length).toBeGreaterThan(20);
    for (const [name, kind] of kinds) {
      expect(told(find(`resources.${name}`))).toBe(`resources: ${name}`);
      for (const path of schemaKeys((kind as unknown as { schema: api.z.ZodType }).schema).keys())
        expect(has(`${name}.${path}`)).toBe(true);
    }
  });
});

describe('find', () => {
  it.each([
    ['stack.services.health', 'stack.services.NAME.health'],
    ['stack.services.app.health', 'stack.services.NAME.health'],
    ['stack.services.app.health.timeout', 'stack.services.NAME.health.timeout'],
    ['stack.services', 'stack.services.NAME'],
    ['stack.services.NAME', 'stack.services.NAME'],
    ['stack.services.web', 'stack.services.NAME'],
    ['stack.services.worker', 'stack.services.NAME'],
    ['stack.services.user', 'stack.services.NAME.user'],
    ['haproxy.basic_auth[0].users.alice.hash', 'haproxy.basic_auth.users.NAME.hash'],
    ['users[0].name', 'users.name'],
    ['file.mode', 'file.mode'],
    ['Host-Locked', 'errors: host-locked'],
    ['authorized-keys', 'resources: authorizedKeys'],
    ['packages', 'roles: packages'],
    ['resources.packages', 'resources: packages'],
    ['secrets', 'roles: secrets'],
    ['connection', 'roles: connection'],
    ['host-patterns', 'roles: host-patterns'],
    ['run-started', 'json: run-started'],
    ['json', 'json: json'],
    ['vault', 'vault: vault'],
    ['vault.command', 'vault: command'],
    ['command', 'resources: command'],
  ])('%s: %s', (name, expected) => expect(told(find(name))).toBe(expected));

  it('tells other topics of the same name', () => {
    const found = find('packages');
    expect(found.kind === 'section' && found.others.map(({ page }) => page)).toEqual(['resources']);
  });

  it('gives a key with what stands below its table', () => {
    const found = find('stack.services.drain');
    const kinds = found.kind === 'key' ? found.topic.blocks.map(({ kind }) => kind) : [];
    expect(kinds).toEqual(['table', 'paragraph']);
  });

  it.each([
    ['stak', 'Did you mean `stack`?'],
    ['host-loked', 'Did you mean `host-locked`?'],
    ['stack.servces', 'Did you mean `stack.services`?'],
    ['users.sudoo', 'Did you mean `users.sudo`?'],
    ['stack.services.helth', 'Did you mean `stack.services.health`?'],
    ['stack.services.app.helth', 'Did you mean `stack.services.app.health`?'],
    ['stack.services.app.health.timout', 'Did you mean `stack.services.app.health.timeout`?'],
    ['xyzzy-and-more', 'See provision docs for all of them.'],
  ])('%s: the nearest one', (name, hint) => {
    expect(has(name)).toBe(false);
    expect(() => find(name)).toThrow(expect.objectContaining({ code: 'usage', hint }));
  });
});
