import { describe, expect, it } from 'vitest';
import { peerBackend, stackBackends } from '../../../roles/haproxy/stack-backends.ts';
import { type Stack, StackParams } from '../../../roles/stack/params.ts';
import { type Peer, ProvisionError } from '../../../src/index.ts';

const APP = {
  image: 'app',
  replicas: 2,
  port: 5000,
  health: { path: '/status', body: 'OK' },
  drain: { prepare: '/prepare', ready: '/ready' },
};

function stackOf(app: object = {}, more: object = {}): Stack {
  return StackParams.parse({
    name: 'shop',
    services: { redis: { image: 'redis:8' }, app: { ...APP, ...app } },
    ...more,
  });
}

function peer(name: string, stack: Stack | undefined, roles = ['docker', 'stack']): Peer {
  return { name, hostname: name, roles, param: (variable) => (variable === 'stack' ? stack : undefined) };
}

const web1 = peer('web1', stackOf({}, { listen: '10.0.0.1' }));
const web2 = peer('web2', stackOf({ replicas: 1 }, { name: 'shop2', listen: 'fd00::2' }));
const listed = { hosts: 'web' };

function refusal(peers: readonly Peer[], name = 'app', host = 'lb1'): string {
  try {
    peerBackend(name, listed, peers, host);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    expect(error.code).toBe('inventory-bad-parameter');
    expect(error.parameter).toEqual(['haproxy', 'backends', name, 'hosts']);
    return `${error.message}\n${error.hint}`;
  }
  return 'taken';
}

describe('a backend of the own stack', () => {
  it('has all slots of its service, at the address on which the stack listens', () => {
    expect(stackBackends(stackOf({}, { listen: '10.0.0.9' }), 'web1')).toMatchObject([
      {
        name: 'app',
        servers: [1, 2, 3].map((number) => ({
          name: `app-${number}`,
          host: '10.0.0.9',
          port: 18_000 + number,
          slot: { host: 'web1', stack: 'shop', name: `app-${number}` },
        })),
        controlPaths: ['/prepare', '/ready'],
      },
    ]);
    expect(stackBackends(undefined, 'web1')).toEqual([]);
  });
});

describe('a backend of other hosts', () => {
  it('has all slots of the service on each of them', () => {
    const slot = (host: string, stack: string, number: number) => ({ host, stack, name: `app-${number}` });
    expect(peerBackend('app', { ...listed, maxconn: 9 }, [web1, web2], 'lb1')).toEqual({
      name: 'app',
      servers: [
        { name: 'web1-app-1', host: '10.0.0.1', port: 18_001, slot: slot('web1', 'shop', 1) },
        { name: 'web1-app-2', host: '10.0.0.1', port: 18_002, slot: slot('web1', 'shop', 2) },
        { name: 'web1-app-3', host: '10.0.0.1', port: 18_003, slot: slot('web1', 'shop', 3) },
        { name: 'web2-app-1', host: 'fd00::2', port: 18_001, slot: slot('web2', 'shop2', 1) },
        { name: 'web2-app-2', host: 'fd00::2', port: 18_002, slot: slot('web2', 'shop2', 2) },
      ],
      health: { path: '/status', status: 200, body: 'OK' },
      maxconn: 9,
      controlPaths: ['/prepare', '/ready'],
    });
  });

  it('denies the control paths of each of them', () => {
    const other = peer('web3', stackOf({ drain: { prepare: '/stop', ready: '/ready' } }, { listen: '10.0.0.3' }));
    expect(peerBackend('app', listed, [web1, other], 'lb1').controlPaths).toEqual(['/prepare', '/ready', '/stop']);
  });

  it('may have a health check of its own', () => {
    const health = { path: '/x', status: 204, body: undefined };
    const other = peer('web3', stackOf({ health: { path: '/other' } }, { listen: '10.0.0.3' }));
    expect(peerBackend('app', { ...listed, health }, [web1, other], 'lb1').health).toEqual(health);
    expect(refusal([web1, other])).toBe(
      'app has another health check on web3 than on web1\nMake `health` of the services equal, or set `health` of this backend.',
    );
    const patient = peer('web3', stackOf({ health: { ...APP.health, timeout: '5m' } }, { listen: '10.0.0.3' }));
    expect(refusal([web1, patient])).toBe('taken');
  });

  it('makes a word of every name that a host may have, and another one of each', () => {
    const names = ['web.1_a', '2001:db8::1', 'wéb', 'wëb', 'w_b'];
    const peers = names.map((name, i) => peer(name, stackOf({ replicas: 1 }, { listen: `10.0.0.${i + 1}` })));
    const servers = peerBackend('app', listed, peers, 'lb1').servers.map(({ name }) => name);
    expect(servers.filter((name) => name.endsWith('-app-1'))).toEqual([
      'web.1_a-app-1',
      '2001:db8::1-app-1',
      expect.stringMatching(/^w_b-[0-9a-f]{8}-app-1$/),
      expect.stringMatching(/^w_b-[0-9a-f]{8}-app-1$/),
      'w_b-app-1',
    ]);
    expect(new Set(servers).size).toBe(10);
  });

  const local = (listen: string) => peer('web3', stackOf({}, { listen }));
  it.each([
    [
      peer('db1', stackOf({}, { listen: '10.0.0.4' }), ['haproxy']),
      'app',
      'db1 has no stack that could run app\nGive it the role stack, or leave it out of the hosts: "web,!db1".',
    ],
    [
      web1,
      'ap',
      'the stack of web1 has no service ap\nIt has: app. Name the backend as the service is called, or leave',
    ],
    [web1, 'redis', 'the service redis of web1 has no port to send requests to\nAdd `port` to it'],
    [
      local('127.0.0.1'),
      'app',
      'app on web3 answers on 127.0.0.1 alone, where lb1 cannot reach it\nSet `listen` of its stack to the address of web3 in a private',
    ],
    [local('127.9.9.9'), 'app', 'app on web3 answers on 127.9.9.9 alone'],
    [local('::1'), 'app', 'app on web3 answers on ::1 alone'],
  ])('refuses %o as a host of %s', (wrong, name, message) => {
    expect(refusal([wrong], name)).toContain(message);
  });

  it('may be on loopback of the balancer itself', () => {
    expect(refusal([local('127.0.0.1')], 'app', 'web3')).toBe('taken');
  });
});

it.each([
  ['10.0.0.1', 'taken'],
  ['fd00::1', 'taken'],
  ['0.0.0.0', 'must be one address, not all of the host'],
  ['::', 'must be one address, not all of the host'],
  ['0:0::0', 'must be one address, not all of the host'],
  ['web1', 'must be an IPv4 or IPv6 address'],
  ['10.0.0.1:80', 'must be an IPv4 or IPv6 address'],
  ['fe80::1%eth0', 'must be an IPv4 or IPv6 address'],
])('a stack may listen on %s: %s', (listen, message) => {
  const result = StackParams.safeParse({ name: 'shop', services: {}, listen });
  expect(result.success ? 'taken' : result.error.issues.map((issue) => issue.message).join()).toBe(message);
});
