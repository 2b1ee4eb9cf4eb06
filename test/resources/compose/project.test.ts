import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ComposeProjectInput, composeProject } from '../../../src/resources/compose/project.ts';
import { reveal, Secret, type Text, text } from '../../../src/shell/secret.ts';
import { fakeDocker } from '../docker/fake-docker.ts';
import { converge, type LocalOptions, planned, runScript } from '../local-target.ts';
import { shells } from '../shells.ts';
import { applied, changesOf, desired } from '../table.ts';

const shop = { name: 'shop', directory: '/opt/shop', services: ['app'], containers: ['shop-db-1', 'shop-app-1'] };
const whole = {
  file: 'whole',
  access: '600 0',
  volumes: [],
  parts: [],
  others: [],
  held: [],
  isReleased: false,
  containers: [],
  strangers: [],
} as const;
const absent = { ...whole, file: undefined, access: '' };
const running = (...names: readonly string[]) =>
  names.map((name) => ({ name, service: name.replace('shop-', '').replace('db-1', 'db'), ports: [] }));
/** A service that is gone, of a project that has run; and what another one gets. */
const released = { ...whole, isReleased: true, parts: ['app-1', 'web-1'] };
const loopback = (port: number, protocol = 'tcp') => ({ address: '127.0.0.1', port, protocol });
const web = { name: 'shop-web-1', service: 'web-1', ports: [loopback(18_101)] };

function told(input: ComposeProjectInput, actual: Parameters<typeof composeProject.diff>[1]): readonly string[] {
  return changesOf(composeProject, input, actual).map(({ action, what, from, to, rollout }) =>
    [action, what, from && `${from} ->`, to, rollout && 'by a rolling redeploy'].filter(Boolean).join(' '),
  );
}

/** The lines that only one of the texts has. */
function diffOf(before: string, after: string): readonly string[] {
  const [gone, come] = [before.split('\n'), after.split('\n')];
  return [
    ...gone.filter((line) => !come.includes(line)).map((line) => `-${line}`),
    ...come.filter((line) => !gone.includes(line)).map((line) => `+${line}`),
  ];
}

