/** Playbooks and roles of well-known shapes, whole: what is written of them, and what it asks of a host. */
import { globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import type { RoleDefinition } from '../../src/engine/role.ts';
import { importRoles } from '../../src/import/import.ts';
import { Secret } from '../../src/shell/secret.ts';

const HERE = import.meta.dirname;

interface Golden {
  readonly fixture: string;
  readonly source: string;
  readonly roles: readonly string[];
  /** What the inventory must set. */
  readonly vars: Readonly<Record<string, unknown>>;
  readonly left: readonly string[];
  readonly resources: readonly string[];
}

const GOLDEN: readonly Golden[] = [
  {
    fixture: 'site',
    source: 'site.yml',
    roles: ['site'],
    vars: {},
    left: [],
    resources: [
      'group:docker',
      'user:shop_admin',
      'user:shop_reader',
      'authorized-keys:shop_admin',
      'authorized-keys:shop_reader',
      'file:/etc/sudoers.d/shop_admin',
      'packages:curl,jq,nano',
      'packages:docker-cli,docker-compose,docker.io,iptables',
      'file:/etc/docker/daemon.json',
      'service:docker',
      'directory:/opt/shop',
      'directory:/opt/shop/db',
      'directory:/opt/shop/releases',
      'file:/opt/shop/.env',
      'file:/opt/shop/compose.yml',
      'packages:haproxy,openssl,socat',
      'directory:/etc/haproxy/certs',
      'command:self-signed certificate',
      'file:/etc/haproxy/haproxy.cfg',
      'service:haproxy',
    ],
  },
  {
    fixture: 'web',
    source: 'roles/nginx',
    roles: ['nginx'],
    vars: {},
    left: [],
    resources: [
      'packages:curl,nginx-light',
      'directory:/srv/www/shop',
      'directory:/srv/www/blog',
      'directory:/srv/www/logs',
      'file:/srv/www/shop/index.html',
      'file:/srv/www/blog/index.html',
      'file:/etc/nginx/sites-available/shop',
      'file:/etc/nginx/sites-available/blog',
      'symlink:/etc/nginx/sites-enabled/shop',
      'symlink:/etc/nginx/sites-enabled/blog',
      'file:/etc/nginx/nginx.conf',
      'file:/etc/nginx/sites-enabled/default',
      'service:nginx',
    ],
  },
  {
    fixture: 'access',
    source: 'site.yml',
    roles: ['site'],
    vars: {},
    left: [],
    resources: [
      'group:wheel',
      'user:alice',
      'user:backup',
      'user:mallory',
      'authorized-keys:alice',
      'authorized-keys:backup',
      'file:/etc/sudoers.d/wheel',
      'packages:openssh-server',
      'line-in-file:/etc/ssh/sshd_config: PermitRootLogin prohibit-password',
      'line-in-file:/etc/ssh/sshd_config: PasswordAuthentication no',
      'line-in-file:/etc/ssh/sshd_config: X11Forwarding no',
      'line-in-file:/etc/ssh/sshd_config: MaxAuthTries 4',
      'line-in-file:/etc/ssh/sshd_config: Port 22',
      'file:/etc/issue.net',
      'line-in-file:/etc/ssh/sshd_config: Banner /etc/issue.net',
      'line-in-file:/etc/ssh/sshd_config: ^UseDNS',
      'packages:cron',
      'file:/etc/cron.d/old-sessions',
      'command:a mark',
    ],
  },
  {
    fixture: 'compose',
    source: 'site.yml',
    roles: ['site-1', 'site-2', 'site-3'],
    vars: { redis_password: Secret.named('redis_password', 'correct-horse') },
    left: ['site.yml:21 the module wait_for has no equivalent'],
    resources: [
      'packages:docker-cli,docker-compose,docker.io',
      'directory:/etc/docker',
      'file:/etc/docker/daemon.json',
      'service:docker',
      'directory:/opt/counter',
      'systemd-unit:counter.service',
      'file:/opt/counter/.env',
      'file:/opt/counter/compose.yml',
      'sysctl:net.core.somaxconn',
      'command:the application runs',
      'service:counter',
    ],
  },
];

describe.each(GOLDEN)('$fixture', ({ fixture, source, roles, vars, left, resources }) => {
  const golden = join(HERE, 'golden', fixture);
  const written = join(mkdtempSync(join(tmpdir(), 'provision-import-')), 'roles');
  const path = join(HERE, 'fixtures', fixture, source);
  const imported = importRoles({ path, folder: written, force: false });

  it('is written as it always was', () => {
    const files = globSync('**/*.*', { cwd: golden }).sort();
    expect(globSync('**/*.*', { cwd: written }).sort()).toEqual(files);
    for (const file of files) {
      expect(readFileSync(join(written, file), 'utf8')).toBe(readFileSync(join(golden, file), 'utf8'));
    }
  });

  it('tells what is left', () => {
    expect(imported.flatMap((role) => role.left).map((task) => `${task.place} ${task.why}`)).toEqual(left);
  });

  it('is a role, and asks for the same', async () => {
    const ids = await Promise.all(
      roles.map(async (role) => {
        const { default: definition } = (await import(`./golden/${fixture}/${role}.ts`)) as { default: RoleDefinition };
        return idsOf(definition, vars);
      }),
    );
    expect(ids.flat()).toEqual(resources);
  });
});

function idsOf(definition: RoleDefinition, vars: Golden['vars']): readonly string[] {
  const context = {
    params: definition.params.parse(vars) as never,
    facts: ASSUMED_FACTS,
    host: 'web1',
    secret: (name: string) => Secret.named(name),
    localPath: (file: string) => file,
    peers: () => [],
  };
  return definition.resources(context).map(({ id }) => id);
}
