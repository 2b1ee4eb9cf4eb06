import { describe, expect, it } from 'vitest';
import { type AssignedRole, evaluateBalancer, evaluateRoles, type HostSpec } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { type Balancer, defineRole, file, ProvisionError, type RoleDefinition, sh, z } from '../../src/index.ts';

const BALANCER: Balancer = {
  adminSocket: '/run/a',
  masterSocket: '/run/m',
  configFile: '/etc/c',
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