describe('composeProject', () => {
  it.each([
    { output: '', actual: absent },
    { output: 'directory /opt/shop\n', actual: absent },
    {
      output:
        'directory /opt/other\nfile whole\naccess 600 0\ndirectory /opt/shop\nvolume a\nvolume b\npart db.yml\nother .env\nreleased\nheld web 2\nis file whole\nis services: {}\ndue services:\ndue   db: {}\naccess 644 1000\n',
      actual: {
        file: { is: 'file whole\nservices: {}\n', due: 'services:\n  db: {}\n' },
        access: '644 1000',
        volumes: ['a', 'b'],
        parts: ['db'],
        others: ['.env'],
        held: ['web'],
        isReleased: true,
        containers: [],
        strangers: [],
      },
    },
    {
      output:
        '"shop" "shop-app-1" "app-1" "False" "127.0.0.1:18001-18002-\\u003e5000-5001/tcp, [::]:53-\\u003e53/udp, 80/tcp"\n"other" "x" "x" "False" ""\n"shop" "stray" "" "" ""\n"shop" "once" "app-1" "True" ""\n"old" "y" "y" "False" "0.0.0.0:80-\\u003e80/tcp"\n"" "z" "" "" ":::81-\\u003e80/tcp"\n"shop" "run" "app-1" "True" "127.0.0.1:82-\\u003e80/tcp"\n',
      actual: {
        ...absent,
        containers: [
          {
            name: 'shop-app-1',
            service: 'app-1',
            ports: [loopback(18_001), loopback(18_002), { address: '::', port: 53, protocol: 'udp' }],
          },
          { name: 'stray', service: '', ports: [] },
        ],
        strangers: [
          { name: 'y', project: 'old', ports: [{ address: '0.0.0.0', port: 80, protocol: 'tcp' }] },
          { name: 'z', project: '', ports: [{ address: '::', port: 81, protocol: 'tcp' }] },
          { name: 'run', project: 'shop', ports: [loopback(82)] },
        ],
      },
    },
    { output: 'directory /opt/shop\nsilent\n', actual: { unknown: 'the Docker Engine does not answer' } },
  ])('reads $output', ({ output, actual }) => {
    expect(composeProject.parse(output, desired(composeProject, [shop]))).toEqual([actual]);
  });

  it.each<[string, ComposeProjectInput, Parameters<typeof composeProject.diff>[1], readonly string[]]>([
    ['nothing', shop, whole, []],
    ['no file', shop, absent, ['create /opt/shop/compose.yml']],
    [
      'a file that was changed',
      shop,
      { ...whole, file: { is: 'LEVEL: debug\n', due: 'LEVEL: info\n' } },
      ['update compose.yml changed by hand -> as its services want it'],
    ],
    [
      'a file that others can read',
      shop,
      { ...whole, access: '644 0' },
      ['update mode and owner of compose.yml 644 0 -> 600 0'],
    ],
    [
      "somebody else's file",
      shop,
      { ...whole, access: '600 1000' },
      ['update mode and owner of compose.yml 600 1000 -> 600 0'],
    ],
    ['a volume more', { ...shop, volumes: ['a', 'b'] }, { ...whole, volumes: ['a', 'old'] }, ['create volume b']],
    [
      'its own containers',
      shop,
      { ...whole, parts: ['app-12'], containers: running('shop-app-1', 'shop-app-12', 'shop-db-1') },
      [],
    ],
    [
      'one that passes for a replica',
      shop,
      { ...whole, containers: running('shop-app-1', 'shop-app-9') },
      ['delete container shop-app-9'],
    ],
    [
      'what the release has that somebody went back to',
      shop,
      { ...whole, held: ['web'], parts: ['web-1', 'web-2'], containers: running('shop-web-1', 'shop-api-1') },
      ['delete container shop-api-1'],
    ],
    [
      'parts of the file without a service and without a container',
      shop,
      { ...whole, parts: ['app-1', 'db', 'web-1', 'old'], containers: running('shop-web-1') },
      ['delete container shop-web-1', 'delete old in compose.yml'],
    ],
    [
      'containers that no service stands for',
      shop,
      { ...whole, containers: running('stray', 'shop-web-1', 'shop-app-x', 'shop-app-1-1') },
      [
        'delete container shop-app-1-1',
        'delete container shop-app-x',
        'delete container shop-web-1',
        'delete container stray',
      ],
    ],
    [
      'a service that is gone is for the rolling redeploy',
      shop,
      { ...released, containers: [web] },
      ['delete container shop-web-1 last of all, when nobody is sent there any more by a rolling redeploy'],
    ],
    [
      'a database that is gone as well',
      { ...shop, containers: [] },
      { ...released, parts: ['db'], containers: running('shop-db-1') },
      ['delete container shop-db-1 last of all, when nobody is sent there any more by a rolling redeploy'],
    ],
    [
      'but nothing that was made by other means',
      shop,
      { ...released, containers: [{ ...web, name: 'shop-web' }, ...running('shop-api-1')] },
      ['delete container shop-api-1', 'delete container shop-web'],
    ],
    [
      'nor what has a port that another one gets',
      { ...shop, ports: [{ address: '0.0.0.0', port: 18_101, owner: 'what app publishes' }] },
      { ...released, containers: [web] },
      ['delete container shop-web-1 at once: its port 0.0.0.0:18101 is for what app publishes'],
    ],
    [
      'which is no port of another address or protocol',
      {
        ...shop,
        ports: [
          { address: '10.0.0.1', port: 18_101 },
          { ...loopback(18_101), protocol: 'udp' },
        ],
      },
      { ...released, containers: [web] },
      ['delete container shop-web-1 last of all, when nobody is sent there any more by a rolling redeploy'],
    ],
  ])('%s', (_, input, actual, changes) => expect(told(input, actual)).toEqual(changes));

  describe('what was changed in compose.yml', () => {
    const password = Secret.named('db', 'hunter2-now');
    const part = (image: string, level: string, secret: Text) =>
      text`services:\n  app-1:\n    image: "${image}"\n    environment:\n      KEY: "${secret}"\n      LEVEL: "${level}"\n`;
    const due = reveal(part('redis:8', 'info', password));
    function shown(is: string, parts = due) {
      const input = { ...shop, definitions: [part('redis:8', 'info', password)] };
      const [change] = changesOf(composeProject, input, { ...whole, file: { is, due: parts } });
      return change?.text && diffOf(change.text.before, change.text.after);
    }

    it.each([
      ['an image', due.replace('redis:8', 'redis:7'), ['-    image: "redis:7"', '+    image: "redis:8"']],
      ['a remark', `# by hand\n${due}`, ['-# by hand']],
      ['a remark with a value', `# KEY=older\n${due}`, ['-<hidden>']],
      ['a value', due.replace('info', 'debug'), ['-<hidden>', '+      LEVEL: "info"']],
      ['a secret', due.replace('hunter2-now', 'older'), ['-<hidden>', '+      KEY: "<secret>"']],
      [
        'a secret in another place',
        due.replace('redis:8', 'hunter2-now'),
        ['-    image: "<secret>"', '+    image: "redis:8"'],
      ],
      [
        'a whole service',
        `${due}  mine:\n    image: nginx\n    command: --password x\n`,
        ['-  mine:', '-    image: nginx', '-<hidden>'],
      ],
    ])('shows %s', (_, is, lines) => expect(shown(is)).toEqual(lines));

    it('shows no secret that its part has and the inventory no longer has', () => {
      const older = due.replace('hunter2-now', 'hunter2-then');
      expect(shown(older.replace('redis:8', 'redis:7'), older)).toEqual([
        '-    image: "redis:7"',
        '+    image: "redis:8"',
      ]);
      expect(shown(older.replace('hunter2-then', 'x'), older)).toBeUndefined();
    });
  });

  describe('a port that a container of another project has', () => {
    const ports = [
      { ...loopback(18_001), owner: 'the replicas of app', setting: 'host_port' },
      { ...loopback(53, 'udp'), owner: 'what dns publishes', setting: 'publish' },
    ];
    const conflicts = (...strangers: Parameters<typeof composeProject.diff>[1]['strangers']) =>
      changesOf(composeProject, { ...shop, ports }, { ...whole, strangers }).map(({ action, what, hint }) => {
        return [action, what, hint];
      });

    it('is a conflict that tells how to remove that project', () => {
      const old = { name: 'old-app-1', project: 'old', ports: [loopback(18_001)] };
      expect(conflicts(old)).toEqual([
        [
          'conflict',
          'port 18001, for the replicas of app, is taken by the container old-app-1 of the stack old',
          'Choose another port by `host_port`. Or remove the containers of that stack, where nobody needs it any more; its volumes stay: docker rm -f $(docker ps -aq --filter label=com.docker.compose.project=old)',
        ],
      ]);
    });

    it('is told for each of them, with the way out once', () => {
      const dns = { name: 'old-dns-1', project: 'old', ports: [loopback(53, 'udp')] };
      const hints = conflicts({ name: 'old-app-1', project: 'old', ports: [loopback(18_001)] }, dns).map(
        ([, , hint]) => hint,
      );
      expect(hints).toEqual([expect.stringContaining('docker rm -f'), undefined]);
    });

    it('is one as well where it has no project, or one that no shell should read', () => {
      const any = { address: '0.0.0.0', port: 53, protocol: 'udp' };
      const told = [
        'conflict',
        'port 53, for what dns publishes, is taken by the container dns',
        'Choose another port by `publish`. Or remove it, where nobody needs it any more: docker rm -f dns',
      ];
      expect(conflicts({ name: 'dns', project: '', ports: [any] })).toEqual([told]);
      const [[, , hint = ''] = []] = conflicts({ name: 'dns', project: '$(reboot)', ports: [any] });
      expect(hint).toBe(told[2]);
    });

    it('is none where the port, the address or the protocol is another, or the name is that of a container of ours', () => {
      const others = [loopback(18_002), { ...loopback(18_001), address: '10.0.0.1' }, loopback(53)];
      const own = { name: 'shop-app-1', project: '', ports: [loopback(18_001)] };
      expect(conflicts({ name: 'x', project: 'old', ports: others }, own)).toEqual([]);
    });

    it('is told beside all else that differs', () => {
      const strangers = [{ name: 'old-app-1', project: 'old', ports: [loopback(18_001)] }];
      const changes = changesOf(composeProject, { ...shop, ports }, { ...absent, strangers });
      expect(changes.map(({ action }) => action)).toEqual(['conflict', 'create']);
    });
  });

  it('tells of files that docker compose reads as well', () => {
    const [state] = desired(composeProject, [shop]);
    expect(composeProject.remark?.(state as never, { ...whole, others: ['compose.override.yml', '.env'] })).toBe(
      'compose.override.yml, .env in /opt/shop are not ours: `docker compose up` by hand follows them, so remove them',
    );
    expect(composeProject.remark?.(state as never, whole)).toBeUndefined();
  });

  it('removes containers with their parts of the file, whatever their labels say', () => {
    const stray = { name: 'stray', service: '../../x', ports: [] };
    const script = applied(
      composeProject,
      { ...shop, containers: [] },
      {
        ...whole,
        parts: ['app-1'],
        containers: [stray, ...running('shop-db-1', 'shop-app-1')],
      },
    );
    expect(script).toContain('docker stop shop-db-1 stray >/dev/null && docker rm shop-db-1 stray >/dev/null || exit');
    expect(script).toContain('rm -f .provision/services/db.yml .provision/made/db && assemble');
  });

  it('keeps the part of a service that a stray container passes for', () => {
    const strays = [
      { name: 'stray', service: 'db', ports: [] },
      { name: 'other', service: 'app-1', ports: [] },
    ];
    const actual = { ...whole, parts: ['app-1', 'db'], containers: [...strays, ...running('shop-db-1', 'shop-app-1')] };
    const script = applied(composeProject, shop, actual);
    expect(script).toContain('docker rm other stray');
    expect(script).not.toMatch(/rm -f .*services/);
  });

  it('sees nothing where there is no docker', async () => {
    const script = composeProject.probe(desired(composeProject, [shop]));
    const { code, stdout } = await runScript(script, { shell: ['/bin/dash'], env: { PATH: '/nonexistent' } });
    expect([code, stdout]).toEqual([0, 'directory /opt/shop\n']);
  });
});

