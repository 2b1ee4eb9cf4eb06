/** The order in which handlers run is that of Ansible. */
import { describe, expect, it } from 'vitest';
import { importPlaybook } from '../workbench.ts';

describe('handlers run in the order in which they are defined', () => {
  it('after those that are defined before, where resources name them in another order', () => {
    const { code } = importPlaybook(`- hosts: all
  tasks:
    - copy: { content: "1", dest: /srv/n1 }
      notify: [restart app, tell]
    - copy: { content: "1", dest: /srv/n2 }
      notify: migrate database
  handlers:
    - { name: migrate database, shell: echo migrate }
    - { name: restart app, service: { name: app, state: restarted } }
    - { name: tell, shell: echo told }
`);
    expect(code).toContain("const restartApp = { ...restartService('app'), after: [migrateDatabase] };");
    expect(code).toContain("const handlerTell = { id: 'tell', script: sh`echo told`, after: [migrateDatabase] };");
    expect(code).toContain("const migrateDatabase = { id: 'migrate database', script: sh`echo migrate` };");
  });

  it('as they are, where resources name them in that order', () => {
    const { code } = importPlaybook(`- hosts: all
  tasks:
    - copy: { content: "1", dest: /srv/n1 }
      notify: [one more, two more]
    - copy: { content: "1", dest: /srv/n2 }
      notify: two more
  handlers:
    - { name: one more, shell: echo 1 }
    - { name: two more, shell: echo 2 }
`);
    expect(code).not.toContain('after:');
  });

  it("those of roles and their dependencies first, then the play's, then those of roles that are included", () => {
    const role = (name: string) => ({
      [`roles/${name}/tasks/main.yml`]: `- copy: { content: "1", dest: /srv/${name} }\n  notify: [run ${name}]\n`,
      [`roles/${name}/handlers/main.yml`]: `- { name: run ${name}, shell: echo ${name} }\n`,
    });
    const { code } = importPlaybook(
      `- hosts: all
  pre_tasks:
    - import_role: { name: included }
  roles: [app]
  handlers:
    - { name: run play, shell: echo play }
  tasks:
    - copy: { content: "1", dest: /srv/play }
      notify: run play
`,
      { ...role('app'), ...role('base'), ...role('included'), 'roles/app/meta/main.yml': 'dependencies: [base]\n' },
    );
    expect([...code.matchAll(/const run(\w+) =/g)].map(([, name]) => name)).toEqual([
      'Base',
      'App',
      'Play',
      'Included',
    ]);
    expect(code).toContain('after: [runBase, runApp, runPlay]');
  });
});
