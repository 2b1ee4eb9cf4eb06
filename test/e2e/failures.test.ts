/** What goes wrong on hosts: each told with its way out, with the right exit code, and the other hosts done all the same. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, startHost } from '../lab/host.ts';
import { environment, provision, summaryOf } from './provision.ts';

/** A role of the user's own: whatever the tables below need, each asked for by its variable. */
const ROLE = `
import { command, defineRole, dockerImage, file, z } from 'provision';

export default defineRole({
  name: 'probe',
  params: z.object({
    marker: z.string(),
    big_file: z.string().optional(),
    build: z.string().optional(),
    wait_seconds: z.number().default(0),
  }),
  resources: ({ params, localPath }) => [
    file({ path: '/etc/marker', content: params.marker }),
    ...(params.big_file ? [file({ path: params.big_file, content: 'x'.repeat(1_000_000) })] : []),
    ...(params.build ? [dockerImage({ name: 'broken', build: { context: localPath(params.build) } })] : []),
    ...(params.wait_seconds
      ? [command({ name: 'wait', argv: ['sh', '-c', \`sleep \${params.wait_seconds}; touch /etc/waited\`], creates: '/etc/waited' })]
      : []),
    file({ path: '/etc/last', content: params.marker }),
  ],
});
`;

let good: LabHost;
let bad: LabHost;
let env: NodeJS.ProcessEnv;
let folder: string;
let marker = 0;
beforeAll(async () => {
  [good, bad] = await Promise.all([startHost({ name: 'good' }), startHost({ name: 'bad' })]);
  env = await environment(good);
  folder = mkdtempSync(join(tmpdir(), 'provision-failures-'));
  mkdirSync(join(folder, 'roles'));
  writeFileSync(join(folder, 'roles/probe.ts'), ROLE);
  mkdirSync(join(folder, 'broken'));
  writeFileSync(
    join(folder, 'broken/Dockerfile'),
    'FROM debian:trixie-slim\nRUN echo it cannot be helped >&2 && exit 7\n',
  );
});
afterAll(() => Promise.all([good?.stop(), bad?.stop()]));

