/** Certificates from an authority: obtained, served, renewed by the host itself; and what is told where none can be had. */
import { execFileSync } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type LabHost, startHost } from '../lab/host.ts';
import { RELEASES } from '../lab/releases.ts';
import { type Authority, BLOCKED_NAME, DIRECTORY, startAuthority } from './acme-authority.ts';
import { eventually } from './eventually.ts';
import { withLoad } from './load.ts';
import { changedIds, environment, planned, provision, type Run, summaryOf } from './provision.ts';

const DOMAIN = 'app.test';
const ISSUED = `/etc/ssl/uacme/localhost_14000_dir/${DOMAIN}/cert.pem`;
const APPLICATION = `
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend application
  bind 127.0.0.1:18101
  http-request return status 200 content-type text/plain string OK
`;

describe.each(RELEASES)('certificates from an authority on %s', (distro) => {
  const inventory = join(mkdtempSync(join(tmpdir(), 'provision-acme-')), 'acme.yml');
  let host: LabHost;
  let env: NodeJS.ProcessEnv;
  let authority: Authority;

  const ACME = { domain: DOMAIN, provider: 'acme', directory: DIRECTORY, agree_terms: true };

  /** Plans, or applies, with these certificates. */
  function run(command: 'plan' | 'apply', certs: object = ACME): Promise<Run> {
    const connection = {
      ansible_host: host.address,
      ansible_user: 'root',
      ansible_ssh_private_key_file: host.keyFile,
      provision_host_key: host.hostKey,
    };
    const haproxy = {
      routes: [{ path: '/', service: 'app' }],
      backends: { app: { servers: ['127.0.0.1:18101'] } },
    };
    const vars = { roles: ['certs', 'haproxy'], certs, haproxy };
    writeFileSync(inventory, stringify({ all: { vars, hosts: { web1: connection } } }));
    return provision([command, '-i', inventory, '--json', ...(command === 'apply' ? ['--yes'] : [])], env);
  }

  async function shell(script: string): Promise<string> {
    const { code, stdout, stderr } = await host.exec(script);
    if (code !== 0) throw new Error(`${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** The certificate that visitors see. */
  function served(): Promise<X509Certificate> {
    return new Promise((resolve, reject) => {
      const options = { host: host.address, port: 443, servername: DOMAIN, rejectUnauthorized: false };
      const socket = connect(options, () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        if (certificate) resolve(certificate);
        else reject(new Error('there is no certificate'));
      });
      socket.on('error', reject);
    });
  }

  /** The status of the answer to a visitor's request. */
  function answered(): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      get(`https://${host.address}`, { rejectUnauthorized: false, agent: false, timeout: 5000 }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  }

  /** As if the certificate had been issued 90 days before its end, and nothing had been renewed: so many days are left. */
  async function growOld(daysLeft: number): Promise<void> {
    await shell(`
      set -e
      cd /root/authority
      key=/etc/ssl/uacme/localhost_14000_dir/private/${DOMAIN}/key.pem
      openssl req -new -key $key -subj /CN=${DOMAIN} -addext subjectAltName=DNS:${DOMAIN} -out old.csr
      printf '%s\\n' '[ca]' default_ca=here '[here]' database=index serial=serial new_certs_dir=. default_md=sha256 \\
        policy=any copy_extensions=copy unique_subject=no '[any]' commonName=supplied >ca.cnf
      : >index
      echo 01 >serial
      at() { date -u -d "$1 days" +%y%m%d%H%M%SZ; }
      openssl ca -batch -notext -config ca.cnf -cert authority.crt -keyfile authority.key -in old.csr -out old.crt \\
        -startdate "$(at ${daysLeft - 90})" -enddate "$(at ${daysLeft})" 2>/dev/null
      cat old.crt >${ISSUED}
      cat old.crt "$key" >/etc/haproxy/certs/${DOMAIN}.pem
      systemctl reload haproxy`);
    // systemd does not wait for the worker that reads it.
    await eventually(async () => expect((await served()).issuer).toBe('CN=authority'));
  }

  const ids = (plan: Run) => planned(plan).map(({ id, changes }) => [id, ...changes.map(({ what }) => what)]);

  beforeAll(async () => {
    host = await startHost({ distro, name: `acme-${distro}` });
    env = await environment(host);
    // From when the authority starts on, the host knows no names but those of the tests.
    await shell(`
      export DEBIAN_FRONTEND=noninteractive
      apt-get -qq update && apt-get -qq install --no-install-recommends openssl pebble >/dev/null &&
        apt-get -qq install --no-install-recommends --download-only curl haproxy socat uacme >/dev/null`);
    authority = await startAuthority(host);
  });
  afterAll(() => host?.stop());

  it('asks for nothing while the name leads nowhere, and leaves a site that runs', async () => {
    const plan = await run('plan');
    expect(ids(plan)).toContainEqual([`acme-certificate:${DOMAIN}`, '']);
    const apply = await run('apply');
    expect(apply.code).toBe(1);
    expect(summaryOf(apply).error).toMatchObject({
      code: 'certificate-not-issued',
      task: `acme-certificate:${DOMAIN}`,
      message: `localhost:14000 has issued no certificate for ${DOMAIN}: ${DOMAIN} has no address that this host can find out`,
      hint: expect.stringContaining('Have every name of the certificate lead to this host'),
    });
    expect(await authority.orders()).toBe(0);
    const certificate = await served();
    expect(certificate.issuer).toBe(`CN=${DOMAIN}`);
    expect(certificate.subjectAltName).toBe(`DNS:${DOMAIN}`);
  });

  it('finds the address of another server, before the authority does', async () => {
    await authority.point(DOMAIN, [host.address, '192.0.2.9']);
    const apply = await run('apply');
    expect(summaryOf(apply).error?.message).toMatch(
      /app\.test leads to 192\.0\.2\.9, where nothing answers on port 80: /,
    );
    expect(await authority.orders()).toBe(0);
  });

  it('obtains a certificate that haproxy serves, and then changes nothing', async () => {
    await authority.point(DOMAIN, [host.address]);
    const apply = await run('apply');
    expect(summaryOf(apply).error).toBeUndefined();
    expect(apply.code).toBe(0);
    expect(changedIds(apply)).toEqual([`acme-certificate:${DOMAIN}`]);
    expect(await authority.orders()).toBeGreaterThan(0);
    const certificate = await served();
    expect(certificate.issuer).toMatch(/^CN=Pebble Intermediate CA/);
    expect(certificate.subjectAltName).toBe(`DNS:${DOMAIN}`);
    expect(await shell(`stat -c '%a %U' /etc/haproxy/certs/${DOMAIN}.pem ${ISSUED.replace('/cert.pem', '')}`)).toBe(
      '600 root\n700 root\n',
    );
    const again = await run('apply');
    expect(summaryOf(again)).toMatchObject({ status: 'ok', changed: 0, exchanges: 1 });
    await shell('systemctl start acme-certificates.service');
    expect((await served()).fingerprint256).toBe(certificate.fingerprint256);
  });

  it('serves another one for other names', async () => {
    const certs = { ...ACME, alt_names: [`www.${DOMAIN}`] };
    const refused = await run('apply', certs);
    expect(summaryOf(refused).error?.message).toContain(`www.${DOMAIN} has no address`);
    expect((await served()).subjectAltName).toBe(`DNS:${DOMAIN}`);
    await authority.point(`www.${DOMAIN}`, [host.address]);
    expect(ids(await run('plan', certs))).toEqual([[`acme-certificate:${DOMAIN}`, 'names']]);
    expect((await run('apply', certs)).code).toBe(0);
    expect((await served()).subjectAltName).toBe(`DNS:${DOMAIN}, DNS:www.${DOMAIN}`);
    expect((await run('apply')).code).toBe(0);
    expect((await served()).subjectAltName).toBe(`DNS:${DOMAIN}`);
  });

  it('renews by itself, and no visitor notices', async () => {
    await shell(`
      cat >/root/application.cfg <<'.'\n${APPLICATION}\n.
      systemd-run -q --unit application haproxy -db -f /root/application.cfg`);
    await eventually(async () => expect(await answered()).toBe(200));
    await growOld(25);
    // The timer's turn to renew it, and nothing to tell yet.
    expect(ids(await run('plan'))).toEqual([]);
    const { failures, failed, total } = await withLoad({ urls: [`https://${host.address}`], paths: ['/'] }, () =>
      shell('systemctl start acme-certificates.service'),
    );
    expect(failures).toEqual({});
    expect(failed).toBe(0);
    expect(total).toBeGreaterThan(50);
    expect((await served()).issuer).toMatch(/^CN=Pebble Intermediate CA/);
    expect(summaryOf(await run('apply'))).toMatchObject({ changed: 0, exchanges: 1 });
  });

  it('tells where the host has not renewed for long, and does it', async () => {
    await growOld(9);
    expect(ids(await run('plan'))).toEqual([[`acme-certificate:${DOMAIN}`, 'validity']]);
    expect((await run('apply')).code).toBe(0);
    expect((await served()).issuer).toMatch(/^CN=Pebble Intermediate CA/);
  });

  it('finds a timer that does not run', async () => {
    await shell('systemctl disable -q --now acme-certificates.timer');
    expect(ids(await run('plan'))).toEqual([['service:acme-certificates.timer', 'state', 'enabled']]);
    expect((await run('apply')).code).toBe(0);
    expect(await shell('systemctl is-active acme-certificates.timer')).toBe('active\n');
  });

  it('tells what the authority says', async () => {
    await authority.point(BLOCKED_NAME, [host.address]);
    const apply = await run('apply', [ACME, { ...ACME, domain: BLOCKED_NAME }]);
    expect(apply.code).toBe(1);
    expect(summaryOf(apply).error).toMatchObject({
      code: 'certificate-not-issued',
      message: expect.stringMatching(/has issued no certificate for blocked\.test: .*forbidden by policy/),
      hint: expect.stringContaining('The authority issues no certificates for such a name'),
    });
    expect((await served()).issuer).toMatch(/^CN=Pebble Intermediate CA/);
  });

  it('goes to a certificate of its own, to own files, and back without asking anyone', async () => {
    const orders = await authority.orders();
    const provided = { domain: DOMAIN, provider: 'files', certificate: 'own.crt', key: 'own.key' };
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '9'],
        ...['-subj', '/O=own', '-addext', `subjectAltName=DNS:${DOMAIN}`, '-keyout', 'own.key', '-out', 'own.crt'],
      ],
      { cwd: dirname(inventory), stdio: 'pipe' },
    );
    const steps = [
      { certs: { domain: DOMAIN }, issuer: /^CN=app\.test$/, renews: false },
      { certs: ACME, issuer: /^CN=Pebble Intermediate CA/, renews: true },
      { certs: provided, issuer: /^O=own$/, renews: false },
      { certs: ACME, issuer: /^CN=Pebble Intermediate CA/, renews: true },
    ];
    for (const { certs, issuer, renews } of steps) {
      const apply = await run('apply', certs);
      expect(summaryOf(apply).error).toBeUndefined();
      expect((await served()).issuer).toMatch(issuer);
      const files = await shell('ls /etc/systemd/system /usr/local/sbin; systemctl list-timers');
      expect(files.includes('acme-certificates')).toBe(renews);
      expect(summaryOf(await run('apply', certs))).toMatchObject({ changed: 0, exchanges: 1 });
    }
    expect(await authority.orders()).toBe(orders);
  });
});
