/** How plays, blocks, roles and variables come together; and what becomes of secrets. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../../src/errors.ts';
import { importRoles } from '../../../src/import/import.ts';
import { summaryLines } from '../../../src/import/summary.ts';
import { importPlaybook, importTasks } from '../workbench.ts';

const VAULT = '!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3132';

describe('tasks around a module', () => {
  it.each([
    ['a condition', '- group: { name: a }\n  when: wanted', "...(params.wanted ? [group({ name: 'a' })] : []),"],
    [
      'conditions of a block and a task',
      '- block:\n    - group: { name: a }\n      when: [wanted, "not other_one"]\n  when: wanted',
      "...(params.wanted && !params.other_one ? [group({ name: 'a' })] : []),",
    ],
    [
      'a loop',
      '- group: { name: "{{ item }}" }\n  loop: [a, b]',
      "...['a', 'b'].map((item) => group({ name: item })),",
    ],
    [
      'a loop over several mappings',
      '- group: { name: "{{ item.n }}", gid: "{{ item.g }}" }\n  loop: [{ n: a, g: 1 }, { n: b, g: 2 }]',
      "...[ { n: 'a', g: 1 }, { n: 'b', g: 2 }, ].map((item) => group({ name: item.n, gid: item.g })),",
    ],
    [
      'a loop with a condition on its item',
      '- group: { name: "{{ item }}" }\n  loop: "{{ names }}"\n  when: item != "a" and wanted',
      "...params.names.flatMap((item) => item !== 'a' && params.wanted ? [group({ name: item })] : []),",
    ],
    [
      'a loop over a mapping',
      '- group: { name: "{{ item.key }}", gid: "{{ item.value }}" }\n  with_dict: "{{ ids }}"',
      '...Object.entries(params.ids).map(([key, value]) => group({ name: key, gid: value })),',
    ],
    [
      'a loop over a mapping that is written out',
      '- group: { name: "{{ item.key }}", gid: "{{ item.value.gid }}" }\n  with_dict: { a: { gid: 1 } }',
      "...[{ key: 'a', value: { gid: 1 } }].map((item) => group({ name: item.key, gid: item.value.gid })),",
    ],
    [
      'names of the loop',
      '- group: { name: "{{ g }}", gid: "{{ 100 + n }}" }\n  loop: [a]\n  loop_control: { loop_var: g, index_var: n }',
      "...['a'].map((g, n) => group({ name: g, gid: 100 + n })),",
    ],
    [
      'variables of the task',
      '- group: { name: "{{ x }}" }\n  vars: { x: "{{ base }}-x" }',
      'group({ name: `${params.base}-x` }),',
    ],
    [
      'a fact',
      '- group: { name: a }\n  when: ansible_os_family == "Debian"',
      "...(['debian', 'ubuntu'].includes(facts.os) ? [group({ name: 'a' })] : []),",
    ],
    [
      'conditions that say no more than they must',
      '- group: { name: a }\n  when: not (base == "x") and true or false',
      "...(params.base !== 'x' ? [group({ name: 'a' })] : []),",
    ],
    ['set_fact', '- set_fact: { x: "{{ base }}-x" }\n- group: { name: "{{ x }}" }', 'group({ name: xValue }),'],
    [
      'keys of one user in several tasks',
      '- authorized_key: { user: a, key: "{{ base }}" }\n- authorized_key: { user: a, key: "{{ other }}" }',
      "authorizedKeys({ user: 'a', keys: [params.base, params.other] }),",
    ],
  ])('%s', (_, tasks, code) => {
    const { resources, role } = importTasks(
      tasks,
      'wanted: true\nother_one: false\nnames: [a]\nids: { a: 1 }\nbase: x\nother: y',
    );
    expect(role.left).toEqual([]);
    expect(
      resources
        .replace(/^\/\/ .*\n/gm, '')
        .replace(/\s*\n\s*/g, ' ')
        .replace('( item', '(item'),
    ).toBe(code);
  });

  it('notifies handlers by name and topic, and leaves out those that nobody calls', () => {
    const { code } = importPlaybook(`- hosts: all
  tasks:
    - copy: { dest: /etc/a, content: a }
      notify: [restart it, told]
  handlers:
    - { name: restart it, service: { name: a, state: restarted } }
    - { name: other, command: systemctl kill a, listen: told }
    - { name: nobody, service: { name: b, state: restarted } }
`);
    expect(code).toContain("const restartIt = restartService('a');");
    expect(code).toContain("const handlerOther = { id: 'other', script: sh`${['systemctl', 'kill', 'a']}` };");
    expect(code).toContain('{ notify: [restartIt, handlerOther] }');
    expect(code).not.toContain('nobody');
  });

  it('tells of a handler that has no equivalent, and calls it no more', () => {
    const { code, role } = importPlaybook(`- hosts: all
  tasks:
    - copy: { dest: /etc/a, content: a }
      notify: ask
  handlers:
    - { name: ask, uri: { url: http://localhost } }
`);
    expect(role.left).toMatchObject([{ name: 'ask', place: 'site.yml:6' }]);
    expect(code).toContain("file({ path: '/etc/a', content: 'a' })");
    expect(code).toContain('// NOT TRANSLATED: site.yml:6 a handler of the module uri has no equivalent');
    expect(code).toContain('// It is notified by what is at site.yml:3.');
    expect(code).toContain("// NOT NOTIFIED: ask (site.yml:6), which is not translated\n    file({ path: '/etc/a'");
  });

  it('tells of handlers that only tasks which did not come over notify', () => {
    const { code, role } = importPlaybook(`- hosts: all
  tasks:
    - get_url: { url: http://a.example/b, dest: /b }
      notify: restart it
    - local_action: command true
      notify: told
    - block:
        - debconf: { name: x }
      notify: again
  handlers:
    - { name: restart it, service: { name: a, state: restarted }, notify: next }
    - { name: other, command: systemctl kill a, listen: told }
    - { name: again, service: { name: b, state: restarted } }
    - { name: next, service: { name: c, state: restarted } }
    - { name: nobody, service: { name: d, state: restarted } }
`);
    const why = 'only tasks that did not come over notify this handler';
    expect(role.left.slice(3).map((left) => [left.name, left.place, left.why, left.notifiedBy])).toEqual([
      ['restart it', 'site.yml:11', why, ['site.yml:3']],
      ['other', 'site.yml:12', why, ['site.yml:5']],
      ['again', 'site.yml:13', why, ['site.yml:8']],
      ['next', 'site.yml:14', why, ['site.yml:3']],
    ]);
    expect(role.total).toBe(7);
    expect(code).toContain(`// NOT TRANSLATED: site.yml:11 ${why}`);
    expect(code).not.toContain('nobody');
    expect(summaryLines([role]).join('\n')).toContain(`site.yml:11  restart it: ${why}`);
  });

  it('tells what is done only where a tag asks for it, and looks that are left out', () => {
    const { role } = importTasks(`- block:
    - group: { name: a }
      tags: x
  tags: [never, y]
- command: uptime
  changed_when: false`);
    expect(role.left.map(({ why }) => why)).toEqual(['it is done only where its tag is asked for (tags: never)']);
    expect(role.notes.map(({ place, why }) => `${place} ${why}`)).toEqual([
      'site.yml:8 it only looks (changed_when: false), and is left out',
    ]);
  });

  it('notifies the last handler of a name, as Ansible does, or that of the role that is named', () => {
    const task = (text: string, notify: string) =>
      `- copy: { dest: /${text}, content: ${text} }\n  notify: ["${notify}"]\n`;
    const handler = (text: string) => `- { name: same, command: touch /${text} }\n`;
    const { resources } = importPlaybook('- hosts: all\n  roles: [a, b]\n', {
      'roles/a/tasks/main.yml': task('a', 'same') + task('c', 'a : same'),
      'roles/a/handlers/main.yml': handler('a'),
      'roles/b/tasks/main.yml': task('b', 'same'),
      'roles/b/handlers/main.yml': handler('b') + handler('unheard'),
    });
    expect(resources.replaceAll(/.*notify: | }\),/g, '')).toBe('handlerSame2\nhandlerSame\nhandlerSame2');
  });

  it('notifies the handlers that a handler notifies, each once', () => {
    const { code } = importPlaybook(`- hosts: all
  tasks:
    - copy: { dest: /etc/a, content: a }
      notify: one
  handlers:
    - { name: one, command: apachectl configtest, notify: [two, one] }
    - { name: two, service: { name: b, state: restarted }, notify: one }
`);
    expect(code).toContain('{ notify: [handlerOne, handlerTwo] }');
  });

  it('marks what depends on the outcome of another task, and what is done after a failure', () => {
    const { role } = importTasks(`- stat: { path: /a }
  register: found
- group: { name: a }
  when: found.stat.exists
- block:
    - group: { name: b }
  rescue:
    - group: { name: c }`);
    expect(role.left.map(({ place, why }) => `${place} ${why}`)).toEqual([
      'site.yml:4 the module stat has no equivalent',
      'site.yml:6 it depends on what the task at site.yml:4 told (register: found)',
      'site.yml:11 it is done where another task fails (rescue)',
    ]);
    expect(role.total).toBe(4);
  });
});

