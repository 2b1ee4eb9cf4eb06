import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CertificateInput, certificate } from '../../src/resources/certificate.ts';
import type { Change } from '../../src/resources/contract.ts';
import { converge, planned, runScript } from './local-target.ts';
import { shells } from './shells.ts';
import { changesOf, desired, probeText } from './table.ts';

const DAY_MS = 86_400_000;

describe('certificate', () => {
  const wish = { name: 'app', path: '/srv/app.pem', commonName: 'app.example.com' };

  it('never reads a private key', () => {
    const text = probeText(certificate, [wish, { ...wish, keyPath: '/srv/app.key' }]);
    expect(text).toContain("sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' /srv/app.pem");
    expect(text).toContain('openssl pkey -in /srv/app.key -passin pass: -pubout');
    expect(text.match(/\bstat /g)).toHaveLength(1);
  });

  it.each<[string, Partial<CertificateInput>, RegExp]>([
    ['a common name of two lines', { commonName: 'a\n[x]' }, /commonName/],
    ['a common name that is too long', { commonName: `${'a'.repeat(60)}.example.com` }, /64 characters/],
    ['a name with options for openssl', { altNames: ['a,DNS:b'] }, /altNames.0/],
    ['a name with a variable of openssl', { altNames: ['$ENV::HOME'] }, /altNames.0/],
    ['no names', { altNames: [] }, /altNames/],
    ['a relative path', { path: 'app.pem' }, /path/],
    ['a renewal in every run', { days: 30, renewBeforeDays: 30 }, /renewBeforeDays: must be less than days/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => certificate({ ...wish, ...wrong })).toThrow(message);
  });

  it('is created where one of its files is missing', () => {
    const [first] = desired(certificate, [wish]);
    const [actual] = certificate.parse('now 1795221572\ncertificate 0\n', first ? [first] : []);
    expect(changesOf(certificate, wish, actual as never)).toEqual([
      { action: 'create', what: '', to: 'for app.example.com' },
    ]);
  });
});

