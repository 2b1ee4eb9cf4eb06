/** What the haproxy role writes, tried with the real program: Debian 12 has 2.6, Debian 13 has 3.0. */
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_FILE, LOADED_MARK, reloadHaproxy } from '../../roles/haproxy/reload.ts';
import { STATE_FILE } from '../../roles/haproxy/server-state.ts';
import haproxy from '../../roles/haproxy.ts';
import { type Resource, reveal, type Script, type Text } from '../../src/index.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { type LabHost, startHost } from '../lab/host.ts';
import { RELEASES } from '../lab/releases.ts';
import { wholeProbe } from '../resources/whole-probe.ts';
import { desiredOf, resourcesOf } from '../roles/role.ts';

const PASSWORD = 'it\'s a "p\u00e4ss" #$ %1 \\';

const PARAMS = {
  stack: {
    name: 'shop',
    services: {
      app: {
        image: 'app',
        replicas: 2,
        port: 5000,
        health: { path: '/status', body: 'OK' },
        drain: { prepare: '/prepare-for-deploy', ready: '/ready-for-deploy' },
      },
    },
  },
  certs: { domain: 'app.test' },
  haproxy: {
    routes: [
      { path: '/', service: 'app' },
      { path: '/shop', service: 'app', strip_prefix: true },
      { path: '/', host: 'other.test', service: 'other' },
    ],
    deny: ['/internal', { path: '/only-here', host: 'app.test' }],
    basic_auth: [{ path: '/admin', users: { developer: PASSWORD } }],
    backends: { other: { servers: ['127.0.0.1:18101'] } },
    headers: { 'X-Motto': '100% "yes" # $HOME' },
    timeouts: { http_request: '5s' },
  },
};

/** Two replicas and a third application, each telling which one it is, and the request as it arrived. */
const APPLICATIONS = `
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
${[18001, 18002, 18101]
  .map(
    (port) => `
frontend on-${port}
  bind 127.0.0.1:${port}
  http-request return status 404 content-type text/plain string "Not ready" if { path /status } { nbsrv(ready-${port}) 0 }
  http-request return status 200 content-type text/plain string " OK\\n" if { path /status }
  http-request return status 200 content-type text/plain lf-string "${port} %[url] for=%[req.fhdr(x-forwarded-for)] faked=%[req.hdr_cnt(x_forwarded_for)] proto=%[req.fhdr(x-forwarded-proto)]"
backend ready-${port}
  server it 127.0.0.1:${port}`,
  )
  .join('\n')}
`;