describe('files beside a playbook', () => {
  const ROLE = {
    'roles/base/tasks/main.yml': '- include_tasks: more.yml\n- group: { name: "{{ base_group }}" }\n',
    'roles/base/tasks/more.yml': '- template: { src: a.j2, dest: /etc/a }\n',
    'roles/base/templates/a.j2': '{{ base_group }}\n',
    'roles/base/defaults/main.yml': 'base_group: from defaults\nbase_unused: 1\n',
    'vars.yml': 'extra: 1\n',
  };

  it('takes roles, included tasks, their templates and variables', () => {
    const { code, role } = importPlaybook(
      '- hosts: all\n  roles:\n    - { role: base, vars: { base_group: given } }\n  vars_files: [vars.yml]\n',
      ROLE,
    );
    expect(role).toMatchObject({ total: 2, left: [], notes: [] });
    expect(code).toContain("const baseGroupValue: string = 'given';");
    expect(code).toContain('params: z.object({}),');
    expect(code).toContain('template: `${FOLDER}/templates/a.hbs`');
  });

  it.each([
    ['import_role: { name: base, tasks_from: more }', []],
    ['include_role: { name: base, tasks_from: more.yml }', []],
    ['include_role: { name: base, vars_from: big }', []],
    ['include_role: { name: base, tasks_from: other }', ['the role base has no tasks/other']],
    ['include_role: { name: base, handlers_from: other }', ['the role base has no handlers/other']],
    [
      'include_role: { name: base, tasks_from: "{{ x }}" }',
      ['which tasks of the role base it takes depends on a variable'],
    ],
  ])('takes the files that are asked for: %s', (task, left) => {
    const { role, code } = importPlaybook(`- hosts: all\n  tasks:\n    - ${task}\n`, {
      ...ROLE,
      'roles/base/vars/big.yml': 'base_group: big\n',
    });
    expect(role.left.map(({ why }) => why)).toEqual(left);
    expect(code.includes("template({ path: '/etc/a'")).toBe(left.length === 0);
    expect(code.includes('group({')).toBe(task.includes('vars_from'));
    expect(code.includes("const baseGroupValue: string = 'big';")).toBe(task.includes('vars_from'));
  });

  it('takes handlers of a role that is named twice once', () => {
    const { code } = importPlaybook('- hosts: all\n  roles: [web, web]\n', {
      'roles/web/tasks/main.yml': '- copy: { dest: /a, content: a }\n  notify: do it\n',
      'roles/web/handlers/main.yml': '- { name: do it, service: { name: a, state: restarted } }\n',
    });
    expect(code).toContain('{ notify: doIt }');
  });

  it('tells what is not there', () => {
    const tasks = '    - import_tasks: no.yml\n    - include_role: { name: zz }\n';
    const { role } = importPlaybook(`- hosts: all\n  roles: [nowhere]\n  tasks:\n${tasks}`);
    expect(role.left.map(({ place, why }) => `${place} ${why}`)).toEqual([
      'roles the role nowhere is not beside the playbook',
      'site.yml:4 there is no file no.yml',
      'site.yml:5 the role zz is not beside the playbook',
    ]);
  });

  it('takes the shape of a list that nothing sets from how its items are used', () => {
    const { code } = importTasks(
      '- group: { name: "{{ item.name }}", gid: "{{ item.gid | default(omit) }}" }\n  loop: "{{ teams }}"',
    );
    expect(code).toContain('teams: z.array(z.object({ name: fields.text(), gid: fields.number().optional() }))');
  });

  it('asks group_vars what a variable is, and leaves its value to the inventory', () => {
    const tasks = '- hosts: all\n  tasks:\n    - group: { name: a, gid: "{{ id }}" }\n      when: wanted\n';
    const { code } = importPlaybook(tasks, { 'group_vars/all/main.yml': 'id: 5\nwanted: true\n' });
    expect(code).toContain('params: z.object({ wanted: z.boolean(), id: fields.number() }),');
  });
});

