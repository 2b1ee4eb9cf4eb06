import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOST_LOCK } from '../../roles/certs/acme-client.ts';
import { readOwnFiles } from '../../roles/certs/own-files.ts';
import certs from '../../roles/certs.ts';
import { mask, reveal, scriptText, type Text } from '../../src/index.ts';
import { LOCK_FILE } from '../../src/shell/lock-probe.ts';
import { contentOf, desiredOf, idsOf, refusalOf, resourcesOf } from './role.ts';

const FIXTURES = join(import.meta.dirname, 'certs/fixtures');
const localPath = (path: string) => join(FIXTURES, path);
const OWN = { domain: 'app.example.com', provider: 'files', certificate: 'app.crt', key: 'app.key' };
const ACME = { domain: 'app.example.com', provider: 'acme', agree_terms: true };

describe('certs', () => {
  it('makes nothing of nothing', () => {
    expect(resourcesOf(certs, {})).toEqual([]);
  });

  it('makes a certificate on the host, and reloads haproxy with it', () => {
    const resources = resourcesOf(certs, {
      certs: { domain: 'App.example.com', alt_names: ['www.example.com', '203.0.113.10'] },
    });
    expect(idsOf(resources)).toEqual([
      'packages:openssl',
      'directory:/etc/haproxy/certs',
      'file:/etc/haproxy/acme.conf',
      'certificate:app.example.com',
    ]);
    expect(desiredOf(resources, 'directory:/etc/haproxy/certs')).toMatchObject({ mode: '0700', owner: 'root' });
    expect(desiredOf(resources, 'certificate:app.example.com')).toMatchObject({
      path: '/etc/haproxy/certs/app.example.com.pem',
      commonName: 'app.example.com',
      altNames: ['app.example.com', 'www.example.com', '203.0.113.10'],
      days: 397,
      renewBeforeDays: 30,
      placeholder: false,
      mode: '0600',
    });
    expect(resources[3]?.notify.map(({ id }) => id)).toEqual(['reload haproxy']);
  });

  it('brings own files, with the key as a secret', () => {
    const resources = resourcesOf(certs, { certs: [OWN] }, { localPath });
    expect(idsOf(resources)).toEqual([
      'directory:/etc/haproxy/certs',
      'file:/etc/haproxy/acme.conf',
      'file:/etc/haproxy/certs/app.example.com.pem',
    ]);
    const { content, mode } = desiredOf(resources, 'file:/etc/haproxy/certs/app.example.com.pem');
    expect(mode).toBe('0600');
    expect(mask(content as Text)).toMatch(/-----END CERTIFICATE-----\n<secret>\n$/);
    expect(reveal(content as Text)).toMatch(/-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n/);
    expect(resources[2]?.notify.map(({ id }) => id)).toEqual(['reload haproxy']);
  });

  it('has the host obtain certificates of an authority, and begins with one of its own', () => {
    const resources = resourcesOf(certs, {
      certs: [
        { ...ACME, alt_names: ['www.example.com'], email: 'ops@example.com', renew_before: 20 },
        { domain: 'internal.test' },
        {
          ...ACME,
          domain: 'shop.test',
          directory: 'https://ca.test:9000/acme/x/directory',
          check: false,
          owner: 'web',
        },
      ],
    });
    expect(idsOf(resources)).toEqual([
      'packages:ca-certificates,openssl,uacme',
      'directory:/etc/haproxy/certs',
      'file:/usr/local/sbin/acme-certificates',
      'file:/etc/haproxy/acme.conf',
      'systemd-unit:acme-certificates.service',
      'systemd-unit:acme-certificates.timer',
      'service:acme-certificates.timer',
      'certificate:app.example.com',
      'certificate:internal.test',
      'certificate:shop.test',
    ]);
    expect(contentOf(resources, '/etc/haproxy/acme.conf').split('\n').slice(1)).toEqual([
      'app.example.com /etc/haproxy/certs/app.example.com.pem root 20 yes ' +
        '/etc/ssl/uacme/acme-v02.api.letsencrypt.org_directory https://acme-v02.api.letsencrypt.org/directory ' +
        'ops@example.com app.example.com www.example.com',
      'shop.test /etc/haproxy/certs/shop.test.pem web 30 no ' +
        '/etc/ssl/uacme/ca.test_9000_acme_x_directory https://ca.test:9000/acme/x/directory - shop.test',
      '',
    ]);
    expect(desiredOf(resources, 'certificate:app.example.com')).toMatchObject({ placeholder: true });
    expect(desiredOf(resources, 'certificate:internal.test')).toMatchObject({ placeholder: false });
    expect(desiredOf(resources, 'service:acme-certificates.timer')).toMatchObject({ state: 'running', enabled: true });
  });

  it('takes the renewal away again where no authority is asked any more', () => {
    const resources = resourcesOf(certs, { certs: { domain: 'app.example.com' } });
    expect(desiredOf(resources, 'file:/etc/haproxy/acme.conf')).toMatchObject({ state: 'absent' });
    const [handler] = resources.find(({ id }) => id === 'file:/etc/haproxy/acme.conf')?.notify ?? [];
    expect(handler && scriptText(handler.script)).toContain('systemctl disable -q --now acme-certificates.timer');
  });

  it('holds the lock that runs of provision hold', () => {
    expect(HOST_LOCK).toBe(LOCK_FILE);
  });

  it('takes several', () => {
    const list = [{ domain: '*.example.com' }, { domain: '2001:db8::1' }];
    const resources = resourcesOf(certs, { certs: list });
    expect(desiredOf(resources, 'certificate:*.example.com').path).toBe('/etc/haproxy/certs/_.example.com.pem');
    expect(desiredOf(resources, 'certificate:2001:db8::1').path).toBe('/etc/haproxy/certs/2001_db8__1.pem');
  });

  it.each([
    [{ domain: 'a b' }, 'certs.domain: must be a host name or an IP address'],
    [{ domain: 'API_KEY' }, 'certs.domain: must be a host name, which has no underscore'],
    [{ domain: 'a.test', alt_names: ['b_c.test'] }, 'certs.alt_names.0: must be a host name, which has no underscore'],
    [{ domain: '../../etc/x' }, 'certs.domain: must be a host name or an IP address'],
    [{ domain: '$(touch /tmp/x)' }, 'certs.domain: must be a host name or an IP address'],
    [{ domain: 'a.test', alt_names: ['a\nb'] }, 'certs.alt_names.0: must be a host name'],
    [{ domain: 'a.test', provider: 'acme' }, 'certs.agree_terms: must be true with `provider: acme`'],
    [
      { ...ACME, alt_names: ['b.test', '10.0.0.1'] },
      'certs.alt_names.1: must be a host name of a domain with `provider: acme`',
    ],
    [{ ...ACME, domain: '*.a.test' }, 'certs.domain: must be a host name of a domain'],
    [{ ...ACME, domain: 'localhost' }, 'certs.domain: must be a host name of a domain'],
    [{ ...ACME, renew_before: 0 }, 'certs.renew_before: must be at least 1'],
    [{ ...ACME, email: '-y@a.test' }, 'certs.email: must be an email address'],
    [{ ...ACME, email: 'a b@a.test' }, 'certs.email: must be an email address'],
    [{ ...ACME, directory: 'http://ca.test/dir' }, 'certs.directory: must be a URL that begins with https://'],
    [{ ...ACME, directory: 'https://ca.test/a b' }, 'certs.directory: must be a URL that begins with https://'],
    [{ domain: 'a.test', provider: 'files' }, 'certs.certificate: must be given where the provider is files'],
    [{ domain: 'a.test', key: 'x.key' }, 'certs.key: goes with `provider: files` alone'],
    [{ domain: 'a.test', days: 20 }, 'certs.renew_before: must be less than `days`'],
    [[{ domain: 'a.test' }, { domain: 'A.test' }], 'certs: must not name the same domain twice'],
  ])('refuses %j', (value, message) => {
    expect(refusalOf(certs, { certs: value })).toContain(message);
  });
});

