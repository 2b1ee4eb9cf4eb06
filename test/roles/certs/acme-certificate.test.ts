import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AcmeCertificateInput, acmeCertificate } from '../../../roles/certs/acme-certificate.ts';
import { sh } from '../../../src/index.ts';
import { converge, planned, runScript } from '../../resources/local-target.ts';
import { shells } from '../../resources/shells.ts';
import { desired } from '../../resources/table.ts';

const wish = {
  name: 'app.test',
  path: '/srv/app.pem',
  issued: { certificate: '/srv/cert.pem', key: '/srv/key.pem' },
  names: ['www.app.test', 'app.test'],
  directory: 'https://acme.test/directory',
  renewBeforeDays: 30,
  command: '/srv/command',
  prepare: sh`:`,
};

/** A certificate that is no authority's: who signed it makes no difference here. */
function make(names: readonly string[], days: number, files: { certificate: string; key: string }): string {
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x'],
    ...['-days', String(days), '-addext', `subjectAltName=${alternatives}`],
    ...['-keyout', files.key, '-out', files.certificate],
  ]);
  return readFileSync(files.certificate, 'utf8') + readFileSync(files.key, 'utf8');
}

describe('what differs of an ACME certificate', () => {
  let folder: string;
  let files: { certificate: string; key: string };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acme-'));
    files = { certificate: join(folder, 'cert'), key: join(folder, 'key') };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The state after some days, with what the client keeps and what haproxy reads. */
  function changes(issued: string, installed: string, { day = 0, renewBeforeDays = 30 } = {}) {
    const output = [
      `now ${Math.floor(Date.now() / 1000) + day * 86_400}`,
      'certificate 0 issued',
      issued,
      'certificate 0 installed',
      installed,
    ].join('\n');
    const [state] = desired(acmeCertificate, [{ ...wish, renewBeforeDays }]);
    if (state === undefined) throw new Error('there is no state');
    const [actual] = acmeCertificate.parse(output, [state]);
    return acmeCertificate.diff(state, actual as never);
  }

  it('everything where none was issued', () => {
    const placeholder = make(wish.names, 397, files);
    expect(changes('', placeholder)).toEqual([
      { action: 'create', what: '', to: 'for app.test, www.app.test, from acme.test' },
    ]);
  });

  it('nothing where haproxy reads the one that was issued', () => {
    const issued = make(wish.names, 90, files);
    expect(changes(issued, issued)).toEqual([]);
  });

  it('where haproxy reads another one', () => {
    const issued = make(wish.names, 90, files);
    expect(changes(issued, make(wish.names, 90, files))).toMatchObject([
      { action: 'update', what: 'installed', from: expect.stringMatching(/^another one, until /) },
    ]);
    expect(changes(issued, '')).toMatchObject([{ what: 'installed', from: 'none' }]);
  });

  it('where it is for other names', () => {
    const issued = make(['app.test'], 90, files);
    expect(changes(issued, issued)).toEqual([
      { action: 'update', what: 'names', from: 'app.test', to: 'app.test, www.app.test' },
    ]);
  });

  // Renewed by the host 30 days before its end; what has failed for 10 days is told.
  it.each([
    { days: 90, day: 59, renewBeforeDays: 30, isDue: false },
    { days: 90, day: 69, renewBeforeDays: 30, isDue: false },
    { days: 90, day: 71, renewBeforeDays: 30, isDue: true },
    { days: 90, day: 91, renewBeforeDays: 30, isDue: true },
    // Never more than a third of its time.
    { days: 6, day: 4, renewBeforeDays: 30, isDue: false },
    { days: 6, day: 5, renewBeforeDays: 30, isDue: true },
    { days: 90, day: 82, renewBeforeDays: 9, isDue: false },
    { days: 90, day: 85, renewBeforeDays: 9, isDue: true },
  ])('on day $day of $days, renewed $renewBeforeDays days before: $isDue', ({ days, isDue, ...rest }) => {
    const issued = make(wish.names, days, files);
    const whats = changes(issued, issued, rest).map(({ what }) => what);
    expect(whats).toEqual(isDue ? ['validity'] : []);
  });
});

describe.each(shells().filter(([name]) => name !== 'busybox alone'))('an ACME certificate in %s', (_, options) => {
  let folder: string;
  let input: AcmeCertificateInput;
  const log = () => readFileSync(join(folder, 'log'), 'utf8');

  /** A command that does as the real one, but for the authority. */
  function command(script: string): void {
    writeFileSync(join(folder, 'command'), `#!/bin/sh\ncd "\${0%/*}" && echo "$@" >>log\n${script}\n`);
    chmodSync(join(folder, 'command'), 0o755);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "acme it's "));
    const issued = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    const made = { certificate: join(folder, 'made.crt'), key: join(folder, 'made.key') };
    make(['app.test', 'www.app.test'], 90, made);
    input = {
      ...wish,
      path: join(folder, 'app.pem'),
      issued,
      command: join(folder, 'command'),
      prepare: sh`echo reload >>${join(folder, 'log')}`,
    };
    writeFileSync(join(folder, 'log'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is issued once haproxy answers, and then is in order', async () => {
    command('cp made.crt cert.pem; cp made.key key.pem; cat cert.pem key.pem >app.pem');
    expect(await converge(acmeCertificate, input, options)).toMatchObject([{ action: 'create' }]);
    expect(log()).toBe('reload\nissue app.test\n');
    expect(await converge(acmeCertificate, input, options)).toEqual([]);
  });

  it('is only installed where it was issued already', async () => {
    command('cat cert.pem key.pem >app.pem');
    writeFileSync(input.issued.certificate, readFileSync(join(folder, 'made.crt')));
    writeFileSync(input.issued.key, readFileSync(join(folder, 'made.key')));
    expect(await converge(acmeCertificate, input, options)).toMatchObject([{ what: 'installed', from: 'none' }]);
    expect(log()).toBe('reload\ninstall app.test\n');
  });

  it('counts as missing where its key is', async () => {
    writeFileSync(input.issued.certificate, readFileSync(join(folder, 'made.crt')));
    expect(await planned(acmeCertificate, input, options)).toMatchObject([{ action: 'create' }]);
  });

  it('never reads a key, wherever it stands in the file', async () => {
    const pem = readFileSync(join(folder, 'made.key'), 'utf8') + readFileSync(join(folder, 'made.crt'), 'utf8');
    writeFileSync(input.path, pem + pem);
    const { stdout } = await runScript(acmeCertificate.probe(desired(acmeCertificate, [input])), options);
    expect(stdout.match(/-----BEGIN/g)).toHaveLength(1);
    expect(stdout).not.toContain('PRIVATE KEY');
  });

  it('fails with what the authority says', async () => {
    command('echo "unresolved: app.test has no address" >&2; exit 1');
    await expect(converge(acmeCertificate, input, options)).rejects.toMatchObject({
      code: 'certificate-not-issued',
      message: 'acme.test has issued no certificate for www.app.test, app.test: app.test has no address',
    });
  });

  it('asks no authority where haproxy cannot be reloaded', async () => {
    command('exit 0');
    const prepare = sh`echo 'unknown keyword' >&2; exit 3`;
    await expect(converge(acmeCertificate, { ...input, prepare }, options)).rejects.toMatchObject({
      code: 'certificate-not-issued',
      detail: 'unknown keyword',
    });
    expect(log()).toBe('');
  });
});
