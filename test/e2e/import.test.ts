/** Imported roles on throwaway hosts: applied by us, and then Ansible finds nothing to do with the playbook they came from. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ensureAnsible, prepareHost } from '../../bench/peer.ts';
import { type LabHost, startHost } from '../lab/host.ts';
import { lab } from '../lab/lab.ts';
import { environment, events, provision, type Run } from './provision.ts';

const FIXTURES = fileURLToPath(new URL('../import/fixtures', import.meta.url));

interface Case {
  readonly fixture: string;
  /** What is imported, below the fixture. */
  readonly source: string;
  /** 3 where a task of it is left. */
  readonly exitCode: number;
  readonly roles: readonly string[];
  readonly distro: 'trixie' | 'bookworm';
  readonly vars: (mirror: string) => Readonly<Record<string, unknown>>;
  /** Shell scripts that must succeed on the host: that it is not only equal, but does its work. */
  readonly checks: readonly string[];
}

const CASES: readonly Case[] = [
  {
    fixture: 'site',
    source: 'site.yml',
    exitCode: 0,
    roles: ['site'],
    distro: 'trixie',
    vars: () => ({}),
    checks: [
      'systemctl is-active haproxy docker',
      'grep -q "server app-2 127.0.0.1:18002 check" /etc/haproxy/haproxy.cfg',
      'sudo -u shop_admin sudo -n true',
    ],
  },
  {
    fixture: 'web',
    source: 'roles/nginx',
    exitCode: 0,
    roles: ['nginx'],
    distro: 'trixie',
    vars: () => ({ nginx_gzip: true, nginx_worker_processes: '2' }),
    checks: [
      'curl -fs localhost:8080/ | grep -q "Braces of {{ another }}"',
      'curl -fs -H "Host: blog.test" localhost:8081/ | grep -q works',
      'grep -q "gzip on" /etc/nginx/nginx.conf',
    ],
  },
  {
    fixture: 'access',
    source: 'site.yml',
    exitCode: 0,
    roles: ['site'],
    distro: 'bookworm',
    vars: () => ({}),
    checks: [
      'sshd -T | grep -qx "maxauthtries 4"',
      'sshd -T | grep -qx "banner /etc/issue.net"',
      'sudo -u alice sudo -n true',
      '! id mallory',
      'test "$(wc -l </home/alice/.ssh/authorized_keys)" = 2',
    ],
  },
  {
    fixture: 'accounts',
    source: 'roles/accounts',
    exitCode: 0,
    roles: ['accounts'],
    distro: 'trixie',
    vars: () => ({}),
    checks: [
      'sudo -u alice sudo -n true',
      '! sudo -u bob sudo -n true',
      'grep -q alice /home/alice/.ssh/authorized_keys',
      '! id carol',
      '/usr/local/bin/backup-db && ls /srv/backup/db | grep -q 2.tar.gz',
      'nginx -T 2>/dev/null | grep -q "return 301 https://example.com"',
      'systemctl show -p LimitNOFILE nginx | grep -qx LimitNOFILE=65000',
    ],
  },
  {
    fixture: 'compose',
    source: 'site.yml',
    exitCode: 3,
    roles: ['site-1', 'site-2', 'site-3'],
    distro: 'trixie',
    vars: (mirror) => ({
      registry_mirrors: [mirror],
      redis_password: '{{ secrets.redis_password }}',
      secrets: { redis_password: 'correct-horse-battery' },
    }),
    checks: [
      'cd /opt/counter && test "$(docker compose ps -q | wc -l)" = 3',
      'cd /opt/counter && docker compose exec -T redis redis-cli -a correct-horse-battery ping | grep -q PONG',
      'systemctl is-enabled counter',
      'test "$(cat /proc/sys/net/core/somaxconn)" = 4096',
    ],
  },
];

beforeAll(() => ensureAnsible());

describe.each(CASES)('the import of $fixture', ({ fixture, source, exitCode, roles, distro, vars, checks }) => {
  const folder = mkdtempSync(join(tmpdir(), 'provision-import-'));
  const inventory = join(folder, 'hosts.yml');
  let host: LabHost;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    cpSync(join(FIXTURES, fixture), folder, { recursive: true });
    const { registryMirror } = await lab();
    host = await startHost({ distro, name: `import-${fixture}` });
    env = await environment(host);
    const all = {
      vars: {
        ansible_user: 'root',
        ansible_ssh_private_key_file: host.keyFile,
        provision_host_key: host.hostKey,
        roles,
        ...vars(registryMirror),
      },
      children: { docker_hosts: { hosts: { web1: { ansible_host: host.address } } } },
    };
    writeFileSync(inventory, stringify({ all }));
  });
  afterAll(() => host?.stop());

  const run = (...args: readonly string[]): Promise<Run> => provision(args, env);

  test('is a role that applies, and then has nothing to do; and neither has Ansible', async () => {
    const imported = await run('import', join(folder, source));
    expect(imported).toMatchObject({ code: exitCode });
    // From here on the inventory is the one place that both read variables from.
    rmSync(join(folder, 'group_vars'), { recursive: true, force: true });

    const applied = await run('apply', '-i', inventory, '--yes', '--json');
    expect(failuresOf(applied)).toEqual([]);
    expect(applied).toMatchObject({ code: 0 });
    for (const check of checks) expect([check, (await host.exec(check)).code]).toEqual([check, 0]);
    expect(await run('plan', '-i', inventory, '--detailed-exitcode')).toMatchObject({ code: 0 });

    await prepareHost(host);
    expect(await ansible(inventory, join(folder, 'site.yml'))).toMatch(/ changed=0 +unreachable=0 +failed=0 /);
  });
});

function failuresOf(applied: Run) {
  return events(applied).filter((event) => event.type === 'step-finished' && event.status === 'failed');
}

/** What a run of the playbook says, without the tasks that are not to be compared: its recap stands at the end. */
async function ansible(inventory: string, playbook: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'provision-ansible-'));
  const env = {
    ...process.env,
    ANSIBLE_HOME: home,
    ANSIBLE_SSH_CONTROL_PATH_DIR: join(home, 'cp'),
    ANSIBLE_HOST_KEY_CHECKING: 'False',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    ANSIBLE_NOCOLOR: '1',
  };
  const args = ['-i', inventory, playbook, '--diff', '--skip-tags', 'elsewhere'];
  return new Promise((resolve) => {
    execFile('ansible-playbook', args, { env, maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) =>
      resolve(`${stdout}\n${stderr}`),
    );
  });
}
