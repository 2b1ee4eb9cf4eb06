import { describe, expect, it } from 'vitest';
import { reloadHaproxy } from '../../roles/haproxy/reload.ts';
import haproxy from '../../roles/haproxy.ts';
import { StackParams } from '../../roles/stack/params.ts';
import { Secret } from '../../src/index.ts';
import { balancerOf, contentOf, desiredOf, idsOf, refusalOf, resourcesOf } from './role.ts';

const CONFIG = '/etc/haproxy/haproxy.cfg';

const APP = {
  image: 'app',
  replicas: 2,
  port: 5000,
  health: { path: '/status', status: 200, body: 'OK' },
  drain: { prepare: '/prepare-for-deploy', ready: '/ready-for-deploy', body: 'Ready' },
};
const stack = { name: 'shop', services: { redis: { image: 'redis:8' }, app: APP } };
/** The stack with a service that has that port of the host. */
const publishing = (port: string) => ({
  ...stack,
  services: { ...stack.services, mail: { image: 'mail', publish: [port] } },
});
const certs = { domain: 'app.example.com' };

function config(params: object, variables: object = { stack, certs }): string {
  return contentOf(resourcesOf(haproxy, { haproxy: params, ...variables }), CONFIG);
}

/** The lines of one section, without comments and indentation. */
function section(text: string, name: string): string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(name);
  if (start === -1) throw new Error(`there is no ${name}`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\S/.test(line) && !line.startsWith('#'));
  const own = end === -1 ? rest : rest.slice(0, end);
  return own.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

