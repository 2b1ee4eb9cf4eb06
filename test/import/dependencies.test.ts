/** Roles that others depend on. */
import { describe, expect, it } from 'vitest';
import { importPlaybook } from './workbench.ts';

const DIRECTORY = '- file: { path: "{{ base_dir }}", state: directory }\n';

describe('dependencies of a role', () => {
  const APP = { 'roles/app/tasks/main.yml': '- file: { path: /srv/app, state: directory }\n' };

  it.each([
    ['a name', '- base', ["directory({ path: '/srv/default' })", "directory({ path: '/srv/app' })"]],
    ['parameters', '- { role: base, base_dir: /srv/x }', ["path: '/srv/x'", "path: '/srv/app'"]],
    [
      'variables and a condition',
      '- { role: base, vars: { base_dir: /srv/y }, when: wanted }',
      ['...(params.wanted ?', "'/srv/app'"],
    ],
  ])('come before it: %s', (_, dependency, parts) => {
    const { code, role } = importPlaybook('- hosts: all\n  roles: [app]\n', {
      ...APP,
      'roles/app/meta/main.yml': `dependencies:\n  ${dependency}\n`,
      'roles/base/tasks/main.yml': DIRECTORY,
      'roles/base/vars/main.yml': dependency === '- base' ? 'base_dir: /srv/default\n' : '',
    });
    expect(role).toMatchObject({ total: 2, left: [], notes: [] });
    const text = code
      .replace("const baseDirValue: string = '/srv/default';", '')
      .replaceAll('baseDirValue', "'/srv/default'");
    const places = parts.map((part) => text.replaceAll(/baseDirValue2?/g, '').indexOf(part));
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('are done once, unless they are given something else or allow that', () => {
    const files = {
      ...APP,
      'roles/other/tasks/main.yml': '- file: { path: /srv/other, state: directory }\n',
      'roles/app/meta/main.yml': 'dependencies: [base, { role: base, base_dir: /srv/b }]\n',
      'roles/other/meta/main.yml': 'dependencies: [base]\n',
      'roles/base/tasks/main.yml': DIRECTORY,
      'roles/base/defaults/main.yml': 'base_dir: /srv/a\n',
    };
    const playbook = '- hosts: all\n  roles: [app, other, base, app]\n';
    expect(importPlaybook(playbook, files).role.total).toBe(4);
    expect(
      importPlaybook(playbook, { ...files, 'roles/base/meta/main.yml': 'allow_duplicates: true\n' }).role.total,
    ).toBe(6);
  });

  it('are marked where they are missing, and end where they go round in a circle', () => {
    const missing = importPlaybook('- hosts: all\n  roles: [app]\n', {
      ...APP,
      'roles/app/meta/main.yml': 'dependencies:\n  - { role: base, x: 1 }\n  - more\n',
    });
    expect(missing.role.left).toMatchObject([
      { place: 'roles/app/meta/main.yml:2', why: 'the role base is not beside the playbook' },
      { place: 'roles/app/meta/main.yml', why: 'the role more is not beside the playbook' },
    ]);
    expect(missing.code).toContain(
      '// NOT TRANSLATED: roles/app/meta/main.yml:2 the role base is not beside the playbook',
    );
    const circle = importPlaybook('- hosts: all\n  roles: [app]\n', {
      ...APP,
      'roles/app/meta/main.yml': 'dependencies: [{ role: app, x: 1 }]\n',
    });
    expect(circle.role.total).toBe(2);
  });

  it('see what the role was given', () => {
    const { resources } = importPlaybook('- hosts: all\n  roles: [{ role: app, base_dir: /srv/of-app }]\n', {
      ...APP,
      'roles/app/meta/main.yml': 'dependencies: [base]\n',
      'roles/base/tasks/main.yml': DIRECTORY,
    });
    expect(resources).toContain('directory({ path: baseDirValue })');
  });
});
