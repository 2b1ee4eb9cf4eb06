import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { certificatePaths, certificatesProbe, readCertificates } from '../../src/operate/certificates.ts';
import { certificate } from '../../src/resources/certificate.ts';
import { file } from '../../src/resources/file.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';

const FIXTURES = join(import.meta.dirname, '../roles/certs/fixtures');
const FOLDER = mkdtempSync(join(tmpdir(), 'certificates-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

describe('certificates', () => {
  it('are those that are made on the host, and files that are called so', () => {
    const resources = [
      certificate({ name: 'app', path: '/etc/haproxy/certs/app.pem', commonName: 'app.example.com' }),
      file({ path: '/etc/haproxy/certs/www.pem', content: 'x' }),
      file({ path: '/etc/motd', content: 'x' }),
      file({ path: '/etc/haproxy/certs/app.pem', content: 'x' }),
    ];
    const placed = resources.map((resource) => ({ role: 'certs', resource }));
    expect(certificatePaths(placed)).toEqual(['/etc/haproxy/certs/app.pem', '/etc/haproxy/certs/www.pem']);
  });

  it.each(shells())('are read in %s, their keys are not', async (_, options) => {
    const both = join(FOLDER, 'both of them.pem');
    const none = join(FOLDER, 'none.pem');
    const key = readFileSync(join(FIXTURES, 'app.key'), 'utf8');
    cpSync(join(FIXTURES, 'app.crt'), both);
    writeFileSync(both, `${key}${readFileSync(join(FIXTURES, 'app.crt'), 'utf8')}`);
    writeFileSync(none, 'no certificate\n');
    const paths = [both, join(FOLDER, 'missing.pem'), none];
    const { code, stdout } = await runScript(certificatesProbe(paths), options);
    expect(code).toBe(0);
    expect(stdout).not.toContain('PRIVATE');
    const [read, ...others] = readCertificates(stdout, paths);
    expect(read?.names.length).toBeGreaterThan(0);
    expect(read?.end).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(others.map(({ end }) => end)).toEqual([undefined, undefined]);
  });
});