describe('haproxy', () => {
  it('looks at the ports first, and has the configuration checked before it is put in place', () => {
    const resources = resourcesOf(haproxy, { haproxy: { routes: [{ service: 'app' }] }, stack, certs });
    expect(idsOf(resources)).toEqual([
      'port:80',
      'port:443',
      'packages:curl,haproxy,socat',
      'known-checks:haproxy',
      'file:/usr/local/sbin/reload-haproxy',
      'systemd-unit:haproxy.service.d/provision.conf',
      'file:/etc/haproxy/server-state',
      `file:${CONFIG}`,
      'service:haproxy',
      'servers:haproxy',
    ]);
    expect(desiredOf(resources, 'port:443')).toMatchObject({ by: ['haproxy'] });
    expect(desiredOf(resources, `file:${CONFIG}`)).toMatchObject({
      mode: '0640',
      owner: 'root',
      validate: ['haproxy', '-c', '-f', '%s'],
    });
    expect(resources[7]?.notify.map(({ id }) => id)).toEqual(['reload haproxy']);
    expect(desiredOf(resources, 'service:haproxy')).toMatchObject({ state: 'running', enabled: true });
    expect(contentOf(resources, '/etc/haproxy/server-state').split('\n').slice(2)).toEqual([
      '1 app 1 app-1 127.0.0.1 0 0 1 1 0 1 0 0 6 0 0 0 - 18001 - 0 0 - - 0',
      '1 app 2 app-2 127.0.0.1 0 0 1 1 0 1 0 0 6 0 0 0 - 18002 - 0 0 - - 0',
      '1 app 3 app-3 127.0.0.1 0 0 1 1 0 1 0 0 6 0 0 0 - 18003 - 0 0 - - 0',
      '',
    ]);
  });

  it('has each start and each reload noted, and looks at servers of the stack and of others', () => {
    const backends = { files: { servers: ['10.0.0.5:80'] } };
    const routes = [{ service: 'app' }, { path: '/files', service: 'files' }];
    const resources = resourcesOf(haproxy, { haproxy: { routes, backends }, stack, certs });
    expect(desiredOf(resources, `file:${CONFIG}`)).toMatchObject({ loadedMark: '/run/haproxy-loaded' });
    const unit = 'systemd-unit:haproxy.service.d/provision.conf';
    expect(desiredOf(resources, unit).content).toBe(`[Service]
ExecStartPre=-/bin/sh -c 'sha256sum /etc/haproxy/haproxy.cfg /etc/haproxy/certs/*.pem >/run/haproxy-loaded 2>/dev/null'
ExecReload=
ExecReload=/usr/local/sbin/reload-haproxy
ExecStopPost=-/bin/rm -f /run/haproxy-loaded
`);
    expect(resources.find(({ id }) => id === unit)?.notify.map(({ id }) => id)).toEqual(['reload haproxy']);
    expect(desiredOf(resources, 'servers:haproxy')).toEqual({
      socket: '/run/haproxy/admin.sock',
      config: CONFIG,
      loadedMark: '/run/haproxy-loaded',
      frontends: ['web'],
      servers: [
        { backend: 'app', server: 'app-1', address: '127.0.0.1:18001', isReplica: true },
        { backend: 'app', server: 'app-2', address: '127.0.0.1:18002', isReplica: true },
        { backend: 'app', server: 'app-3', address: '127.0.0.1:18003', isReplica: true },
        { backend: 'files', server: 'files-1', address: '10.0.0.5:80', isReplica: false },
      ],
    });
  });

  it('answers the challenges of authorities before anything else, and obtains certificates last', () => {
    const fromAcme = { ...certs, alt_names: ['www.example.com'], provider: 'acme', agree_terms: true };
    const variables = { stack, certs: [fromAcme, { domain: 'internal.test' }] };
    const resources = resourcesOf(haproxy, { haproxy: { routes: [{ service: 'app' }] }, ...variables });
    expect(idsOf(resources).slice(4)).toEqual([
      'file:/usr/local/sbin/reload-haproxy',
      'systemd-unit:haproxy.service.d/provision.conf',
      'file:/etc/haproxy/server-state',
      'file:/etc/haproxy/acme-answers.map',
      `file:${CONFIG}`,
      'service:haproxy',
      'servers:haproxy',
      'acme-certificate:app.example.com',
    ]);
    expect(desiredOf(resources, 'acme-certificate:app.example.com')).toMatchObject({
      path: '/etc/haproxy/certs/app.example.com.pem',
      issued: {
        certificate: '/etc/ssl/uacme/acme-v02.api.letsencrypt.org_directory/app.example.com/cert.pem',
        key: '/etc/ssl/uacme/acme-v02.api.letsencrypt.org_directory/private/app.example.com/key.pem',
      },
      names: ['app.example.com', 'www.example.com'],
      prepare: reloadHaproxy.script,
    });
    const frontend = section(config({ routes: [{ service: 'app' }], deny: ['/x'] }, variables), 'frontend web');
    const at = frontend.indexOf('acl acme var(txn.path) -m beg /.well-known/acme-challenge/');
    expect(frontend.slice(at + 1, at + 4)).toEqual([
      'http-request set-var(txn.answer) path,field(4,/),map(/etc/haproxy/acme-answers.map) if acme',
      'http-request return status 200 content-type text/plain lf-string %[var(txn.answer)] if { var(txn.answer) -m found }',
      'http-request redirect location https://%[var(txn.host)]%[pathq] code 308 if !{ ssl_fc } !acme',
    ]);
  });

  it('writes the whole of it for the usual application', () => {
    const text = config({
      routes: [{ path: '/', service: 'app' }],
      deny: ['/prepare-for-deploy', '/ready-for-deploy'],
      basic_auth: [{ path: '/admin', users: { developer: Secret.named('admin_developer') } }],
    });
    expect(section(text, 'userlist users-1')).toEqual(["user developer password '<secret>'"]);
    expect(section(text, 'backend app')).toEqual([
      'http-request deny deny_status 403 if { var(txn.path) -i -m beg /prepare-for-deploy/ }',
      'http-request deny deny_status 403 if { var(txn.path) -i -m beg /ready-for-deploy/ }',
      'option httpchk',
      'http-check send meth GET uri /status ver HTTP/1.1 hdr Host localhost',
      'http-check expect status 200',
      "http-check expect rstring '^\\s*OK\\s*$'",
      'server app-1 127.0.0.1:18001 check',
      'server app-2 127.0.0.1:18002 check',
      'server app-3 127.0.0.1:18003 check',
    ]);
    const frontend = section(text, 'frontend web');
    expect(frontend.slice(0, 3)).toEqual([
      'bind 0.0.0.0:80',
      'bind 0.0.0.0:443 ssl crt /etc/haproxy/certs/app.example.com.pem alpn h2,http/1.1',
      'option http-restrict-req-hdr-names delete',
    ]);
    expect(frontend.slice(frontend.findIndex((line) => line.startsWith('acl')))).toEqual([
      'acl acme var(txn.path) -m beg /.well-known/acme-challenge/',
      'http-request redirect location https://%[var(txn.host)]%[pathq] code 308 if !{ ssl_fc } !acme',
      'http-request deny deny_status 403 if { var(txn.path) -i -m beg /prepare-for-deploy/ } !acme',
      'http-request deny deny_status 403 if { var(txn.path) -i -m beg /ready-for-deploy/ } !acme',
      'http-request set-var(txn.users) int(1) if { var(txn.path) -i -m beg /admin/ }',
      'http-request auth realm Restricted if { var(txn.users) -m int 1 } !{ http_auth(users-1) } !acme',
      'http-request set-header X-Forwarded-For %[src]',
      'http-request del-header Forwarded',
      'http-request disable-l7-retry unless METH_GET || METH_OPTIONS',
      'http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]',
      'http-after-response set-header Strict-Transport-Security max-age=63072000 if { ssl_fc }',
      'http-request set-var(txn.route) int(1) if { var(txn.path) -m beg / }',
      'http-request deny deny_status 404 unless { var(txn.route) -m found }',
      'use_backend app if { var(txn.route) -m int 1 }',
    ]);
    expect(section(text, 'global')).toContain(
      'ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets prefer-client-ciphers',
    );
  });

  it('tries the most specific route last, for the last one counts', () => {
    const text = config({
      routes: [
        { path: '/a b', host: 'x.test', service: 'api', strip_prefix: true },
        { path: '/', service: 'app' },
        { path: '/api', service: 'api' },
      ],
      backends: { api: { servers: ['[2001:db8::1]:80', 'api.internal:8080'], health: { body: '100%' }, maxconn: 50 } },
    });
    const frontend = section(text, 'frontend web');
    expect(frontend.slice(frontend.findIndex((line) => line.includes('txn.route')))).toEqual([
      'http-request set-var(txn.route) int(1) if { var(txn.path) -m beg / }',
      'http-request set-var(txn.route) int(2) if { var(txn.path) -m beg /api/ }',
      "http-request set-var(txn.route) int(3) if { var(txn.path) -m beg '/a b/' } { var(txn.host) -m str x.test }",
      'http-request deny deny_status 404 unless { var(txn.route) -m found }',
      "http-request replace-path '^/a%20b(?:/+(.*))?$' '/\\1' if { var(txn.route) -m int 3 }",
      'http-request set-var(txn.path) var(txn.path),bytes(4) if { var(txn.route) -m int 3 }',
      'use_backend app if { var(txn.route) -m int 1 }',
      'use_backend api if { var(txn.route) -m int 2 }',
      'use_backend api if { var(txn.route) -m int 3 }',
    ]);
    expect(section(text, 'backend api')).toEqual([
      'option httpchk',
      'http-check send meth GET uri / ver HTTP/1.1 hdr Host localhost',
      'http-check expect status 200',
      "http-check expect rstring '^\\s*100%\\s*$'",
      "server api-1 '[2001:db8::1]:80' check maxconn 50",
      'server api-2 api.internal:8080 check maxconn 50',
    ]);
  });

  it.each([
    [{ forwarded_for: 'append' }, ['option forwardfor'], ['set-header X-Forwarded-For']],
    [{ forwarded_for: 'off' }, ['X-Forwarded-Proto'], ['set-header X-Forwarded-For', 'option forwardfor']],
    [{ hsts: { max_age: '30d', include_subdomains: true } }, ["Security 'max-age=2592000; includeSubDomains' if"], []],
    [{ hsts: false }, [], ['Strict-Transport-Security']],
    [{ redirect: false }, [], ['http-request redirect']],
    [{ https_port: 8443 }, ['https://%[var(txn.host)]:8443%[pathq]', 'bind 0.0.0.0:8443 ssl'], []],
    [{ tls: 'modern' }, ['ssl-min-ver TLSv1.3'], ['ssl-default-bind-ciphers ']],
    [{ addresses: ['::'] }, ['bind :::80 v4v6\n', 'bind :::443 v4v6 ssl crt'], []],
    [{ addresses: ['10.0.0.1', '::'] }, ['bind 10.0.0.1:80\n', 'bind :::80 v6only\n'], []],
    [{ maxconn: 5000 }, ['    maxconn 5000\n'], ['fd-hard-limit']],
    [{ hard_stop_after: '10m' }, ['hard-stop-after 600s'], []],
    [{ timeouts: { tunnel: '8h', check: '1500ms' } }, ['timeout tunnel 28800s', 'timeout check 1500ms'], []],
    [{ headers: { 'X-A': "it's 100% #1" } }, ["http-after-response set-header X-A 'it'\\''s 100%% #1'"], []],
  ])('with %j', (change, present, missing) => {
    const text = config({ routes: [{ service: 'app' }], ...change });
    for (const part of present) expect(text).toContain(part);
    for (const part of missing) expect(text).not.toContain(part);
  });

  it('leaves idle connections open while it reloads', () => {
    expect(section(config({ routes: [{ service: 'app' }] }), 'defaults')).toContain('option idle-close-on-response');
  });

  const web2 = {
    name: 'web2',
    hostname: 'web2.test',
    roles: ['stack'],
    param: () => StackParams.parse({ name: 'shop', listen: '10.0.0.2', services: { app: { ...APP, replicas: 1 } } }),
  };
  const elsewhere = {
    routes: [{ service: 'app' }, { path: '/files', service: 'files' }],
    backends: { app: { hosts: 'web', maxconn: 20 }, files: { servers: ['10.0.0.7:80'] } },
  };

  it('sends requests to the stacks of other hosts', () => {
    const resources = resourcesOf(haproxy, { haproxy: elsewhere }, { peers: { web: [web2] } });
    expect(section(contentOf(resources, CONFIG), 'backend app').slice(-2)).toEqual([
      'server web2-app-1 10.0.0.2:18001 check maxconn 20',
      'server web2-app-2 10.0.0.2:18002 check maxconn 20',
    ]);
    expect(contentOf(resources, '/etc/haproxy/server-state').split('\n').slice(2)).toEqual([
      '1 app 1 web2-app-1 10.0.0.2 0 0 1 1 0 1 0 0 6 0 0 0 - 18001 - 0 0 - - 0',
      '1 app 2 web2-app-2 10.0.0.2 0 0 1 1 0 1 0 0 6 0 0 0 - 18002 - 0 0 - - 0',
      '2 files 1 files-1 10.0.0.7 0 0 1 1 0 1 0 0 6 0 0 0 - 80 - 0 0 - - 0',
      '',
    ]);
  });

  it("shares a service of the host's own stack with the same one on other hosts", () => {
    const web1 = {
      ...web2,
      name: 'web1',
      param: () => StackParams.parse({ ...stack, listen: '127.0.0.1' }),
    };
    const params = { haproxy: { routes: [{ service: 'app' }], backends: { app: { hosts: 'web' } } }, stack };
    const options = { peers: { web: [web1, web2] } };
    const text = contentOf(resourcesOf(haproxy, params, options), CONFIG);
    const servers = section(text, 'backend app').filter((line) => line.startsWith('server'));
    expect(servers).toEqual([
      'server web1-app-1 127.0.0.1:18001 check',
      'server web1-app-2 127.0.0.1:18002 check',
      'server web1-app-3 127.0.0.1:18003 check',
      'server web2-app-1 10.0.0.2:18001 check',
      'server web2-app-2 10.0.0.2:18002 check',
    ]);
    expect(text.match(/^backend app$/gm)).toHaveLength(1);
    const known = balancerOf(haproxy, params, options)?.servers.map(({ server, host, slot }) => [server, host, slot]);
    expect(known?.slice(2, 4)).toEqual([
      ['web1-app-3', 'web1', 'app-3'],
      ['web2-app-1', 'web2', 'app-1'],
    ]);
  });

  it('names the hosts that it asks for, and where', () => {
    const params = haproxy.params.parse({ haproxy: elsewhere });
    expect(haproxy.peers?.(params)).toEqual([{ pattern: 'web', parameter: ['haproxy', 'backends', 'app', 'hosts'] }]);
  });

  it('tells which slot of which host each server is', () => {
    const balancer = balancerOf(haproxy, { haproxy: elsewhere, certs }, { peers: { web: [web2] } });
    expect(balancer).toEqual({
      adminSocket: '/run/haproxy/admin.sock',
      masterSocket: '/run/haproxy-master.sock',
      configFile: CONFIG,
      backupFile: '/var/lib/provision/balancer/before.cfg',
      holdFolder: '/var/lib/provision/balancer/held',
      reload: reloadHaproxy,
      formerServers: expect.any(Function),
      servers: [
        { backend: 'app', server: 'web2-app-1', host: 'web2', stack: 'shop', slot: 'app-1' },
        { backend: 'app', server: 'web2-app-2', host: 'web2', stack: 'shop', slot: 'app-2' },
      ],
      site: { tls: true, port: 443, path: '/status' },
    });
    const own = balancerOf(haproxy, { haproxy: { routes: [{ service: 'app' }] }, stack });
    // What is gone may have been a service of its own stack, or one of a group of hosts.
    const former = { service: 'old', slot: 'old-1' };
    expect(own?.formerServers?.({ ...former, host: 'web2' })).toEqual([{ backend: 'old', server: 'web2-old-1' }]);
    expect(own?.formerServers?.({ ...former, host: 'web1' })).toEqual([
      { backend: 'old', server: 'old-1' },
      { backend: 'old', server: 'web1-old-1' },
    ]);
    expect(own?.servers.map(({ server, host, slot }) => [server, host, slot])).toEqual([
      ['app-1', 'web1', 'app-1'],
      ['app-2', 'web1', 'app-2'],
      ['app-3', 'web1', 'app-3'],
    ]);
  });

  it.each([
    [
      { routes: [{ service: 'app' }], http_port: 8080 },
      { tls: false, port: 8080, path: '/status' },
    ],
    [{ routes: [{ path: '/api', service: 'app', strip_prefix: true }] }, { tls: false, port: 80, path: '/api/status' }],
    [{ routes: [{ path: '/api', service: 'app' }] }, { tls: false, port: 80, path: '/status' }],
    [
      { routes: [{ service: 'files' }, { path: '/a', service: 'app' }], backends: { files: { servers: ['a:1'] } } },
      { tls: false, port: 80, path: '/status' },
    ],
    [
      { routes: [{ service: 'files' }], backends: { files: { servers: ['a:1'], health: { path: '/x' } } } },
      { tls: false, port: 80, path: '/' },
    ],
  ])('with %j the site is %j', (params, site) => {
    expect(balancerOf(haproxy, { haproxy: params, stack })?.site).toEqual(site);
  });

  it('serves HTTP alone where there is no certificate', () => {
    const resources = resourcesOf(haproxy, { haproxy: { routes: [{ service: 'app' }] }, stack });
    const text = contentOf(resources, CONFIG);
    expect(idsOf(resources)).not.toContain('port:443');
    expect(section(text, 'frontend web').filter((line) => line.startsWith('bind'))).toEqual(['bind 0.0.0.0:80']);
    expect(text).not.toMatch(/redirect|Strict-Transport-Security/);
  });

  it('waits for one address, or for all of them', () => {
    const ids = (addresses: string[]) =>
      idsOf(resourcesOf(haproxy, { haproxy: { routes: [{ service: 'app' }], addresses }, stack })).filter((id) =>
        id.startsWith('port:'),
      );
    expect(ids(['0.0.0.0', '::'])).toEqual(['port:80']);
    expect(ids(['10.0.0.1', '10.0.0.2'])).toEqual(['port:10.0.0.1:80', 'port:10.0.0.2:80']);
  });

  it('decodes the control paths of services, as requests are', () => {
    const drain = { prepare: '//ctl/%70repare;v=1?x=1', ready: '/ctl/ready/' };
    const text = config(
      { routes: [{ service: 'app' }] },
      { stack: { name: 'shop', services: { app: { ...APP, drain } } } },
    );
    expect(section(text, 'backend app').slice(0, 2)).toEqual([
      'http-request deny deny_status 403 if { var(txn.path) -i -m beg /ctl/prepare/ }',
      'http-request deny deny_status 403 if { var(txn.path) -i -m beg /ctl/ready/ }',
    ]);
  });

  it.each([
    [
      { haproxy: { routes: [{ service: 'ap' }] }, stack },
      'haproxy.routes.0.service: must be a service of the stack that has a port, or one of haproxy.backends (there are: app)',
    ],
    [
      { haproxy: { routes: [{ service: 'redis' }] }, stack },
      'haproxy.routes.0.service: must be a service of the stack that has',
    ],
    [{ haproxy: { routes: [{ service: 'app' }] } }, '(there are: none)'],
    [
      { haproxy: { routes: [{ service: 'app' }], backends: { app: { servers: ['a:1'] } } }, stack },
      'haproxy.backends.app: has the name of a service of the stack: choose another',
    ],
    [
      { haproxy: { routes: [{ service: 'app' }], redirect: true }, stack },
      'haproxy.redirect: needs a certificate for HTTPS: set certs',
    ],
    [{ haproxy: { routes: [{ service: 'app' }], deny: ['admin'] }, stack }, 'haproxy.deny.0: must begin with a slash'],
    [
      { haproxy: { routes: [{ service: 'app' }], http_port: 18_002 }, stack },
      'stack.services.app: the replicas of app and haproxy share the port 18002 of the host: see `host_port`',
    ],
    [
      { haproxy: { routes: [{ service: 'app' }] }, stack: publishing('10.0.0.1:80:80') },
      'stack.services.mail.publish: what mail publishes and haproxy share the port 80 of the host',
    ],
  ])('refuses %j', (params, message) => {
    expect(refusalOf(haproxy, params)).toContain(message);
  });

  it.each([
    ['for HTTPS, without a certificate', { haproxy: { routes: [{ service: 'app' }] }, stack: publishing('443:80') }],
    [
      'on another address',
      { haproxy: { routes: [{ service: 'app' }], addresses: ['10.0.0.1'] }, stack: publishing('80:80') },
    ],
    [
      'of a stack that may be on other hosts',
      {
        haproxy: { routes: [{ service: 'app' }], backends: { app: { hosts: 'web' } } },
        stack: publishing('0.0.0.0:80:80'),
      },
    ],
  ])('takes a published port %s', (_, params) => {
    expect(refusalOf(haproxy, params)).toBe('taken');
  });
});
