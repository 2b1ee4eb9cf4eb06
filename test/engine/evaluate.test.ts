import { describe, expect, it } from 'vitest';
import { type AssignedRole, evaluateBalancer, evaluateRoles, type HostSpec } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { rememberRoleOrigin } from '../../src/engine/role-origin.ts';
import { type Balancer, defineRole, file, ProvisionError, type RoleDefinition, sh, z } from '../../src/index.ts';

const BALANCER: Balancer = {
  adminSocket: '/run/a',
  masterSocket: '/run/m',
  configFile: '/etc/c',
  backupFile: '/before',
  holdFolder: '/held',
  reload: { id: 'reload', script: sh`true` },
  servers: [],
  site: undefined,
};

const plain = defineRole({ name: 'plain', params: z.object({}), resources: () => [] });

function balancing(balancer: RoleDefinition['balancer']): RoleDefinition {
  return { ...plain, name: 'balancing', ...(balancer && { balancer }) };
}

function specWith(...definitions: readonly RoleDefinition[]): HostSpec {
  const roles = definitions.map(
    (definition): AssignedRole => ({ definition, params: {}, origin: (path) => `prod.yml:${path.join('.')}` }),
  );
  const peer = { name: 'web2', hostname: '10.0.0.2', roles: [], param: () => undefined };
  return { name: 'web1', roles, secrets: [], localPath: (path) => path, peers: () => [peer] };
}

describe('the balancer of a host', () => {
  it('is that of the role that has one', () => {
    const site = { tls: true, port: 443, path: '/' };
    const spec = specWith(
      plain,
      balancing(({ host, peers }) => ({
        ...BALANCER,
        site: { ...site, path: `/${host}/${peers('x')[0]?.name}` },
      })),
    );
    expect(evaluateBalancer(spec, ASSUMED_FACTS)).toEqual({ ...BALANCER, site: { ...site, path: '/web1/web2' } });
  });

  it('need not be', () => {
    expect(evaluateBalancer(specWith(plain), ASSUMED_FACTS)).toBeUndefined();
  });

  it('fails with the place of the parameter', () => {
    const spec = specWith(
      balancing(() => {
        throw new ProvisionError('inventory-bad-parameter', 'no', { parameter: ['a', 'b'] });
      }),
    );
    expect(() => evaluateBalancer(spec, ASSUMED_FACTS)).toThrowError(
      expect.objectContaining({ host: 'web1', location: 'prod.yml:a.b' }),
    );
  });
});

it('gives roles their peers', () => {
  const role = defineRole({
    name: 'hosts',
    params: z.object({}),
    resources: ({ peers }) => peers('all').map(({ hostname }) => file({ path: `/${hostname}`, content: '' })),
  });
  const placed = evaluateRoles(specWith(role), ASSUMED_FACTS);
  expect(placed.map(({ resource }) => resource.id)).toEqual(['file:/10.0.0.2']);
});

describe('a role that fails', () => {
  /** What a role of this name turns an error into. */
  function failureOf(name: string, cause: unknown): unknown {
    const fails = () => {
      throw cause;
    };
    try {
      evaluateRoles(specWith(defineRole({ name, params: z.object({}), resources: fails })), ASSUMED_FACTS);
    } catch (error) {
      return error;
    }
    return undefined;
  }

  it.each<[string, readonly string[], string | undefined]>([
    ['as Node writes a module', ['resources (file:///srv/roles/shop.ts:12:7)'], '/srv/roles/shop.ts:12:7'],
    ['without the name of a function', ['file:///srv/roles/shop.ts:3:1'], '/srv/roles/shop.ts:3:1'],
    ['as a path', ['Object.resources (/srv/roles/shop.ts:12:7)'], '/srv/roles/shop.ts:12:7'],
    [
      'where the role calls what throws',
      [
        'parse (node:internal/url:1:2)',
        'portOf (file:///srv/roles/shop/ports.ts:9:9)',
        'file:///srv/roles/shop.ts:8:2',
      ],
      '/srv/roles/shop.ts:8:2',
    ],
    [
      'at the innermost place of the role',
      ['nameOf (/srv/roles/shop.ts:40:3)', 'resources (/srv/roles/shop.ts:12:7)'],
      '/srv/roles/shop.ts:40:3',
    ],
    ['in a folder of its own', ['resources (file:///srv/roles/shop/index.ts:12:7)'], '/srv/roles/shop/index.ts:12:7'],
    ['in JavaScript', ['resources (file:///srv/roles/shop.js:12:7)'], '/srv/roles/shop.js:12:7'],
    ['in a folder, in JavaScript', ['resources (/srv/roles/shop/index.js:12:7)'], '/srv/roles/shop/index.js:12:7'],
    ["not in another role's folder", ['resources (/srv/roles/workshop/index.ts:12:7)'], undefined],
    ['not in a file that only ends so', ['resources (/srv/roles/workshop.ts:12:7)'], undefined],
    ['not where the role is nowhere', ['parse (node:internal/url:1:2)'], undefined],
  ])('is told with its place: %s', (_, frames, location) => {
    const stack = ['TypeError: no ports', ...frames.map((frame) => `    at ${frame}`)].join('\n');
    const cause = Object.assign(new TypeError('no ports'), { stack });
    const error = failureOf('shop', cause);
    expect(error).toBeInstanceOf(ProvisionError);
    expect(error).toMatchObject({
      code: 'role-invalid',
      message: 'the role shop failed: no ports',
      host: 'web1',
      location,
      hint: expect.stringContaining('--debug'),
      cause,
    });
  });

  it('is found in a real stack', () => {
    // This file's own name, as if it were the role's.
    const error = failureOf('evaluate.test', new Error('no'));
    expect(error).toMatchObject({
      location: expect.stringMatching(/^\/.*\/test\/engine\/evaluate\.test\.ts:\d+:\d+$/),
    });
  });

  it.each([
    ['a text', 'a text'],
    [undefined, 'undefined'],
  ])('with %j has at least a message', (cause, message) => {
    const told = { code: 'role-invalid', message: `the role shop failed: ${message}`, location: undefined };
    expect(failureOf('shop', cause)).toMatchObject(told);
  });

  it('as a load balancer is told in the same way', () => {
    const fails = balancing(() => {
      throw new TypeError('no ports');
    });
    expect(() => evaluateBalancer(specWith(fails), ASSUMED_FACTS)).toThrow(
      expect.objectContaining({ code: 'role-invalid', message: 'the role balancing failed: no ports', host: 'web1' }),
    );
  });
});