/** What ansible-playbook 2.14 prints where the same stands in a message. */
describe('of several values of a variable', () => {
  const rows: readonly (readonly [which: string, play: string, files: Record<string, string>, content: string])[] = [
    ['the play counts before the inventory', 'vars: { x: play }', { 'group_vars/all.yml': 'x: group' }, 'play'],
    ['the play counts before defaults', 'vars: { x: play }', { 'roles/web/defaults/main.yml': 'x: d' }, 'play'],
    ['a file of the play counts before its vars', 'vars: { x: play }\n  vars_files: [v.yml]', { 'v.yml': 'x: f' }, 'f'],
    ['vars of the role count before the play', 'vars: { x: play }', { 'roles/web/vars/main.yml': 'x: role' }, 'role'],
    [
      'vars of the role count before those of its entry',
      'roles: [{ role: web, vars: { x: entry } }]',
      { 'roles/web/vars/main.yml': 'x: role' },
      'role',
    ],
    ['vars of the entry count before the play', 'vars: { x: play }\n  roles: [{ role: web, vars: { x: e } }]', {}, 'e'],
    [
      'what the role is given counts before its vars',
      'roles: [{ role: web, x: given }]',
      { 'roles/web/vars/main.yml': 'x: role' },
      'given',
    ],
  ];

  it.each(rows)('%s', (_, play, files, value) => {
    const roles = play.includes('roles:') ? '' : '  roles: [web]\n';
    const { code } = importPlaybook(`- hosts: all\n${roles}  ${play}\n`, {
      ...files,
      'roles/web/tasks/main.yml': '- copy: { dest: /a, content: "{{ x }}" }\n',
    });
    expect(code).toContain(`const xValue: string = '${value}';`);
    expect(code).toContain("file({ path: '/a', content: xValue })");
    expect(code).toContain('params: z.object({}),');
  });

  it('each role sees its own, and what is computed of that; the rest of the play what it has by default', () => {
    const { resources } = importPlaybook(
      '- hosts: all\n  roles: [{ role: web, x: a }, { role: web, x: b }]\n  tasks:\n    - group: { name: "{{ x }}" }\n',
      {
        'roles/web/tasks/main.yml': '- copy: { dest: "/{{ x }}", content: "{{ y }}" }\n',
        'roles/web/defaults/main.yml': 'x: c\ny: "<{{ x }}>"\n',
      },
    );
    expect(resources.split('\n')).toEqual([
      'file({ path: `/${xValue}`, content: params.y ?? `<${xValue}>` }),',
      'file({ path: `/${xValue2}`, content: params.y ?? `<${xValue2}>` }),',
      'group({ name: params.x }),',
    ]);
  });

  it('set_fact counts before vars of a task, and after what an include is given', () => {
    const { resources } = importPlaybook(
      `- hosts: all
  tasks:
    - set_fact: { x: fact }
    - group: { name: "{{ x }}" }
      vars: { x: task }
    - include_tasks: more.yml
      vars: { x: included }
`,
      { 'more.yml': '- user: { name: "{{ x }}" }\n  vars: { x: task }\n' },
    );
    expect(resources.split('\n')).toEqual(['group({ name: xValue }),', 'user({ name: xValue2 }),']);
  });

  it("a secret stays the inventory's", () => {
    const { code } = importPlaybook(
      '- hosts: all\n  vars: { a_token: hidden1 }\n  tasks:\n    - copy: { dest: /a, content: "{{ a_token }} {{ b_token }}" }\n      vars: { b_token: hidden2 }\n',
    );
    expect(code).not.toContain('hidden');
    expect(code).toContain('params: z.object({ a_token: fields.secretText(), b_token: fields.secretText() }),');
  });
});

