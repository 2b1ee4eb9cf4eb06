import { describe, expect, it } from 'vitest';
import { HaproxyParams, type HaproxyParamsInput } from '../../../roles/haproxy/params.ts';
import { Secret } from '../../../src/index.ts';

const routes = [{ service: 'app' }];

function issues(input: unknown): string[] {
  const result = HaproxyParams.safeParse(input);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the parameters of haproxy', () => {
  it('need routes alone', () => {
    expect(HaproxyParams.parse({ routes })).toMatchObject({
      routes: [{ path: '/', service: 'app', strip_prefix: false }],
      deny: [],
      http_port: 80,
      https_port: 443,
      tls: 'intermediate',
      hsts: { max_age: 63_072_000_000, include_subdomains: false },
      forwarded_for: 'replace',
      timeouts: { connect: 5000, tunnel: 3_600_000 },
    });
  });

  it('take paths and names in the form in which requests are compared with them', () => {
    const params = HaproxyParams.parse({
      routes: [{ path: '/api/', host: 'APP.example.com', service: 'app' }],
      deny: ['/x/', { path: '/y', host: 'A.test' }],
    });
    expect(params.routes[0]).toMatchObject({ path: '/api', host: 'app.example.com' });
    expect(params.deny).toEqual([{ path: '/x' }, { path: '/y', host: 'a.test' }]);
  });

  const bad: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ routes: [] }, 'routes: Too small'],
    [{ routes: [{ path: 'api', service: 'app' }] }, 'routes.0.path: must begin with a slash'],
    [{ routes: [{ path: '/a/../b', service: 'app' }] }, 'routes.0.path: must not hold empty, . or .. segments'],
    [{ routes: [{ path: '/a//b', service: 'app' }] }, 'routes.0.path: must not hold empty, . or .. segments'],
    [{ routes: [{ path: '/a/..', service: 'app' }] }, 'routes.0.path: must not hold empty, . or .. segments'],
    [{ routes: [{ path: '/%61', service: 'app' }] }, 'routes.0.path: must be a path alone, decoded'],
    [{ routes: [{ path: '/a?b', service: 'app' }] }, 'routes.0.path: must be a path alone, decoded'],
    [{ routes: [{ path: '/a\nb', service: 'app' }] }, 'routes.0.path: must be one line without control characters'],
    [{ routes: [{ service: 'a b' }] }, 'routes.0.service: must be 1 to 63 of a-z'],
    [{ routes: [{ service: '$(touch /tmp/x)' }] }, 'routes.0.service: must be 1 to 63 of a-z'],
    [{ routes: [{ host: 'a b', service: 'app' }] }, 'routes.0.host: must be a host name'],
    [{ routes: [{ host: 'a.test }', service: 'app' }] }, 'routes.0.host: must be a host name'],
    [{ routes: [...routes, { path: '/', service: 'api' }] }, 'routes: must not name the same path and host twice'],
    [{ routes, basic_auth: [{ path: '/a', users: {} }] }, 'basic_auth.0.users: must name at least one user'],
    [{ routes, basic_auth: [{ path: '/a', users: { 'a:b': 'x' } }] }, 'basic_auth.0.users.a:b: Invalid key in record'],
    [{ routes, basic_auth: [{ users: { a: 'x' }, realm: 'a "b"' }] }, 'basic_auth.0.realm: must hold no double quotes'],
    [{ routes, backends: { x: { servers: ['10.0.0.1'] } } }, 'backends.x.servers.0: must be host:port'],
    [{ routes, backends: { x: { servers: ['10.0.0.1:0'] } } }, 'backends.x.servers.0: must have a port'],
    [{ routes, backends: { x: { servers: ['a b:80'] } } }, 'backends.x.servers.0: must be host:port'],
    [{ routes, backends: { x: {} } }, 'backends.x.servers: give either servers or hosts'],
    [{ routes, backends: { x: { servers: ['a:1'], hosts: 'web' } } }, 'backends.x.hosts: give either servers or hosts'],
    [{ routes, backends: { x: { hosts: ' , ' } } }, 'backends.x.hosts: must name hosts or groups'],
    [{ routes, backends: { x: { hosts: ['web'] } } }, 'backends.x.hosts: Invalid input'],
    [{ routes, headers: { 'X-A: b': 'c' } }, 'headers.X-A: b: Invalid key in record'],
    [{ routes, headers: { 'X-A': 'b\r\nX-C: d' } }, 'headers.X-A: must be one line without control characters'],
    [{ routes, addresses: ['*'] }, 'addresses.0: Invalid input'],
    [{ routes, http_port: 0 }, 'http_port: Too small'],
    [{ routes, tls: 'old' }, 'tls: Invalid option'],
    [{ routes, timeouts: { conect: 5 } }, 'timeouts: Unrecognized key: "conect"'],
  ];
  it.each(bad)('%j: %s', (input, message) => {
    expect(issues(input).join('\n')).toContain(message);
  });

  it.each([
    ['$5$rounds=1000$abc$UxKib5kobt2BZp/yfOEWbjik.BPMiS9MzbXyO6zXMC0', true],
    ['$2y$05$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO', true],
    [
      '$6$rounds=1000$abcdefgh$4TrI6cXa4n9N0SC1fS0MHCSOjLGo8LvKKddTcWCgNfCi7WcWMCAoAaYAPNlItHgu68UaJgvsZH7rlRtu1l5rW/',
      true,
    ],
    ['$y$j9T$abcdefghijklmnop$xxI14acrF4kcY59GsyqJ1DqdhVdc9N0f1.omTKnq.61', true],
    ['$1$abc$OGyl6dDvZCDiGmIVbeuCq/', true],
    ['$6$abc$tooshort', false],
    ['$5$rounds=1000$abc$UxKib5kobt2BZp/yfOEWbjik.BPMiS9MzbXyO6zXMC', false],
    ['plain', false],
    ["$5$a'$b", false],
    ['$5$a\n$b', false],
  ])('take %j as a hash: %s', (hash, isTaken) => {
    const input = (hash: string | Secret): HaproxyParamsInput => ({ routes, basic_auth: [{ users: { a: { hash } } }] });
    expect(HaproxyParams.safeParse(input(hash)).success).toBe(isTaken);
    expect(HaproxyParams.safeParse(input(Secret.named('hash', hash))).success).toBe(isTaken);
  });
});