describe('what a role returns', () => {
  const motd = file({ path: '/etc/motd', content: '' });

  it.each<[why: string, returned: unknown, what: string, advice: string]>([
    ['a forgotten return', undefined, 'nothing', 'Did you forget `return`?'],
    ['an async role', Promise.resolve([motd]), 'a promise', 'Remove `async`'],
    ['a resource alone', motd, 'a resource without a list', 'Put brackets around it'],
    ['null', null, 'null', '`[]`'],
    ['a text', 'motd', 'a text', '`[]`'],
    ['a number', 1, 'a number', '`[]`'],
    ['an object', { motd }, 'an object', '`[]`'],
    ['a set', new Set([motd]), 'an object', '`[]`'],
    ['undefined in the list', [motd, undefined], 'a list whose entry 2 is undefined', 'Make each entry with a builder'],
    ['false in the list', [false], 'a list whose entry 1 is a boolean', 'Make each entry with a builder'],
    ['a hole in the list', new Array(1), 'a list whose entry 1 is undefined', 'Make each entry with a builder'],
    ['a text in the list', ['file:/etc/motd'], 'a list whose entry 1 is a text', 'Make each entry with a builder'],
    ['a builder in the list', [file], 'a list whose entry 1 is a function', 'Make each entry with a builder'],
    [
      'what a builder takes',
      [{ path: '/etc/motd' }],
      'a list whose entry 1 is an object',
      'Make each entry with a builder',
    ],
    [
      'half a resource',
      [{ kind: 'file', id: 'x' }],
      'a list whose entry 1 is an object',
      'Make each entry with a builder',
    ],
    ['a list in the list', [motd, [motd]], 'a list whose entry 2 is a list', 'Spread the list'],
  ])('must be a list of resources: %s', (_, returned, what, advice) => {
    const role = defineRole({ name: 'shop', params: z.object({}), resources: () => returned as [] });
    rememberRoleOrigin(role, '/srv/roles/shop.js');
    expect(() => evaluateRoles(specWith(role), ASSUMED_FACTS)).toThrow(
      expect.objectContaining({
        code: 'role-invalid',
        exitCode: 2,
        message: `\`resources\` of the role shop returned ${what}`,
        host: 'web1',
        location: '/srv/roles/shop.js',
        hint: expect.stringMatching(/^It must return a list of resources\. /),
      }),
    );
    expect(() => evaluateRoles(specWith(role), ASSUMED_FACTS)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(advice) }),
    );
  });

  it('may be a promise that fails: nothing but the mistake is told', () => {
    const fails = async () => {
      throw new Error('no');
    };
    // Vitest itself fails on a rejection that nobody handles.
    const role = defineRole({ name: 'shop', params: z.object({}), resources: fails as never });
    expect(() => evaluateRoles(specWith(role), ASSUMED_FACTS)).toThrow(
      '`resources` of the role shop returned a promise',
    );
  });
});

describe('what is described twice', () => {
  function motds(name: string, ...contents: readonly string[]): RoleDefinition {
    const resources = () => contents.map((content) => file({ path: '/etc/motd', content }));
    return defineRole({ name, params: z.object({}), resources });
  }

  it.each([
    { roles: [motds('motd', 'a'), motds('brand', 'b')], told: 'the roles motd and brand both describe file:/etc/motd' },
    { roles: [motds('motd', 'a', 'b')], told: 'the role motd describes file:/etc/motd twice' },
  ])('is refused where it differs: $told', ({ roles, told }) => {
    expect(() => evaluateRoles(specWith(...roles), ASSUMED_FACTS)).toThrow(
      expect.objectContaining({ code: 'resource-duplicate', message: `${told}, and not in the same way` }),
    );
  });

  it.each([{ roles: [motds('motd', 'a'), motds('brand', 'a')] }, { roles: [motds('motd', 'a', 'a')] }])(
    'counts once where it is equal',
    ({ roles }) => {
      expect(evaluateRoles(specWith(...roles), ASSUMED_FACTS)).toHaveLength(1);
    },
  );
});
