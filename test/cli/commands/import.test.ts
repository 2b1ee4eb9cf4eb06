/** `provision import` as a user runs it: what it prints, where it writes, how it exits. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

describe('provision import', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'provision-import-'));
  });

  function provision(...args: string[]) {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
    return spawnSync(join(ROOT, 'bin/provision'), args, { encoding: 'utf8', env, cwd: folder });
  }

  function playbook(...tasks: readonly string[]): void {
    const text = `- hosts: web\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;
    writeFileSync(join(folder, 'site.yml'), text);
  }

  it('writes a role beside the playbook', () => {
    playbook(
      'group: { name: "{{ team }}", gid: "{{ team_gid }}" }',
      'copy: { dest: /etc/key, content: "{{ api_token }}" }',
    );
    const { status, stdout, stderr } = provision('import', 'site.yml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`wrote roles/site.ts: 2 of 2 tasks came over

variables that the inventory must set:
  team
  team_gid

secrets, which are written nowhere; set them in the inventory, or encrypt them with provision vault encrypt-string:
  api_token: "{{ secrets.api_token }}"

use it: in the inventory, for the hosts web
  roles: [site]
`);
    expect(readFileSync(join(folder, 'roles/site.ts'), 'utf8')).toContain(
      'group({ name: params.team, gid: params.team_gid })',
    );
  });

  it('exits with 3 where something is left, and tells where, why and what to do', () => {
    playbook('group: { name: a }', '{ name: fetch it, get_url: { url: http://localhost/x, dest: /x } }');
    const { status, stdout } = provision('import', 'site.yml', '--name', 'web', '--out', 'mine');
    expect(status).toBe(3);
    expect(stdout).toContain(`wrote mine/web.ts: 1 of 2 tasks came over

not translated; marked in the file as NOT TRANSLATED:
  site.yml:4  fetch it: the module get_url has no equivalent
    do  Use a command with \`creates\`.
`);
    expect(readFileSync(join(folder, 'mine/web.ts'), 'utf8')).toContain(
      '// NOT TRANSLATED: site.yml:4 the module get_url',
    );
  });

  it('replaces a role only when it is told to', () => {
    playbook('group: { name: a }');
    expect(provision('import', 'site.yml').status).toBe(0);
    playbook('group: { name: b }');
    const refused = provision('import', 'site.yml');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('roles/site.ts exists already');
    expect(readFileSync(join(folder, 'roles/site.ts'), 'utf8')).toContain("name: 'a'");
    expect(provision('import', 'site.yml', '--force').status).toBe(0);
    expect(readFileSync(join(folder, 'roles/site.ts'), 'utf8')).toContain("name: 'b'");
  });

  it('writes the role of a folder beside that folder, and leaves it alone', () => {
    mkdirSync(join(folder, 'roles/base/tasks'), { recursive: true });
    mkdirSync(join(folder, 'roles/base/files'));
    writeFileSync(join(folder, 'roles/base/tasks/main.yml'), '- copy: { src: a, dest: /etc/a }\n');
    writeFileSync(join(folder, 'roles/base/files/a'), 'A\n');
    expect(provision('import', 'roles/base').status).toBe(0);
    expect(existsSync(join(folder, 'roles/base.ts'))).toBe(true);
    expect(readFileSync(join(folder, 'roles/base-files/files/a'), 'utf8')).toBe('A\n');
  });

  it.each([
    [[], 'import needs PLAYBOOK | FOLDER'],
    [['nowhere.yml'], 'there is no nowhere.yml'],
    [['site.yml', '--name', '../x'], '--name'],
  ])('refuses %j', (args, message) => {
    playbook('group: { name: a }');
    const { status, stderr } = provision('import', ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