describe('what does not come over', () => {
  it('is shown with what it takes over from what it stands in', () => {
    const { resources } = importPlaybook(
      `- hosts: all
  become_user: app
  roles:
    - { role: base, when: wanted }
`,
      {
        'roles/base/tasks/main.yml': `- block:
    - import_tasks: more.yml
      vars: { x: 1, db_password: hidden }
  when: ansible_os_family == "RedHat"
`,
        'roles/base/tasks/more.yml': '- yum: { name: a }\n  when: own\n',
      },
    );
    expect(resources).toBe(`// NOT TRANSLATED: roles/base/tasks/more.yml:1 the module yum has no equivalent
// Write it by hand: docs/resources.md tells what there is.
//   yum: { name: a }
//   when: own
// and from what it stands in:
//   when: wanted
//   when: ansible_os_family == "RedHat"
//   become_user: "app"
//   vars: { x: 1 }
//   vars: { db_password: … }`);
  });

  it.each([
    ['the play', '- hosts: all\n  become_user: app\n  tasks:\n    - command: id creates=/a\n'],
    ['a role', '- hosts: all\n  roles: [{ role: base, become_user: app }]\n'],
    ['an import', '- hosts: all\n  tasks:\n    - import_tasks: roles/base/tasks/main.yml\n      become_user: app\n'],
    [
      'an include',
      '- hosts: all\n  tasks:\n    - include_tasks: { file: roles/base/tasks/main.yml, apply: { become_user: app } }\n',
    ],
  ])('takes over who %s becomes', (_, playbook) => {
    const { code } = importPlaybook(playbook, { 'roles/base/tasks/main.yml': '- command: id creates=/a\n' });
    expect(code).toContain("user: 'app' })");
  });
});