describe('own files', () => {
  const now = new Date();
  const files = { domain: 'app.example.com', certificate: localPath('app.crt'), key: localPath('app.key') };

  it.each(['app.example.com', 'x.app.example.com', '*.app.example.com', '203.0.113.10'])(
    'fit the domain %s',
    (domain) => {
      expect(() => readOwnFiles({ ...files, domain }, now)).not.toThrow();
    },
  );

  it.each([
    [{ domain: 'other.example.com' }, now, 'domain', /app\.crt is not for other\.example\.com$/],
    [{ domain: '203.0.113.11' }, now, 'domain', /app\.crt is not for 203\.0\.113\.11$/],
    [{ domain: '*.example.com' }, now, 'domain', /app\.crt is not for \*\.example\.com$/],
    [{ key: localPath('other.key') }, now, 'key', /other\.key is not the private key of .*app\.crt$/],
    [{ key: localPath('encrypted.key') }, now, 'key', /encrypted\.key holds no private key that can be read$/],
    [{ certificate: localPath('app.key') }, now, 'certificate', /app\.key holds no certificate in PEM$/],
    [{ key: localPath('none.key') }, now, 'key', /none\.key cannot be read: there is no such file/],
    [{}, new Date('2001-01-01'), 'certificate', /app\.crt is valid from .* to .*, and not now$/],
    [{}, new Date('2999-01-01'), 'certificate', /app\.crt is valid from .* to .*, and not now$/],
  ])('%j are refused', (change, at, parameter, message) => {
    const read = () => readOwnFiles({ ...files, ...change }, at);
    expect(read).toThrow(expect.objectContaining({ name: 'ProvisionError', parameter: ['certs', parameter] }));
    expect(read).toThrow(message);
  });
});