describe.each(RELEASES)('haproxy on %s', (distro) => {
  let host: LabHost;
  const resources = resourcesOf(haproxy, PARAMS, { secrets: { haproxy_salt: 'w3n1LO-vKyCZtKk1yXQ5x9u7mFJfQ0bZ' } });
  const content = (path: string) => reveal(desiredOf(resources, `file:${path}`).content as Text);

  async function shell(script: string): Promise<string> {
    const { code, stdout, stderr } = await host.exec(script);
    if (code !== 0) throw new Error(`${code}: ${stdout}${stderr}`);
    return stdout;
  }

  function put(path: string, text: string): Promise<string> {
    return shell(`base64 -d >${path} <<'.'\n${Buffer.from(text).toString('base64')}\n.`);
  }

  function reload() {
    return host.exec(`RUN=$(mktemp -d); ${scriptText(reloadHaproxy.script)}`);
  }

  function admin(command: string): Promise<string> {
    return shell(`echo '${command}' | socat - /run/haproxy/admin.sock`);
  }

  /** Sends the request line as it is, which no HTTP client would do. */
  function request(
    target: string,
    { headers = '', hostName = 'app.test' } = {},
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: host.address, port: 443, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
      let text = '';
      socket.setEncoding('latin1').setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${target}`)));
      socket.on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve({ status: Number(text.split(' ')[1]), text }));
      socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostName}\r\nConnection: close\r\n${headers}\r\n`);
    });
  }

  beforeAll(async () => {
    host = await startHost({ distro, name: `haproxy-${distro}` });
    await shell('apt-get -qq update && apt-get -qq install --no-install-recommends haproxy socat openssl >/dev/null');
    await put('/root/applications.cfg', APPLICATIONS);
    await shell(`
      systemd-run -q --unit applications haproxy -db -f /root/applications.cfg
      mkdir -p -m 700 /etc/haproxy/certs && cd /etc/haproxy/certs
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app.test \
        -keyout key -out crt 2>/dev/null
      cat crt key >app.test.pem`);
    await put(STATE_FILE, content(STATE_FILE));
    await put('/etc/haproxy/new.cfg', content(CONFIG_FILE));
    await shell(`haproxy -c -f /etc/haproxy/new.cfg && mv /etc/haproxy/new.cfg ${CONFIG_FILE}`);
    const { code, stderr } = await reload();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    await sleep(2000);
  });
  afterAll(() => host?.stop());

  it.each([
    ['/', 200, '/'],
    ['/status?x=1', 200, 'OK'],
    ['/palindrom/kobyla%20m%C3%A1%20mal%C3%BD%20bok', 200, '/palindrom/kobyla%20m%C3%A1%20mal%C3%BD%20bok'],
    ['/palindrom/100%25', 200, '/palindrom/100%25'],
    ['/palindrom/%25ab', 200, '/palindrom/%25ab'],
    ['/palindrom/%F0%9F%98%80', 200, '/palindrom/%F0%9F%98%80'],
    ['/palindrom/a+b;c,d=e(f)', 200, '/palindrom/a+b;c,d=e(f)'],
    ['/palindrom/a%5Cb', 200, '/palindrom/a%5Cb'],
    ['/administrator', 200, '/administrator'],
    ['/internals', 200, '/internals'],
    ['/x?/internal', 200, '/x?/internal'],
    ['/x?../admin', 200, '/x?../admin'],
    ['/shop', 200, '18001|18002'],
    ['/shop/cart?x=/shop/', 200, ' /cart?x=/shop/ '],
    ['/shop//cart', 200, ' /cart '],
    ['/shops', 200, ' /shops '],
    ['/.well-known/acme-challenge/token', 200, '/.well-known/acme-challenge/token'],
    ['http://app.test/x', 200, '/x'],
  ])('lets %s through', async (target, status, seen) => {
    const answer = await request(target);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(new RegExp(seen.includes('|') ? seen : RegExp.escape(seen)));
  });

  const protectedPaths = { '/prepare-for-deploy': 403, '/ready-for-deploy': 403, '/internal': 403, '/admin': 401 };
  const forms = Object.entries(protectedPaths).flatMap(([path, status]) => {
    const [, first = '', rest = ''] = /^\/(.)(.*)$/.exec(path) ?? [];
    const code = first.charCodeAt(0).toString(16);
    const same = [
      path,
      `${path}/`,
      `${path}/below`,
      `/${path}`,
      `//${path}`,
      `/.${path}`,
      `/././/.${path}`,
      `/%${code}${rest}`,
      `/%${code.toUpperCase()}${rest}`,
      `/%25${code}${rest}`,
      `/%25%3${code[0]}%3${code[1]}${rest}`,
      path.replace('-', '%2D'),
      path.replace('-', '%252d'),
      `${path}?x`,
      `${path};x`,
      `${path};x=1/`,
      `/;y${path}`,
      `${path}%3bx`,
      `${path}%3Fx`,
      `${path}%23x`,
      path.toUpperCase(),
      `/%2f${path.slice(1)}`,
      `%2f${path.slice(1)}`.replace(/^/, '/.'),
      `/\\${path.slice(1)}`,
      `/%5c${path.slice(1)}`,
      `/%255c${path.slice(1)}`,
      `${path}%2f`,
      `/shop${path}`.replace('/shop/internal', '/internal').replace('/shop/admin', '/admin'),
      `http://app.test${path}`,
      `http://app.test//${path.replace('e', '%65')}`,
    ].map((form) => [form, status] as const);
    const refused = [
      `/x/..${path}`,
      `/x/%2e%2e${path}`,
      `/x/%2E.${path}`,
      `/x/%252e%252e${path}`,
      `/x/..%2f${path.slice(1)}`,
      `/x/..\\${path.slice(1)}`,
      `/x/..;${path}`,
      `/x/..;a=b${path}`,
      `${path}/..`,
      `/..${path}`,
      `${path}%00`,
      `/%00/..${path}`,
      `${path}%2500`,
      `${path}%0a`,
      `${path}%0d%0aX: y`.replace(' ', '%20'),
      `${path}%7f`,
      `${path}#x`,
      `/%c0%af${path.slice(1)}`,
      `/%e0%80%af${path.slice(1)}`,
      `/%f0%80%80%af${path.slice(1)}`,
      `/%c1%a1${path.slice(2)}`,
      `${path}%`,
      `${path}%zz`,
      `http://elsewhere.test${path}`,
      path.slice(1),
    ].map((form) => [form, 400] as const);
    return [...same, ...refused];
  });
  it.each(forms)('keeps %s from the applications: %i', async (target, status) => {
    const answer = await request(target);
    expect(answer.text).not.toMatch(/18[01]0[12] /);
    expect(answer.status).toBe(status);
  });

  it.each([
    ['/admin', 401],
    ['//%61dmin', 401],
    ['/x%2f../admin', 400],
    ['/x/../prepare-for-deploy', 400],
    ['/Prepare-For-Deploy;x', 403],
    ['prepare-for-deploy', 400],
    ['/palindrom/%C5%BEe', 200],
  ])('decides the same over HTTP/2: %s, %i', async (path, status) => {
    const session = connectHttp2(`https://${host.address}`, { rejectUnauthorized: false });
    const answer = await new Promise<string>((resolve, reject) => {
      const stream = session.request({ ':path': path, ':authority': 'app.test' });
      stream.on('response', (headers) => resolve(String(headers[':status'])));
      stream.on('error', reject);
      session.on('error', reject);
    }).catch((error: Error) => error.message);
    session.destroy();
    // haproxy may as well refuse the stream itself.
    expect(status === 400 && answer.includes('PROTOCOL_ERROR') ? '400' : answer).toBe(String(status));
  });

  it('denies on one host name, however it is written, and routes by it', async () => {
    expect((await request('/only-here')).status).toBe(403);
    expect((await request('/only-here', { hostName: 'APP.test.:443' })).status).toBe(403);
    expect((await request('/only-here', { hostName: 'elsewhere.test' })).text).toMatch(/18001|18002/);
    expect((await request('/x', { hostName: 'Other.test:443' })).text).toContain('18101 /x');
    expect((await request('/internal', { hostName: 'other.test' })).status).toBe(403);
    expect((await request('/x', { hostName: 'a"b' })).status).toBe(400);
    expect((await request('/x', { hostName: '' })).status).toBe(400);
  });

  it('asks for the password, and takes the right one', async () => {
    const as = (password: string) => ({
      headers: `Authorization: Basic ${Buffer.from(`developer:${password}`).toString('base64')}\r\n`,
    });
    expect((await request('/admin')).text).toMatch(/www-authenticate: Basic realm="Restricted"/i);
    expect((await request('/admin', as('wrong'))).status).toBe(401);
    expect((await request('/admin', as(PASSWORD))).text).toMatch(/1800[12] \/admin/);
  });

  it('tells applications the address of the client, whatever that says of itself', async () => {
    const headers = 'X-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 7.7.7.7\r\nForwarded: for=8.8.8.8\r\n';
    const { text } = await request('/x', { headers });
    expect(text).toMatch(/ for=\d+\.\d+\.\d+\.\d+ faked=0 proto=https$/);
    expect(text).not.toMatch(/6\.6\.6\.6|7\.7\.7\.7/);
  });

  it('answers with the headers of HTTPS, also when it refuses', async () => {
    for (const target of ['/', '/internal', '/admin', '/x/../y']) {
      const { text } = await request(target);
      expect(text).toMatch(/^strict-transport-security: max-age=63072000\r$/m);
      expect(text).toContain('x-motto: 100% "yes" # $HOME\r');
    }
  });

  it('sends HTTP to HTTPS, path and query kept, but for certificate authorities', async () => {
    const get = (path: string, init: RequestInit = {}) =>
      fetch(`http://${host.address}${path}`, { redirect: 'manual', ...init });
    const answer = await get('/status?x=1', { method: 'POST' });
    expect(answer.status).toBe(308);
    expect(answer.headers.get('location')).toBe(`https://${host.address}/status?x=1`);
    expect(answer.headers.get('strict-transport-security')).toBeNull();
    expect((await get('/internal')).status).toBe(308);
    expect(await (await get('/.well-known/acme-challenge/token')).text()).toContain('acme-challenge/token');
  });

  it('refuses TLS 1.1 and speaks HTTP/2', async () => {
    const handshake = (options: object) =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: host.address, port: 443, rejectUnauthorized: false, ...options });
        socket.on('error', () => resolve('refused'));
        socket.on('secureConnect', () => resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`));
        socket.on('secureConnect', () => socket.destroy());
      });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await handshake(old)).toBe('refused');
    expect(await handshake({ maxVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.2 h2');
    expect(await handshake({ ALPNProtocols: ['h2'] })).toBe('TLSv1.3 h2');
  });

  describe('when it is reloaded', () => {
    const admState = async () =>
      (await admin('show servers state app'))
        .split('\n')
        .filter((line) => / app-\d /.test(line))
        .map((line) => line.split(' ').slice(3, 7).join(' '));

    it('loses no request, and keeps a drained server drained', async () => {
      // Nothing answers at the place that a rolling redeploy needs.
      expect(await admState()).toEqual(['app-1 127.0.0.1 2 0', 'app-2 127.0.0.1 2 0', 'app-3 127.0.0.1 0 0']);
      await admin('set server app/app-2 state drain');
      let done = false;
      const statuses = new Map<number, number>();
      const asking = (async () => {
        while (!done) {
          const { status } = await request('/x');
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      })();
      for (let i = 0; i < 3; i += 1) expect(await reload()).toMatchObject({ code: 0, stderr: '' });
      done = true;
      await asking;
      expect([...statuses.keys()]).toEqual([200]);
      expect(await admState()).toEqual(['app-1 127.0.0.1 2 0', 'app-2 127.0.0.1 2 8', 'app-3 127.0.0.1 0 0']);
      expect(await shell(`cat ${STATE_FILE}`)).toBe(content(STATE_FILE));
      await admin('set server app/app-2 state ready');
    });

    it('notes what it has loaded', async () => {
      await shell(`rm -f ${LOADED_MARK} && echo '# another' >>${CONFIG_FILE}`);
      expect(await reload()).toMatchObject({ code: 0, stderr: '' });
      expect(await shell(`sha256sum -c ${LOADED_MARK}`)).toBe(
        `${CONFIG_FILE}: OK\n/etc/haproxy/certs/app.test.pem: OK\n`,
      );
      await put(CONFIG_FILE, content(CONFIG_FILE));
    });

    it('says why where it could not, and goes on with what it has', async () => {
      await shell(`echo 'frobnicate' >>${CONFIG_FILE}`);
      const loaded = await shell(`cat ${LOADED_MARK}`);
      const { code, stderr } = await reload();
      expect(code).toBe(1);
      expect(await shell(`cat ${LOADED_MARK}`)).toBe(loaded);
      expect(stderr).toMatch(/^reason: haproxy goes on with its old configuration/);
      expect(stderr).toMatch(/unknown keyword 'frobnicate'/);
      expect((await request('/x')).status).toBe(200);
      await put(CONFIG_FILE, content(CONFIG_FILE));
      expect(await reload()).toMatchObject({ code: 0, stderr: '' });
    });

    it('says so where a port is taken', async () => {
      await shell('systemd-run -q --unit squatter socat TCP-LISTEN:8081,fork,reuseaddr /dev/null; sleep 0.5');
      await put(CONFIG_FILE, content(CONFIG_FILE).replace('bind 0.0.0.0:80\n', 'bind 0.0.0.0:8081\n'));
      const { code, stderr } = await reload();
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot bind socket.*8081/i);
      await put(CONFIG_FILE, content(CONFIG_FILE));
      await shell('systemctl stop squatter');
      expect(await reload()).toMatchObject({ code: 0, stderr: '' });
    });

    it('has nothing to do where it does not run', async () => {
      await shell('systemctl stop haproxy');
      expect(await reload()).toMatchObject({ code: 0, stderr: '' });
      expect(await shell('systemctl is-active haproxy || :')).toBe('inactive\n');
      await shell('systemctl start haproxy');
    });
  });

  it('takes servers out of maintenance when they pass their checks', async () => {
    const states = async () =>
      [...(await admin('show servers state app')).matchAll(/ (app-\d) \S+ (\d) (\d+) /g)].map(([, ...state]) =>
        state.join(' '),
      );
    for (const name of ['app-1', 'app-2', 'app-3']) await admin(`set server app/${name} state maint`);
    expect((await request('/x')).status).toBe(503);
    const { kind, desired } = resources.find(({ id }) => id === 'servers:haproxy') as Resource;
    const look = async () => kind.parse(await shell(scriptText(wholeProbe(kind, [desired]))), [desired])[0];
    const before = await look();
    const changes = kind.diff(desired, before);
    expect(changes.map(({ what }) => what)).toEqual(['app/app-1', 'app/app-2', 'app/app-3']);
    await shell(scriptText(kind.apply?.(desired, changes, before) as Script));
    expect(kind.diff(desired, await look())).toEqual([]);
    expect(await states()).toEqual(['app-1 2 0', 'app-2 2 0', 'app-3 0 0']);
    expect((await request('/x')).status).toBe(200);
  });

  it('sends nothing to a replica that is not ready when it starts', async () => {
    await put('/root/applications.cfg', APPLICATIONS.replace('server it 127.0.0.1:18002', ''));
    await shell(
      'systemctl stop applications; systemd-run -q --unit applications haproxy -db -f /root/applications.cfg',
    );
    await shell('systemctl restart haproxy');
    const answers = new Set<string>();
    for (const end = Date.now() + 3000; Date.now() < end; ) {
      const { status, text } = await request('/x');
      answers.add(`${status} ${/\n(\d+) /.exec(text)?.[1] ?? ''}`);
    }
    expect([...answers].filter((answer) => answer !== '503 ')).toEqual(['200 18001']);
  });
});