/** Two hosts with the role `probe`; the second one has these variables on top. */
function inventory(vars: Record<string, unknown>, shared: Record<string, unknown> = {}): string {
  const common = { ansible_user: 'root', roles: ['probe'], marker: `run ${++marker}`, ...shared };
  const hosts = {
    good: { ansible_host: good.address, provision_host_key: good.hostKey, ansible_ssh_private_key_file: good.keyFile },
    bad: {
      ansible_host: bad.address,
      provision_host_key: bad.hostKey,
      ansible_ssh_private_key_file: bad.keyFile,
      ...vars,
    },
  };
  const file = join(folder, 'failures.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ all: { vars: common, hosts } }));
  return file;
}

async function run(vars: Record<string, unknown>) {
  const result = await provision(['-i', inventory(vars), '--yes', '--json'], env);
  return { ...result, good: summaryOf(result, 'good'), bad: summaryOf(result, 'bad') };
}

describe('a host that fails', () => {
  it.each([
    { what: 'cannot be reached', vars: { ansible_port: 9 }, code: 'unreachable', exit: 4 },
    { what: 'does not exist', vars: { ansible_host: 'no-such-host.invalid' }, code: 'unreachable', exit: 4 },
    {
      what: 'has another host key',
      vars: {
        provision_host_key: `ssh-ed25519 ${Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 '.padEnd(51, 'x'), 'latin1').toString('base64')}`,
      },
      code: 'host-key-changed',
      exit: 4,
    },
    { what: 'was never seen', vars: { provision_host_key: undefined }, code: 'host-key-unknown', exit: 4 },
    {
      what: 'refuses the password',
      vars: { ansible_user: 'operator', ansible_password: 'wrong', ansible_ssh_private_key_file: undefined },
      code: 'authentication-failed',
      exit: 4,
    },
    { what: 'has no sudo for the user', vars: { ansible_user: 'guest' }, code: 'become-', exit: 4 },
    { what: 'wants a sudo password', vars: { ansible_user: 'operator' }, code: 'become-password-missing', exit: 4 },
    {
      what: 'refuses the sudo password',
      vars: { ansible_user: 'operator', ansible_become_password: 'wrong' },
      code: 'become-password-wrong',
      exit: 4,
    },
  ])('because it $what: told, exit $exit, and the other one is done', async ({ vars, code, exit }) => {
    const result = await run(vars);
    expect(result.bad.error?.code).toContain(code);
    expect(result.bad.error?.hint).toBeTruthy();
    expect(result.bad.status).toBe('unreachable');
    expect(result.code).toBe(exit);
    expect(result.good.status).toBe('changed');
    expect((await good.exec('cat /etc/marker')).stdout).toBe(`run ${marker}`);
    expect(result.seconds).toBeLessThan(60);
  });

  it('because its disk is full: told, and it goes on when there is room', async () => {
    await bad.exec('mkdir -p /mnt/small && mount -t tmpfs -o size=100k none /mnt/small');
    const vars = { big_file: '/mnt/small/big' };
    const full = await run(vars);
    expect(full.bad.error).toMatchObject({ code: 'disk-full', host: 'bad', task: 'file:/mnt/small/big' });
    expect(full.code).toBe(1);
    expect(full.good.status).toBe('changed');
    expect((await bad.exec('ls -A /mnt/small')).stdout).toBe('');
    await bad.exec('mount -o remount,size=10m /mnt/small');
    expect((await run(vars)).bad).toMatchObject({ status: 'changed', failed: 0 });
  });

  it('because a port is taken: told by whom, before anything is touched', async () => {
    await bad.exec('systemd-run --unit squatter systemd-socket-activate -l 443 /bin/cat; sleep 1');
    const certs = { domain: 'app.test', provider: 'self-signed' };
    const haproxy = { routes: [{ path: '/', service: 'app' }], backends: { app: { servers: ['127.0.0.1:8000'] } } };
    const file = inventory({ roles: ['certs', 'haproxy'], certs, haproxy });
    const result = await provision(['-i', file, '--yes', '--json'], env);
    const { error } = summaryOf(result, 'bad');
    expect(error).toMatchObject({ code: 'conflict', task: expect.stringContaining('443') });
    expect(error?.message).toContain('systemd-socket');
    expect((await bad.exec('command -v haproxy')).code).not.toBe(0);
    expect(summaryOf(result, 'good').status).toBe('changed');
    expect(result.code).toBe(1);
    await bad.exec('systemctl stop squatter');
  });

  it('because a port of a replica is taken: told by whom, before Docker is installed', async () => {
    await bad.exec('systemd-run --unit squatter systemd-socket-activate -l 127.0.0.1:18002 /bin/cat; sleep 1');
    const stack = { name: 'shop', services: { web: { image: 'redis:8', port: 6379 } } };
    const file = inventory({}, { roles: ['docker', 'stack'], docker: { source: 'distro' }, stack });
    const result = await provision(['--limit', 'bad', '-i', file, '--yes', '--json'], env);
    const { error } = summaryOf(result, 'bad');
    expect(error).toMatchObject({ code: 'conflict', task: 'port:127.0.0.1:18002' });
    expect(error?.message).toMatch(/^port 18002, for the replicas of web, is taken by systemd-socket\S* \(pid \d+\)$/);
    expect((await bad.exec('command -v docker')).code).not.toBe(0);
    await bad.exec('systemctl stop squatter');
  });

  it('because an image does not build: the last lines say why', async () => {
    const installed = await bad.exec(
      `apt-get update -q && apt-get install -qy --no-install-recommends docker.io docker-cli iptables && mkdir -p /etc/docker &&
      printf '{"registry-mirrors":["%s"],"insecure-registries":["%s"]}' ${env.DEMO_REGISTRY_MIRROR} ${env.DEMO_REGISTRY} >/etc/docker/daemon.json &&
      systemctl restart docker`,
      300_000,
    );
    expect(installed.code).toBe(0);
    const file = inventory({ build: 'broken' });
    const result = await provision(['-i', file, '--yes'], env);
    expect(result.code).toBe(1);
    const lastLines = result.stdout.split('\n').slice(-25).join('\n') + result.stderr.split('\n').slice(-25).join('\n');
    expect(lastLines).toContain('it cannot be helped');
    expect(lastLines).toMatch(/build-failed/);
  });
});

describe('a run that is broken off', () => {
  const slow = () => inventory({ wait_seconds: 3 });

  it('by Ctrl-C ends after the step in flight, with 130, and the next one goes on', async () => {
    const file = slow();
    const result = await provision(['-i', file, '--limit', 'bad', '--yes', '--json'], env, {
      onOutput: (text, child) => !child.killed && /step-started.*command:wait/.test(text) && child.kill('SIGINT'),
    });
    expect(result.code).toBe(130);
    expect(summaryOf(result, 'bad')).toMatchObject({ status: 'interrupted', skipped: 1 });
    expect((await bad.exec('ls /etc/waited')).code).toBe(0);
    const again = await provision(['-i', file, '--limit', 'bad', '--yes', '--json'], env);
    expect(summaryOf(again, 'bad')).toMatchObject({ status: 'changed', changed: 1 });
  });

  it('by kill -9 leaves no lock, and the next one goes on', async () => {
    await bad.exec('rm -f /etc/waited');
    const file = slow();
    const killed = await provision(['-i', file, '--limit', 'bad', '--yes', '--json'], env, {
      // The step has begun on the host by then, and goes on without anybody to tell.
      onOutput: (text, child) =>
        /step-started.*command:wait/.test(text) && setTimeout(() => child.kill('SIGKILL'), 500),
    });
    expect(killed.code).toBe(-1);
    const again = await provision(['-i', file, '--limit', 'bad', '--yes', '--json'], env);
    expect(again.stdout).toContain('"host-waiting"');
    expect(again.code).toBe(0);
    expect((await bad.exec('cat /etc/last')).stdout).toBe(`run ${marker}`);
  });

  it('by another run that holds the lock: told who, and it can wait', async () => {
    await bad.exec('rm -f /etc/waited');
    const file = slow();
    let second: ReturnType<typeof provision> | undefined;
    const first = await provision(['-i', file, '--limit', 'bad', '--yes', '--json'], env, {
      onOutput(text) {
        if (/step-started.*command:wait/.test(text))
          second ??= provision(['-i', file, '--limit', 'bad', '--yes', '--json'], env);
      },
    });
    expect(first.code).toBe(0);
    const refused = await second;
    if (refused === undefined) throw new Error('the first run never came to its long step');
    expect(refused.code).toBe(1);
    expect(summaryOf(refused, 'bad').error).toMatchObject({ code: 'host-locked' });
    expect(summaryOf(refused, 'bad').error?.message).toMatch(/provision apply/);
  });
});

describe('two hosts that are one machine', () => {
  it('have their turns one after the other', async () => {
    await good.exec('rm -f /etc/waited');
    const twin = { ansible_host: good.address, provision_host_key: good.hostKey, ansible_user: 'deploy' };
    const file = inventory(twin, { wait_seconds: 3 });
    const result = await provision(['-i', file, '--yes', '--json'], env);
    expect(result.stdout).toMatch(
      /"host-waiting".*it is the same machine as (good|bad), on which this run works already/,
    );
    expect(result.stdout).not.toContain('connection was lost');
    expect(result.code).toBe(0);
    const statuses = ['good', 'bad'].map((host) => summaryOf(result, host).status);
    // What the first one did is there when the second one looks.
    expect(statuses.toSorted()).toEqual(['changed', 'ok']);
  });
});

describe('a secret', () => {
  it('is found in no argument list and in no output, at --debug', async () => {
    const watch = bad.exec(
      `
      for i in $(seq 150); do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; sleep 0.1; done | grep -c 'canary-7d[1]e' || :`,
      60_000,
    );
    const file = inventory({
      roles: ['users', 'secretive'],
      users: [
        {
          name: 'canary',
          password:
            '$6$canary-7d1e$T50IXHgfNvIUrhOJohEg2xyKiqfMklFmWKlpKKgJfmTsgT1Dv/exe3BCPJR92ghqvC6nu6ogA2OoNRk6ym3IF0',
        },
      ],
      password: '{{ secrets.canary }}',
      secrets: { canary: { value: 'canary-7d1e-$`\'"' } },
    });
    writeFileSync(
      join(folder, 'roles/secretive.ts'),
      `
      import { command, defineRole, fields, file, text, z } from 'provision';
      export default defineRole({
        name: 'secretive',
        params: z.object({ password: fields.secretText() }),
        resources: ({ params: { password } }) => [
          file({ path: '/root/secret', content: text\`password=\${password}\\n\`, mode: '0600' }),
          command({ name: 'use', argv: ['sh', '-c', 'sleep 2; touch /root/used'], environment: { PASSWORD: password }, creates: '/root/used' }),
        ],
      });`,
    );
    for (const args of [
      ['--debug', '--diff'],
      ['--json', '--debug'],
      ['--verbose', '--diff'],
    ]) {
      await bad.exec('rm -f /root/secret /root/used; sed -i "s/^canary:[^:]*/canary:*/" /etc/shadow');
      const result = await provision(['-i', file, '--limit', 'bad', '--yes', ...args], env);
      expect(result.code).toBe(0);
      expect(`${result.stdout}${result.stderr}`).toContain('/root/secret');
      expect(`${result.stdout}${result.stderr}`).not.toContain('canary-7d1e');
    }
    expect((await watch).stdout.trim()).toBe('0');
    expect((await bad.exec('cat /root/secret')).stdout).toBe('password=canary-7d1e-$`\'"\n');
    expect((await bad.exec('getent shadow canary')).stdout).toContain('canary-7d1e');
  });
});
