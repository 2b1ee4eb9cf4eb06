/** A look costs as many processes for a thousand resources of a kind as for a few: this, not seconds, makes it quick. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probesOf, survey } from '../../src/engine/plan.ts';
import { joinSections } from '../../src/engine/sections.ts';
import {
  aptRepository,
  authorizedKeys,
  certificate,
  command,
  cron,
  directory,
  file,
  generatedSecret,
  group,
  httpCheck,
  lineInFile,
  packages,
  port,
  type Resource,
  Secret,
  service,
  sudoers,
  symlink,
  sysctl,
  systemdUnit,
  user,
} from '../../src/index.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { type ProcessCounter, type Processes, startCounting } from './processes.ts';
import { wholeProbe } from './whole-probe.ts';

const FEW = 2;
const MANY = 40;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';

const folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
let counter: ProcessCounter;

beforeAll(() => {
  counter = startCounting();
  const certificateFile = join(folder, 'c0.pem');
  const subject = ['-subj', '/CN=a.test', '-days', '90', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const key = join(folder, 'key.pem');
  execFileSync('openssl', ['req', '-x509', '-nodes', ...subject, '-keyout', key, '-out', certificateFile], {
    stdio: 'ignore',
  });
  writeFileSync(certificateFile, readFileSync(key), { flag: 'a' });
  for (let i = 0; i < MANY; i += 1) {
    writeFileSync(join(folder, `f${i}`), `file ${i}\n`);
    mkdirSync(join(folder, `d${i}`));
    symlinkSync('/nonexistent', join(folder, `l${i}`));
    if (i > 0) copyFileSync(certificateFile, join(folder, `c${i}.pem`));
  }
});

afterAll(() => {
  counter.stop();
  rmSync(folder, { recursive: true });
});

/** Names that are there on this machine come first: of these there is more to be told. */
function named(database: 'passwd' | 'group', i: number): string {
  const lines = readFileSync(`/etc/${database}`, 'utf8').trim().split('\n');
  return /^[a-z][a-z0-9_-]*(?=:)/.exec(lines[i] ?? '')?.[0] ?? `bench${i}`;
}

const KINDS: readonly (readonly [kind: string, make: (i: number) => Resource])[] = [
  ['file', (i) => file({ path: join(folder, `f${i}`), content: `file ${i}\n` })],
  ['directory', (i) => directory({ path: join(folder, `d${i}`) })],
  ['symlink', (i) => symlink({ path: join(folder, `l${i}`), target: '/nonexistent' })],
  ['user', (i) => user({ name: named('passwd', i), shell: '/bin/sh', password: 'locked' })],
  ['group', (i) => group({ name: named('group', i) })],
  ['sudoers', (i) => sudoers({ name: `bench${i}`, rule: `bench${i} ALL=(ALL) ALL` })],
  ['packages', (i) => packages({ names: [i === 0 ? 'bash' : `bench${i}`], manager: 'apt' })],
  ['service', (i) => service({ name: `bench${i}`, state: 'running', enabled: true })],
  ['systemdUnit', (i) => systemdUnit({ name: `bench${i}.service`, content: '[Service]\nExecStart=/bin/true\n' })],
  ['sysctl', (i) => sysctl({ name: `net.bench.x${i}`, value: 1 })],
  ['cron', (i) => cron({ name: `bench${i}`, schedule: '@daily', command: 'true' })],
  ['port', (i) => port({ port: 40_000 + i })],
  ['generatedSecret', (i) => generatedSecret({ name: `b${i}`, secret: Secret.named(`b${i}`) })],
  ['command', (i) => command({ name: `c${i}`, argv: ['true'], creates: join(folder, `f${i}`) })],
  [
    'aptRepository',
    (i) =>
      aptRepository({
        name: `bench${i}`,
        uris: ['https://example.com/debian'],
        suites: ['trixie'],
        components: ['main'],
        signingKey: { url: 'https://example.com/key' },
        fingerprint: '9DC858229FC7DD38854AE2D88D81803C0EBFCD88',
      }),
  ],
  ['httpCheck', (i) => httpCheck({ name: `h${i}`, url: `http://127.0.0.1:1/${i}` })],
];

function processesOf(make: (i: number) => Resource, count: number) {
  const resources = Array.from({ length: count }, (_, i) => make(i));
  const [first] = resources as [Resource];
  return counter.count(
    wholeProbe(
      first.kind,
      resources.map(({ desired }) => desired),
    ),
  );
}