describe('a thing that two tasks describe', () => {
  const rows: readonly (readonly [what: string, tasks: string, code: string, left: readonly string[]])[] = [
    [
      'is one where they agree',
      '- user: { name: carol }\n- user: { name: carol, shell: /bin/sh }',
      "user({ name: 'carol', shell: '/bin/sh' }),",
      [],
    ],
    [
      'stands once where they say the same',
      '- file: { path: /a, state: directory }\n- file: { path: /a, state: directory }',
      "directory({ path: '/a' }), directory({ path: '/a' }),",
      [],
    ],
    [
      'is put into groups where the second task does that: the groups may be made in between',
      '- user: { name: carol }\n- name: in docker\n  user: { name: carol, groups: docker, append: true }',
      "user({ name: 'carol' }), command({ name: 'in docker', argv: ['usermod', '-aG', ['docker'].join(','), 'carol'], unless: isMember('carol', ['docker']), }),",
      [],
    ],
    [
      'is put into groups where a variable may name it',
      '- user: { name: "{{ item }}" }\n  loop: "{{ people }}"\n- name: in docker\n  user: { name: "{{ item }}", groups: docker, append: true }\n  loop: "{{ docker_users }}"',
      "...params.people.map((item) => user({ name: item })), ...params.docker_users.map((item) => command({ name: `in docker ${item}`, argv: ['usermod', '-aG', ['docker'].join(','), item], unless: isMember(item, ['docker']), }), ),",
      [],
    ],
    [
      'is another one under another name',
      '- user: { name: a }\n- user: { name: b, groups: docker, append: true }',
      "user({ name: 'a' }), user({ name: 'b', groups: ['docker'] }),",
      [],
    ],
    [
      'is marked where they do not agree',
      '- user: { name: carol, shell: /bin/sh }\n- user: { name: carol, shell: /bin/bash }',
      "user({ name: 'carol', shell: '/bin/sh' }),",
      ["it describes the user 'carol' again, as the task at site.yml:4 does, and not in the same way"],
    ],
    [
      'is marked where all groups are named first, and one is added then',
      '- user: { name: carol, groups: a }\n- user: { name: carol, groups: docker, append: true }',
      "user({ name: 'carol', groups: ['a'], exclusiveGroups: true }),",
      ['it adds groups to what another task says of the user'],
    ],
    [
      'is marked where one counts always',
      '- copy: { dest: /a, content: x }\n- file: { path: /a, state: absent }\n  when: wanted',
      "file({ path: '/a', content: 'x' }),",
      ["it describes the file '/a' again, as the task at site.yml:4 does, and not in the same way"],
    ],
    [
      'is marked where it is a file, and one of its lines',
      '- copy: { dest: /a, content: x }\n- lineinfile: { path: /a, line: y }\n- lineinfile: { path: /b, line: y }\n- lineinfile: { path: /b, line: z }\n- template: { src: t.j2, dest: /b }',
      "file({ path: '/a', content: 'x' }), lineInFile({ path: '/b', line: 'y' }), lineInFile({ path: '/b', line: 'z' }),",
      [
        "one task writes the file '/a' as a whole, and another one a line of it: see site.yml:4",
        "one task writes the file '/b' as a whole, and another one a line of it: see site.yml:6",
      ],
    ],
    [
      'may be under a condition each',
      '- copy: { dest: /a, content: x }\n  when: wanted\n- file: { path: /a, state: absent }\n  when: not wanted',
      "...(params.wanted ? [file({ path: '/a', content: 'x' })] : []), ...(!params.wanted ? [file({ path: '/a', state: 'absent' })] : []),",
      [],
    ],
  ];

  it.each(rows)('%s', (_, tasks, expected, left) => {
    const { resources, role } = importTasks(tasks, '', { 'templates/t.j2': 'x\n' });
    const code = resources.replace(/^ *\/\/.*\n?/gm, '').replace(/\s*\n\s*/g, ' ');
    expect(code.replaceAll('( ', '(').trim()).toBe(expected.replaceAll('( ', '('));
    expect(role.left.map(({ why }) => why)).toEqual(left);
  });

  it('is told in the summary', () => {
    const { role } = importTasks(
      '- user: { name: a }\n- user: { name: a, shell: /bin/sh }\n- group: { name: b, gid: 1 }\n  when: x\n- group: { name: b, gid: 2 }\n  when: y',
    );
    expect(role.notes.map(({ place, why }) => `${place} ${why}`)).toEqual([
      'site.yml:5 it is one resource with the task at site.yml:4, which describes the same',
      "site.yml:8 it describes the group 'b', as the task at site.yml:6 does",
    ]);
  });
});