describe.each(shells().filter(([name]) => name !== 'busybox alone'))('certificate in %s', (_, options) => {
  let folder: string;
  let wish: CertificateInput & { path: string };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'certificate '));
    wish = {
      name: 'app',
      path: join(folder, 'app.pem'),
      commonName: 'App.example.com',
      altNames: ['app.example.com', '*.example.com', '10.0.0.1', '2001:DB8:0::1'],
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (path: string) => readFileSync(path, 'utf8');
  const whats = (changes: readonly Change[] | string) =>
    typeof changes === 'string' ? changes : changes.map(({ what }) => what);

  it('makes a key and a certificate for it', async () => {
    expect(await converge(certificate, wish, options)).toMatchObject([{ action: 'create' }]);
    const made = new X509Certificate(read(wish.path));
    expect(made.checkPrivateKey(createPrivateKey(read(wish.path)))).toBe(true);
    expect(made.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(made.subject).toBe('CN=app.example.com');
    expect(made.checkHost('x.example.com')).toBe('*.example.com');
    expect(made.checkIP('2001:db8::1')).toBeDefined();
    expect(made.ca).toBe(false);
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(Math.round((made.validToDate.getTime() - Date.now()) / DAY_MS)).toBe(397);
    expect(statSync(wish.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['app.pem']);
    const before = read(wish.path);
    expect(await converge(certificate, wish, options)).toEqual([]);
    expect(read(wish.path)).toBe(before);
  });

  it('keeps the key in a file of its own', async () => {
    const apart = { ...wish, keyPath: join(folder, 'app.key'), mode: '0640' };
    await converge(certificate, apart, options);
    expect(read(wish.path)).not.toContain('PRIVATE KEY');
    expect(new X509Certificate(read(wish.path)).checkPrivateKey(createPrivateKey(read(apart.keyPath)))).toBe(true);
    expect(statSync(apart.keyPath).mode & 0o777).toBe(0o640);
  });

  it('tells of one that the program that reads it has not loaded', async () => {
    const mark = join(folder, 'mark');
    const input = { ...wish, loadedMark: mark };
    const load = () => writeFileSync(mark, execFileSync('sha256sum', [wish.path]));
    await converge(certificate, input, options);
    expect(await planned(certificate, input, options)).toEqual([]);
    load();
    expect(await planned(certificate, input, options)).toEqual([]);
    const before = read(wish.path);
    expect(await converge(certificate, { ...input, altNames: ['b.test'] }, options)).toMatchObject([{ what: 'names' }]);
    load();
    writeFileSync(wish.path, before);
    expect(await converge(certificate, input, options)).toEqual([
      { action: 'update', what: 'in use', from: 'another content', to: 'the file as it is' },
    ]);
    expect(read(wish.path)).toBe(before);
    expect(readdirSync(folder)).toEqual(['app.pem']);
  });

  it('makes a new one for other names, another key, or what is none', async () => {
    await converge(certificate, wish, options);
    const other = { ...wish, path: join(folder, 'other.pem'), altNames: ['app.example.com'] };
    await converge(certificate, other, options);
    expect(whats(await planned(certificate, { ...wish, altNames: ['app.example.com'] }, options))).toEqual(['names']);
    expect(whats(await planned(certificate, { ...wish, commonName: 'x.example.com' }, options))).toEqual([
      'common name',
    ]);

    const [certificateText = ''] = read(wish.path).split(/(?=-----BEGIN PRIVATE)/);
    const [, keyText = ''] = read(other.path).split(/(?=-----BEGIN PRIVATE)/);
    writeFileSync(wish.path, certificateText + keyText);
    expect(whats(await converge(certificate, wish, options))).toEqual(['key']);
    writeFileSync(wish.path, keyText);
    expect(whats(await converge(certificate, wish, options))).toEqual(['certificate']);
  });

  it('makes a new one in the place of one that an authority has signed', async () => {
    await converge(certificate, wish, options);
    // As if it were signed by another: the same names and key, and an issuer of its own.
    const authority = { certificate: join(folder, 'ca.crt'), key: join(folder, 'ca.key') };
    const run = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
    run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      "/O=Let's Encrypt/CN=E7",
      '-days',
      '9',
      '-keyout',
      authority.key,
      '-out',
      authority.certificate,
    );
    const [, keyText = ''] = read(wish.path).split(/(?=-----BEGIN PRIVATE)/);
    run(
      'x509',
      '-in',
      wish.path,
      '-CA',
      authority.certificate,
      '-CAkey',
      authority.key,
      '-CAcreateserial',
      '-days',
      '397',
      '-copy_extensions',
      'copy',
      '-out',
      join(folder, 'signed'),
    );
    const signed = read(join(folder, 'signed')) + keyText;
    writeFileSync(wish.path, signed);
    expect(await planned(certificate, { ...wish, placeholder: true }, options)).toEqual([]);
    expect(await converge(certificate, wish, options)).toEqual([
      { action: 'update', what: 'issuer', from: 'E7', to: 'itself' },
    ]);
  });

  it('as a placeholder, leaves alone what is a certificate with its key', async () => {
    const placeholder = { ...wish, placeholder: true };
    await converge(certificate, { ...wish, days: 1, renewBeforeDays: 0, altNames: ['other.test'] }, options);
    const before = read(wish.path);
    expect(await converge(certificate, placeholder, options)).toEqual([]);
    expect(read(wish.path)).toBe(before);
    writeFileSync(wish.path, 'none');
    expect(whats(await converge(certificate, placeholder, options))).toEqual(['certificate']);
  });

  it('makes a new one before the end, and not earlier', async () => {
    await converge(certificate, { ...wish, days: 31, renewBeforeDays: 30 }, options);
    expect(await planned(certificate, wish, options)).toEqual([]);
    expect(whats(await converge(certificate, { ...wish, renewBeforeDays: 32 }, options))).toEqual(['validity']);
    expect(await planned(certificate, { ...wish, renewBeforeDays: 32 }, options)).toEqual([]);
  });

  it('mends owner and mode, and leaves the certificate', async () => {
    await converge(certificate, wish, options);
    const before = read(wish.path);
    chmodSync(wish.path, 0o644);
    expect(await converge(certificate, wish, options)).toEqual([
      { action: 'update', what: 'mode', from: '0644', to: '0600' },
    ]);
    expect(read(wish.path)).toBe(before);
  });

  it('does not write over a folder', async () => {
    mkdirSync(wish.path);
    expect(await planned(certificate, wish, options)).toMatchObject([
      { action: 'conflict', what: `${wish.path} is a directory` },
    ]);
  });

  it.each([
    { why: 'there is no folder', path: '/nowhere/app.pem', env: {}, says: 'the folder /nowhere does not exist\n' },
    { why: 'there is no openssl', path: '/tmp/app.pem', env: { PATH: '/nowhere' }, says: 'openssl is not installed\n' },
  ])('says that $why', async ({ path, env, says }) => {
    const { kind, desired } = certificate({ ...wish, path });
    const script = kind.apply?.(desired, [{ action: 'create', what: '' }], undefined);
    if (script === undefined) throw new Error('there is no script');
    const shell = (options.shell ?? ['sh']).map((word) => (/^(dash|bash|busybox)$/.test(word) ? `/bin/${word}` : word));
    expect(await runScript(script, { shell, env })).toMatchObject({ code: 1, stderr: says });
  });
});