describe.each(shells())('in %s', (_, options) => {
  let folder: string;
  let local: LocalOptions;
  let project: ComposeProjectInput;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'project-'));
    local = fakeDocker(folder, options);
    const directory = join(folder, 'my shop');
    mkdirSync(directory);
    project = { ...shop, directory };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = () => join(folder, 'my shop/compose.yml');
  const part = (name: string) => join(folder, 'my shop/.provision/services', `${name}.yml`);

  it('makes the file from nothing, and undoes what is changed in it by hand', { timeout: 60_000 }, async () => {
    await converge(composeProject, project, local);
    expect(readFileSync(file(), 'utf8')).toMatch(/^# .*\nservices: \{\}\nvolumes: \{\}\n$/);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    mkdirSync(join(folder, 'my shop/.provision/services'));
    writeFileSync(part('app-1'), 'services:\n  app-1: {}\n');
    writeFileSync(part('db'), 'services:\n  db: {}\n');
    expect(await planned(composeProject, project, local)).toMatchObject([{ what: 'compose.yml' }]);
    await converge(composeProject, { ...project, volumes: ['data', 'db-postgres'] }, local);
    expect(readFileSync(file(), 'utf8')).toMatch(
      /^# .*\nservices:\n {2}app-1: \{\}\n {2}db: \{\}\nvolumes:\n {2}data: \{\}\n {2}db-postgres: \{\}\n$/,
    );
    writeFileSync(file(), 'services: {}\n');
    expect(await converge(composeProject, project, local)).toMatchObject([
      {
        what: 'compose.yml',
        text: {
          before: 'services: {}\n',
          after: expect.stringMatching(/^# .*\nservices:\n {2}app-1: \{\}\n {2}db: \{\}\nvolumes:\n {2}data: /),
        },
      },
    ]);
    // An older release may need the volumes.
    rmSync(file());
    await converge(composeProject, project, local);
    expect(readFileSync(file(), 'utf8')).toMatch(/\nvolumes:\n {2}data: \{\}\n {2}db-postgres: \{\}\n$/);
  });

  it('removes what is no longer wanted, and its part of the file', { timeout: 60_000 }, async () => {
    mkdirSync(join(folder, 'my shop/.provision/services'), { recursive: true });
    for (const name of ['app-1', 'web-1']) {
      writeFileSync(part(name), `services:\n  ${name}: {}\n`);
      writeFileSync(join(folder, 'containers', `shop-${name}`), '');
    }
    const changes = await converge(composeProject, project, local);
    expect(changes.map(({ action, what }) => `${action} ${what}`)).toEqual(['create ', 'delete container shop-web-1']);
    expect(readFileSync(file(), 'utf8')).toMatch(/^# .*\nservices:\n {2}app-1: \{\}\nvolumes: \{\}\n$/);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toContain('stop shop-web-1\nrm shop-web-1\n');
  });
});