describe('include_vars', () => {
  const files = { 'vars/Debian.yml': 'x: deb\ny: "{{ x }}-y"\n', 'vars/all.yml': 'x: all\ny: z\n' };

  it.each([
    ['include_vars: all.yml', 'all', []],
    ['include_vars: "{{ ansible_os_family }}.yml"', 'deb', []],
    ['include_vars: { file: "{{ ansible_facts.os_family }}.yml" }', 'deb', []],
    ['include_vars: "{{ item }}"\n  with_first_found: ["none.yml", "{{ ansible_os_family }}.yml", all.yml]', 'deb', []],
    ['include_vars: "{{ item }}"\n  with_first_found: [{ files: [none.yml, all.yml], paths: [vars] }]', 'all', []],
    ['include_vars: none.yml', undefined, ['there is no file none.yml']],
    ['include_vars: all.yml\n  when: x', undefined, ['it reads variables under a condition']],
    ['include_vars: { dir: vars }', undefined, ['how it chooses a file of variables is not understood']],
    [
      'include_vars: "{{ ansible_distribution }}.yml"',
      undefined,
      ['which file of variables it reads depends on more than the family: {{ ansible_distribution }}.yml'],
    ],
  ])('%s', (task, value, left) => {
    const { role, code } = importTasks(`- ${task}\n- group: { name: "{{ x }}-{{ y }}" }`, '', files);
    expect(role.left.map(({ why }) => why)).toEqual(left);
    if (value !== undefined) expect(code).toContain(`const xValue: string = '${value}';`);
  });
});

describe('a file of cron', () => {
  const job = (name: string, more = '') => `- cron: { name: ${name}, cron_file: f, job: "true"${more} }`;

  it.each([
    ['one job', job('a'), 0],
    ['two jobs', `${job('a')}\n${job('b')}`, 2],
    ['a job that is translated, and one that is not', `${job('a')}\n${job('b', ', disabled: yes')}`, 2],
    ['a job and a variable', `${job('a')}\n- cron: { name: PATH, cron_file: /etc/cron.d/f, env: yes, job: /bin }`, 2],
    ['jobs of a loop', `${job('"{{ item }}"')}\n  loop: [a, b]`, 1],
  ])('is written where nobody else writes to it: %s', (_, tasks, left) => {
    expect(importTasks(tasks).role.left).toHaveLength(left);
  });
});

describe('set_fact where a variable is not defined', () => {
  const tasks = '- set_fact: { x: "{{ base }}-x" }\n  when: x is not defined\n- group: { name: "{{ x }}" }';

  it('is what the param is by default', () => {
    const { code, role } = importTasks(tasks, 'base: b');
    expect(role.left).toEqual([]);
    expect(code).toContain('const xValue = params.x ?? `${params.base}-x`;');
    expect(code).toContain('x: fields.text().optional()');
  });

  it('is nothing where it is', () => {
    expect(importTasks(tasks, 'x: y').code).toContain("x: fields.text().default('y')");
  });
});