/** A process or more for each: how many, and why it cannot be less. */
const GROWING: readonly (readonly [kind: string, make: (i: number) => Resource, most: number])[] = [
  // Read from within the folder, and without following links: who owns it could put a link in its place meanwhile.
  ['authorizedKeys', (i) => authorizedKeys({ user: named('passwd', i), keys: [KEY] }), 5],
  // The whole content is sent of each, as it is of a file that differs.
  ['lineInFile', (i) => lineInFile({ path: join(folder, `f${i}`), match: '^file', line: `file ${i}` }), 4],
  // openssl reads one certificate at a time.
  ['certificate', (i) => certificate({ name: `c${i}`, path: join(folder, `c${i}.pem`), commonName: 'a.test' }), 2],
];

describe('a look takes the same processes for many resources as for few', () => {
  it.each(KINDS)('%s', (_, make) => {
    expect(processesOf(make, MANY)).toEqual(processesOf(make, FEW));
  });
});

it('a look at packages that are all installed takes one program', () => {
  const installed = ['bash', 'sed', 'tar'];
  const { programs } = processesOf((i) => packages({ names: [installed[i] ?? 'grep'], manager: 'apt' }), MANY);
  expect(programs).toEqual({ awk: 1 });
});

describe('a look at several kinds', () => {
  const base = () => [
    packages({ names: ['bash', 'sed'], manager: 'apt' }),
    ...[1, 2, 3].flatMap((i) => [
      directory({ path: join(folder, `d${i}`) }),
      file({ path: join(folder, `f${i}`), content: `file ${i}\n` }),
      symlink({ path: join(folder, `l${i}`), target: '/nonexistent' }),
    ]),
  ];
  const placed = (resources: readonly Resource[]) => resources.map((resource) => ({ role: 'base', resource }));

  it('asks one stat for the metadata of all', () => {
    const units = [1, 2].map((i) =>
      systemdUnit({ name: `b${i}.service`, content: '[Service]\nExecStart=/bin/true\n' }),
    );
    const rules = [1, 2].map((i) => sudoers({ name: `bench${i}`, rule: `bench${i} ALL=(ALL) ALL` }));
    const { scripts } = probesOf([...base(), ...units, ...rules]);
    expect(counter.count(joinSections(scripts).script).programs.stat).toBe(1);
  });

  it('takes a process for each kind where all are quick', async () => {
    const connection = fakeConnection();
    await survey(connection, placed(base())).catch(() => {});
    const [{ script = '', options } = {}] = connection.asked;
    expect(options).toMatchObject({ isQuick: true });
    expect(counter.count({ parts: [script] })).toEqual({
      programs: { awk: 1, readlink: 1, sha256sum: 1, stat: 1 },
      // One for what is printed, the two of the pipe into sha256sum, and that for the lines of readlink.
      shells: 4,
    });
  });

  it('is a whole exchange where one kind is not quick, or the lock is taken', async () => {
    const connection = fakeConnection();
    await survey(connection, placed([...base(), service({ name: 'cron', state: 'running' })])).catch(() => {});
    await survey(connection, placed(base()), { lock: 'alice' }).catch(() => {});
    expect(connection.asked.map(({ options }) => options.isQuick)).toEqual([false, false]);
  });
});

describe('a look takes a few processes for each', () => {
  const total = ({ shells, programs }: Processes) => Object.values(programs).reduce((sum, n) => sum + n, shells);

  it.each(GROWING)('%s', (_, make, most) => {
    const more = total(processesOf(make, MANY)) - total(processesOf(make, FEW));
    expect(more).toBeGreaterThan(0);
    expect(more).toBeLessThanOrEqual(most * (MANY - FEW));
  });
});

describe('a look at what a program has loaded', () => {
  const loadedMark = () => join(folder, 'mark');
  beforeAll(() => writeFileSync(loadedMark(), `${'0'.repeat(64)}  ${join(folder, 'f0')}\n`));
  const extra = (plain: Processes, marked: Processes) =>
    Object.entries(marked.programs).flatMap(([name, n]) => (n === plain.programs[name] ? [] : [name]));

  it('takes no process for files, and one for certificates', () => {
    const files = (more: object) =>
      processesOf((i) => file({ path: join(folder, `f${i}`), content: `file ${i}\n`, ...more }), FEW);
    expect(files({ loadedMark: loadedMark() })).toEqual(files({}));
    const certificates = (more: object) =>
      processesOf(
        (i) => certificate({ name: `c${i}`, path: join(folder, `c${i}.pem`), commonName: 'a.test', ...more }),
        FEW,
      );
    const [plain, marked] = [certificates({}), certificates({ loadedMark: loadedMark() })];
    expect(extra(plain, marked)).toEqual(['sha256sum']);
    expect(marked.shells - plain.shells).toBeLessThanOrEqual(1);
  });
});

it('counts subshells and programs', () => {
  const script = (lines: string) => ({ parts: [lines] });
  expect(counter.count(script('a=$(uname); b=$(:; uname); ls / | cat | cat >/dev/null; (:)'))).toEqual({
    shells: 6,
    programs: { uname: 2, ls: 1, cat: 2 },
  });
});