describe('JSON', () => {
  it.each([
    ['{ a: 1, b: [x] }', []],
    ['{ a: 1.0 }', ['a number with a point would be a text in its JSON']],
    ['{ a: ~ }', ['null stands in its JSON']],
    ['{ api_token: x }', ['a secret would stand in its JSON']],
  ])('of %s', (value, left) => {
    const { role, code } = importTasks('- copy: { dest: /a, content: "{{ it | to_nice_json }}" }', `it: ${value}`);
    expect(role.left.map(({ why }) => why)).toEqual(left);
    if (left.length === 0) expect(code).toContain('it: z.looseObject({ a: z.number(), b: z.array(z.string()) })');
  });
});

describe('mappings', () => {
  const tasks = `- group: { name: a }
  when: options
- group: { name: "{{ item.key }}" }
  with_dict: "{{ ids }}"
- group: { name: "{{ known.a }}" }`;

  it('keep entries that no default names, where they count', () => {
    const { code } = importTasks(tasks, 'options: {}\nids: {}\nknown: { a: x, b: y }');
    expect(code).toContain('options: z.looseObject({}).default({}),');
    expect(code).toContain('ids: z.record(z.string(), z.unknown()).default({}),');
    expect(code).toContain("known: z.object({ a: fields.text(), b: fields.text() }).default({ a: 'x', b: 'y' }),");
  });

  it('have keys as YAML 1.1 reads them, and Python prints them', () => {
    const content = '{% for key, value in flags.items() %}{{ key }} {% endfor %}\n';
    const { code, role } = importTasks(
      '- template: { src: a.j2, dest: /a }\n- template: { src: b.j2, dest: /b }\n- template: { src: c.j2, dest: /c }',
      'flags: { on: 1, "off": 2, ~: 3 }\nports: { 0644: x, 80: y }\nonly: { 0644: x }',
      {
        'templates/a.j2': content,
        'templates/b.j2': content.replace('flags.items()', 'ports | dictsort'),
        'templates/c.j2': content.replace('flags.items()', 'only | dictsort'),
      },
    );
    expect(code).toContain("{ True: 1, off: 2, '': 3 }");
    expect(code).toContain("{ '420': 'x' }");
    expect(role.left.map(({ why }) => why)).toEqual([
      'it goes through a mapping with numbers for keys, which has another order here',
    ]);
  });

  it('that are empty are false, also in templates', () => {
    const { code } = importTasks('- template: { src: a.j2, dest: /a }', 'options: {}', {
      'templates/a.j2': '{% if options %}\nsome\n{% endif %}\n',
    });
    expect(code).toContain('vars: { options: Object.keys(params.options).length > 0 }');
  });

  it('and variables that are null are not missing to Ansible', () => {
    const { role } = importTasks(
      '- group: { name: "{{ it | default(1) }}" }\n- group: { name: a }\n  when: it is defined',
      'it:',
    );
    expect(role.left.map(({ why }) => why)).toEqual(Array(2).fill('it is null, which is not the same as missing'));
  });
});

describe('numbers with a point', () => {
  it('are texts, as Ansible prints them, and that is told', () => {
    const tasks =
      '- copy: { dest: /a, content: "php {{ version }} {{ sizes[0] }}" }\n- sysctl: { name: a, value: 1.0 }';
    const { code, role } = importTasks(tasks, 'version: 8.0\nsizes: [0.5]');
    expect(code).toContain("version: z.string().default('8.0')");
    expect(code).toContain("sizes: z.array(z.string()).default(['0.5'])");
    expect(code).toContain("content: `php ${params.version} ${params.sizes[0] ?? ''}`");
    expect(code).toContain("sysctl({ name: 'a', value: '1.0' })");
    expect(role.notes.filter(({ why }) => why.includes('number with a point')).map(({ place }) => place)).toEqual([
      'roles/base/defaults/main.yml:1',
      'roles/base/defaults/main.yml:2',
    ]);
  });
});

describe('secrets', () => {
  it('are no switches and short numbers, whatever these are called', () => {
    const { code, role } = importPlaybook('- hosts: all\n  roles: [r]\n', {
      'roles/r/defaults/main.yml':
        'ssh_permit_empty_password: "no"\npassword_min: "12"\nuse_secret: True\ndb_password: hidden\napi_token: "49152837"\n',
      'roles/r/tasks/main.yml':
        '- lineinfile: { path: /a, line: "{{ ssh_permit_empty_password }} {{ password_min }} {{ use_secret }}" }\n- copy: { dest: /b, content: "{{ db_password }}{{ api_token }}" }\n',
    });
    expect(role.left).toEqual([]);
    expect(code).toContain("ssh_permit_empty_password: fields.text().default('no'),");
    expect(code).toContain("password_min: fields.text().default('12'),");
    expect(code).not.toMatch(/hidden|49152837/);
  });

  it('are written nowhere, whether encrypted, called like one, or both', () => {
    const { code, role } = importTasks(
      '- copy: { dest: /a, content: "{{ db_password }} {{ sealed }} {{ people[0].api_token }}" }',
      `db_password: in-the-clear\nsealed: ${VAULT}\npeople:\n  - { name: a, api_token: t0ken }`,
    );
    expect(code).not.toMatch(/in-the-clear|ANSIBLE_VAULT|3132|t0ken/);
    expect(code).toContain('db_password: fields.secretText(),');
    expect(code).toContain('sealed: fields.secretText(),');
    expect(role.params.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual([
      'db_password',
      'sealed',
      'people',
    ]);
  });

  it('stay secret in what is made of them', () => {
    const { code } = importTasks('- copy: { dest: /a, content: "{{ url }}" }', 'url: "pg://a:{{ db_password }}@db"');
    expect(code).toContain('const urlValue = params.url ?? text`pg://a:${params.db_password}@db`;');
    expect(code).toContain('url: fields.secretText().optional()');
  });
});

describe('what is no playbook', () => {
  it.each([
    ['a: 1\n', 'playbook-invalid', 'this is no playbook: a list of plays with `hosts`'],
    ['- name: a task\n  debug:\n', 'playbook-invalid', 'this is no playbook: a list of plays with `hosts`'],
    ['- hosts: [\n', 'playbook-invalid', 'this is not valid YAML'],
  ])('%j', (text, code, message) => {
    const path = join(mkdtempSync(join(tmpdir(), 'provision-import-')), 'site.yml');
    writeFileSync(path, text);
    const work = () => importRoles({ path, force: false });
    expect(work).toThrow(ProvisionError);
    expect(work).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('is not there', () => {
    expect(() => importRoles({ path: '/nowhere/site.yml', force: false })).toThrow('there is no /nowhere/site.yml');
  });
});

describe('what YAML 1.1 and the family make of a playbook', () => {
  it('reads numbers of base 60 as Ansible does, and tells of them', () => {
    const { role, code } = importPlaybook(
      '- hosts: all\n  vars: { port_map: 8080:22, half: 1:30 }\n  tasks:\n    - copy: { dest: /a, content: "x {{ port_map }} {{ half }}." }\n',
      { 'vars/main.yml': '' },
    );
    expect(code).toContain('const portMapValue: number = 484822;');
    expect(code).toContain('const halfValue: number = 90;');
    expect(role.notes).toContainEqual({
      place: 'site.yml:2',
      why: '8080:22 is the number 484822 to YAML 1.1, of base 60, and so it is here',
      hint: 'Put it into quotes where a text is meant.',
    });
  });

  it('reads the variables of a play that the family names', () => {
    const play = (file: string) =>
      `- hosts: all\n  vars_files: ["${file}"]\n  tasks:\n    - group: { name: "{{ g }}" }\n`;
    const family = importPlaybook(play('vars/{{ ansible_os_family }}.yml'), { 'vars/Debian.yml': 'g: adm\n' });
    expect(family.code).toContain("const gValue: string = 'adm';");
    expect(family.role.notes).toMatchObject([
      { place: 'site.yml:2', why: 'the variables that it reads are those of the family Debian' },
    ]);
    const other = importPlaybook(play('vars/{{ stage }}.yml'));
    expect(other.role.omitted).toMatchObject([
      { why: 'vars_files: which file of variables it reads depends on more than the family: vars/{{ stage }}.yml' },
    ]);
    const missing = importPlaybook(play('vars/x.yml'));
    expect(missing.role.notes).toMatchObject([{ why: 'the variables in vars/x.yml cannot be read: it is not there' }]);
  });
});
