import { describe, expect, it } from 'vitest';
import { importTasks } from './workbench.ts';

/** A task, and the resource that it becomes. */
type Row = readonly [task: string, resource: string];

const ALICE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w alice';

const TRANSLATED: Readonly<Record<string, readonly Row[]>> = {
  user: [
    ['user: { name: app }', "user({ name: 'app' }),"],
    [
      'ansible.builtin.user: { name: app, uid: 1001, group: app, groups: "docker,adm", append: yes, shell: /bin/sh }',
      "user({ name: 'app', uid: 1001, group: 'app', groups: ['docker', 'adm'], shell: '/bin/sh' }),",
    ],
    ['user: { name: app, groups: [adm] }', "user({ name: 'app', groups: ['adm'], exclusiveGroups: true }),"],
    ['user: { name: app, system: true }', "user({ name: 'app', system: true, createHome: true }),"],
    ['user: { name: app, system: yes, create_home: no }', "user({ name: 'app', system: true }),"],
    [
      'user: { name: app, password_lock: yes }',
      "user({ name: 'app' }),\ncommand({ name: 'user site.yml:4', argv: ['usermod', '-L', 'app'], unless: isLocked('app') }),",
    ],
    ['user: { name: app, password: "*" }', "user({ name: 'app', password: 'locked' }),"],
    ['user: { name: app, password: "!" }', "user({ name: 'app', password: { hash: '!' } }),"],
    // Ansible splits at commas where a list is meant (check_type_list), and the module trims the words.
    [
      'user: { name: app, groups: "{{ extra }}, adm", append: yes }',
      "user({ name: 'app', groups: commaSeparated(`${params.extra}, adm`) }),",
    ],
    [
      'user: { name: app, groups: "{{ tools | join(\',\') }}" }',
      "user({ name: 'app', groups: params.tools, exclusiveGroups: true }),",
    ],
    ['user: { name: app, groups: "" }', "user({ name: 'app', groups: [], exclusiveGroups: true }),"],
    // Where an item has none, the option is as if it were not written.
    [
      'user: { name: "{{ item.name }}", uid: "{{ item.uid | default(omit) }}", shell: "{{ item.sh | default(omit, true) }}" }\nloop: "{{ people }}"',
      [
        '...params.people.map((item) =>',
        '  user({ name: item.name, uid: item.uid, shell: Boolean(item.sh) ? item.sh : undefined }),',
        '),',
      ].join('\n'),
    ],
    [
      'user: { name: "{{ item.name }}", groups: "{{ item.groups | default([]) | join(\',\') }}", append: yes }\nloop: "{{ people }}"',
      '...params.people.map((item) => user({ name: item.name, groups: item.groups ?? [] })),',
    ],
    [
      'user: { name: "{{ item.name }}", groups: "{{ item.groups | default(omit) }}" }\nloop: "{{ people }}"',
      [
        '...params.people.map((item) =>',
        '  user({ name: item.name, groups: item.groups, exclusiveGroups: item.groups !== undefined }),',
        '),',
      ].join('\n'),
    ],
    [
      'user: { name: app, comment: "{{ extra if wanted else omit }}" }',
      "user({ name: 'app', comment: params.wanted ? params.extra : undefined }),",
    ],
    [
      'user: { name: "{{ item.name }}", state: "{{ item.state | default(\'present\') }}", remove: yes }\nloop: "{{ people }}"',
      [
        '...params.people.map((item) =>',
        "  user({ name: item.name, state: presence(item.state ?? 'present'), removeHome: true }),",
        '),',
      ].join('\n'),
    ],
    [
      'user: { name: a, state: absent, remove: "{{ wanted }}" }',
      "user({ name: 'a', state: 'absent', removeHome: isSwitchedOn(params.wanted) }),",
    ],
    ['user: { name: a, create_home: "{{ wanted }}" }', "user({ name: 'a', createHome: isSwitchedOn(params.wanted) }),"],
    ['user: { name: app, state: absent, remove: yes }', "user({ name: 'app', state: 'absent', removeHome: true }),"],
  ],
  group: [
    ['group: { name: app }\nignore_errors: "{{ ansible_check_mode }}"', "group({ name: 'app' }),"],
    ['group: name=app gid=300 system=yes', "group({ name: 'app', gid: 300, system: true }),"],
    [
      'group: { name: "{{ item.name }}", state: "{{ item.state | default(omit) }}" }\nloop: "{{ people }}"',
      "...params.people.map((item) => group({ name: item.name, state: presence(item.state ?? 'present') })),",
    ],
    ['group: { name: app, state: absent }', "group({ name: 'app', state: 'absent' }),"],
  ],
  authorized_key: [
    [
      `ansible.posix.authorized_key: { user: app, key: "${ALICE}" }`,
      `authorizedKeys({\n  user: 'app',\n  keys: ['${ALICE}'],\n}),`,
    ],
    [
      `authorized_key: { user: app, key: "${ALICE}", key_options: no-pty, state: absent }`,
      `authorizedKeys({\n  user: 'app',\n  keys: ['no-pty ${ALICE}'],\n  state: 'absent',\n}),`,
    ],
    [
      "authorized_key: { user: app, key: \"{{ lookup('file', 'a.pub') }}\" }",
      `authorizedKeys({\n  user: 'app',\n  keys: ['${ALICE}'],\n}),`,
    ],
    [
      'authorized_key: { user: app, key: "{{ item }}" }\nloop: "{{ keys }}"',
      "authorizedKeys({ user: 'app', keys: params.keys }),",
    ],
    [
      'authorized_key: { user: "{{ item.key }}", key: "{{ item.value }}", exclusive: yes }\nloop: "{{ key_of | dict2items }}"\nvars: { key_of: { app: ssh-ed25519 AAAA } }',
      "...Object.entries({ app: 'ssh-ed25519 AAAA' }).map(([key, value]) =>\n  authorizedKeys({ user: key, keys: [value], exclusive: true }),\n),",
    ],
    [
      'authorized_key: { user: app, key: "{{ item.value }}" }\nloop: "{{ key_of | dict2items }}"\nvars: { key_of: { app: ssh-ed25519 AAAA } }',
      "authorizedKeys({\n  user: 'app',\n  keys: Object.entries({ app: 'ssh-ed25519 AAAA' }).map(([key, value]) => ({ key, value })).map(({ key, value }) =>\n    value,\n  ),\n}),",
    ],
    [
      'authorized_key: { user: "{{ item }}", key: "{{ keys | join(\'\\n\') }}" }\nloop: [app, web]',
      "...['app', 'web'].map((item) => authorizedKeys({ user: item, keys: params.keys })),",
    ],
  ],
  apt: [
    ['apt: { name: [curl, jq], install_recommends: no }', "packages({ names: ['curl', 'jq'] }),"],
    [
      'apt: pkg=curl state=latest update_cache=yes',
      "packages({ names: ['curl'], state: 'latest', recommends: true }),",
    ],
    ['package: { name: "curl,jq", state: absent }', "packages({ names: ['curl', 'jq'], state: 'absent' }),"],
    ['apt: { name: "{{ item }}" }\nwith_items: [a1, b1]', "packages({ names: ['a1', 'b1'], recommends: true }),"],
    ['apt: { name: "{{ tools }}" }', 'packages({ names: params.tools, recommends: true }),'],
    [
      'apt: { name: "{{ tools + [extra] }}" }',
      'packages({ names: [...params.tools, ...[params.extra]], recommends: true }),',
    ],
    ['apt: { name: "{{ extra }}" }', 'packages({ names: commaSeparated(params.extra), recommends: true }),'],
    ['apt: { update_cache: yes }', ''],
  ],
  file: [
    [
      'file: { path: /srv/a, state: directory, owner: app, group: "1001", mode: 0750 }',
      "directory({ path: '/srv/a', owner: 'app', group: 1001, mode: '0750' }),",
    ],
    ['file: { path: /srv/a, state: directory, mode: "u=rwx,g=rx,o=" }', "directory({ path: '/srv/a', mode: '0750' }),"],
    ['file: { dest: /srv/a, state: absent }', "file({ path: '/srv/a', state: 'absent' }),"],
    ['file: { src: /srv/a, dest: /srv/b, state: link }', "symlink({ path: '/srv/b', target: '/srv/a' }),"],
    [
      'file: { path: /srv/a, state: touch }',
      "command({ name: 'file site.yml:4', argv: ['touch', '/srv/a'], creates: '/srv/a' }),",
    ],
  ],
  mode: [
    // YAML 1.1 reads 0640 as an octal number: a mode is its digits, wherever it was written.
    ['copy: { dest: /a, content: a, mode: "{{ own_mode }}" }', file('octalMode(params.own_mode)')],
    ['copy: { dest: /a, content: a, mode: "{{ text_mode }}" }', file('octalMode(params.text_mode)')],
    ['copy: { dest: /a, content: a, mode: "{{ m }}" }\nvars: { m: 0755 }', file("'0755'")],
    ['copy: { dest: /a, content: a, mode: "{{ m }}" }\nvars: { m: "00755" }', file("'0755'")],
    ['copy: { dest: /a, content: a, mode: "{{ m }}" }\nvars: { m: "u=rw,g=,o=" }', file("'0600'")],
    [
      'copy: { dest: /a, content: a, mode: "{{ inv_mode | default(\'0600\') }}" }',
      file("octalMode(params.inv_mode ?? '0600')"),
    ],
    ['copy: { dest: /a, content: a, mode: "02770" }', file("'2770'")],
    ['copy: { dest: /a, content: a, mode: 02770 }', file("'2770'")],
    ['copy: { dest: /a, content: a, mode: 0 }', file("'0000'")],
    [
      'file: { path: "{{ item.d }}", state: directory, mode: "{{ item.mode | default(omit) }}" }\nloop: [{ d: /a, mode: 0750 }, { d: /b }]',
      [
        "...[{ d: '/a', mode: 0o750 }, { d: '/b' }].map((item) =>",
        '  directory({ path: item.d, mode: item.mode === undefined ? undefined : octalMode(item.mode) }),',
        '),',
      ].join('\n'),
    ],
  ],
  'slashes too many': [
    ['file: { path: /srv/a/, state: directory }', "directory({ path: '/srv/a' }),"],
    ['file: { path: //srv//a, state: absent }', "file({ path: '/srv/a', state: 'absent' }),"],
    ['file: { path: "{{ dir }}/a/", state: directory }', 'directory({ path: `${params.dir}/a` }),'],
    ['file: { path: "{{ dir }}//a", state: directory }', 'directory({ path: `${params.dir}/a` }),'],
    ['file: { path: "{{ sub }}", state: directory }', 'directory({ path: tidyPath(params.sub) }),'],
    ['copy: { dest: "{{ sub }}/a", content: a }', "file({ path: tidyPath(`${params.sub}/a`), content: 'a' }),"],
    [
      'file: { path: "{{ item }}", state: directory }\nloop: [/a/, /b]',
      "...['/a/', '/b'].map((item) => directory({ path: tidyPath(item) })),",
    ],
    [
      'file: { path: "{{ item.p }}", state: directory }\nloop: "{{ places }}"',
      '...params.places.map((item) => directory({ path: tidyPath(item.p) })),',
    ],
    [
      'command: make creates=/a/ chdir=/b/',
      "command({ name: 'command site.yml:4', argv: ['make'], creates: '/a', cwd: '/b' }),",
    ],
  ],
  copy: [
    [
      'copy: { src: "{{ item }}", dest: "/etc/{{ item }}" }\nwith_items: [[motd], a.pub]',
      `file({ path: '/etc/motd', content: readFileSync(\`\${FOLDER}/files/motd\`, 'utf8') }),\nfile({\n  path: '/etc/a.pub',\n  content: '${ALICE}\\n',\n}),`,
    ],
    [
      'copy:\n  dest: /etc/list\n  content: |\n    {% for tool in tools %}\n    {{ tool }}\n    {% endfor %}',
      [
        'template({',
        "  path: '/etc/list',",
        '  template: `${FOLDER}/templates/list.hbs`,',
        '  vars: { tools: params.tools.map((tool) => ({ tool })) },',
        '}),',
      ].join('\n'),
    ],
    [
      'copy: { dest: /etc/a, content: "a\\n", mode: "0600", validate: "visudo -cf %s" }\nno_log: true',
      "file({ path: '/etc/a', content: 'a\\n', mode: '0600', validate: ['visudo', '-cf', '%s'], sensitive: true }),",
    ],
    [
      'copy: { src: motd, dest: /etc/motd }',
      "file({ path: '/etc/motd', content: readFileSync(`${FOLDER}/files/motd`, 'utf8') }),",
    ],
    ['copy: { src: a.pub, dest: /a }', `file({\n  path: '/a',\n  content: '${ALICE}\\n',\n}),`],
    [
      "copy: { dest: /a, content: \"{{ lookup('file', 'motd') }}\" }",
      "file({ path: '/a', content: readFileSync(`${FOLDER}/files/motd`, 'utf8').trimEnd() }),",
    ],
    [
      'copy: { src: motd, dest: /etc/ }',
      "file({ path: '/etc/motd', content: readFileSync(`${FOLDER}/files/motd`, 'utf8') }),",
    ],
    [
      'copy: { dest: /etc/systemd/system/a.service, content: "[Service]\\n" }',
      "systemdUnit({ name: 'a.service', content: '[Service]\\n' }),",
    ],
    // No expression of Python goes on below its line: the section is a text, whatever stands in it.
    [
      'copy: { dest: /etc/a.conf, content: "[Service]\\nX={{ dir }}\\n" }',
      "file({ path: '/etc/a.conf', content: `[Service]\\nX=${ended(params.dir)}` }),",
    ],
    ['copy: { dest: "{{ dir }}/a", content: "{{ dir }}" }', 'file({ path: `${params.dir}/a`, content: params.dir }),'],
  ],
  template: [
    [
      'template: { src: "{{ long_source | basename }}", dest: /etc/a }',
      "template({ path: '/etc/a', template: `${FOLDER}/templates/a.hbs`, vars: { dir: params.dir } }),",
    ],
    [
      'template: { src: "{{ item.src }}.j2", dest: "/etc/{{ item.src }}", mode: "{{ item.mode | default(\'0600\') }}" }\nloop: [{ src: a }, { src: b }]\nwhen: item.src != "b"',
      "template({ path: '/etc/a', template: `${FOLDER}/templates/a.hbs`, vars: { dir: params.dir }, mode: '0600' }),",
    ],
    [
      'template: { src: "{{ source }}", dest: "/etc/a" }',
      "template({ path: '/etc/a', template: `${FOLDER}/templates/a.hbs`, vars: { dir: params.dir } }),",
    ],
    [
      'template: { src: a.j2, dest: "/etc/a" }',
      "template({ path: '/etc/a', template: `${FOLDER}/templates/a.hbs`, vars: { dir: params.dir } }),",
    ],
    [
      'template: { src: a.j2, dest: /etc/systemd/system/a.timer, mode: "0644" }',
      "systemdUnit({ name: 'a.timer', content: templateText(`${FOLDER}/templates/a.hbs`, { dir: params.dir }) }),",
    ],
  ],
  lineinfile: [
    [
      'lineinfile: { path: /a, line: "{{ item.name }}", state: "{{ item.state | default(\'present\') }}" }\nloop: "{{ people }}"',
      [
        '...params.people.map((item) =>',
        "  lineInFile({ path: '/a', line: item.name, state: presence(item.state ?? 'present') }),",
        '),',
      ].join('\n'),
    ],
    [
      "lineinfile: { path: /etc/a, regexp: '^#?A=', line: A=1 }",
      "lineInFile({ path: '/etc/a', line: 'A=1', match: '^#?A=' }),",
    ],
    [
      "lineinfile: { dest: /etc/a, line: A=1, insertafter: '^B', create: yes, mode: '0600' }",
      "lineInFile({ path: '/etc/a', line: 'A=1', after: '^B', create: true, mode: '0600' }),",
    ],
    [
      'lineinfile: { path: /etc/a, line: A, insertbefore: BOF }',
      "lineInFile({ path: '/etc/a', line: 'A', before: '^' }),",
    ],
    ['lineinfile: { path: /etc/a, line: "A\\tB" }', "lineInFile({ path: '/etc/a', line: 'A\\tB' }),"],
    [
      'lineinfile: { path: /etc/a, line: A, regexp: "^A\\tB" }',
      "lineInFile({ path: '/etc/a', line: 'A', match: '^A\\\\tB' }),",
    ],
    [
      'lineinfile: { path: /etc/a, line: A, owner: app, mode: "0640" }',
      "lineInFile({ path: '/etc/a', line: 'A', owner: 'app', mode: '0640' }),",
    ],
    ['lineinfile: { path: /etc/a, line: A, insertafter: EOF }', "lineInFile({ path: '/etc/a', line: 'A' }),"],
    [
      'lineinfile: { path: /etc/a, search_string: "a.b", state: absent }',
      "lineInFile({ path: '/etc/a', match: 'a\\\\.b', state: 'absent' }),",
    ],
  ],
  'drop-ins of units': [
    [
      'copy: { dest: /etc/systemd/system/docker.service.d/limits.conf, content: "[Service]\\n" }',
      "systemdUnit({ name: 'docker.service', dropIn: 'limits', content: '[Service]\\n' }),",
    ],
  ],
  service: [
    ['service: { name: a, state: started, enabled: yes }', "service({ name: 'a', state: 'running', enabled: true }),"],
    [
      'systemd: { name: a.timer, state: stopped, enabled: no, daemon_reload: yes }',
      "service({ name: 'a.timer', state: 'stopped', enabled: false }),",
    ],
    [
      'systemd: { name: a, masked: no, enabled: yes }',
      "command({ name: 'systemd site.yml:4', argv: ['systemctl', 'unmask', 'a'], unless: isNotMasked('a') }),\nservice({ name: 'a', enabled: true }),",
    ],
    [
      'systemd: { name: a, masked: yes }',
      "command({ name: 'systemd site.yml:4', argv: ['systemctl', 'mask', 'a'], unless: isMasked('a') }),",
    ],
    ['systemd_service: { daemon_reload: true }', ''],
    ['service: { name: a, enabled: y }', "service({ name: 'a', enabled: true }),"],
    ['service: { name: a, enabled: " Yes " }', "service({ name: 'a', enabled: true }),"],
    ['service: { name: a, enabled: "{{ svc }}" }', "service({ name: 'a', enabled: isSwitchedOn(params.svc) }),"],
    ['service: { name: a, state: "{{ svc }}" }', "service({ name: 'a', state: serviceState(params.svc) }),"],
  ],
  cron: [
    [
      'cron: { name: At night, minute: "17", hour: 4, job: "true", user: app }',
      "cron({ name: 'at-night', user: 'app', schedule: '17 4 * * *', command: 'true' }),",
    ],
    [
      'cron: { name: a, job: "true", env: no, disabled: no }',
      "cron({ name: 'a', schedule: '* * * * *', command: 'true' }),",
    ],
    [
      "cron: { name: a, job: 'date +\\%F >/a\\\\b' }",
      "cron({ name: 'a', schedule: '* * * * *', command: 'date +%F >/a\\\\b' }),",
    ],
    [
      'cron: { name: a, job: "{{ extra }}" }',
      "cron({ name: 'a', schedule: '* * * * *', command: commandOfCron(params.extra) }),",
    ],
    [
      'cron: { name: a, special_time: daily, job: "true", cron_file: b }',
      "file({ path: '/etc/cron.d/b', content: '#Ansible: a\\n@daily root true\\n' }),",
    ],
  ],
  sysctl: [
    [
      'ansible.posix.sysctl: { name: net.core.somaxconn, value: 4096, reload: yes }',
      "sysctl({ name: 'net.core.somaxconn', value: '4096' }),",
    ],
    ['sysctl: { name: a, value: yes }', "sysctl({ name: 'a', value: '1' }),"],
    ['sysctl: { name: a, value: "off" }', "sysctl({ name: 'a', value: '0' }),"],
    ['sysctl: { name: a, value: "{{ wanted }}" }', "sysctl({ name: 'a', value: params.wanted ? '1' : '0' }),"],
    ['sysctl: { name: a, value: "{{ dir }}" }', "sysctl({ name: 'a', value: sysctlValue(params.dir) }),"],
  ],
  command: [
    [
      'command: tar -xf "/tmp/a b.tar" creates=/srv/a chdir=/srv',
      "command({ name: 'command site.yml:4', argv: ['tar', '-xf', '/tmp/a b.tar'], creates: '/srv/a', cwd: '/srv' }),",
    ],
    [
      'name: a mark\ncommand: { argv: [touch, "{{ dir }}/a"], creates: "{{ dir }}/a" }\nbecome_user: app',
      "command({ name: 'a mark', argv: ['touch', `${params.dir}/a`], creates: `${params.dir}/a`, user: 'app' }),",
    ],
    [
      'name: a\nshell: rm -rf "{{ dir }}/x y" && echo `id` ${HOME} {{ dir }}\nargs: { removes: /srv/x }\nenvironment: { A: 1 }',
      [
        'command({',
        "  name: 'a',",
        '  script: sh`rm -rf ${`${params.dir}/x y`} && echo \\`id\\` \\${HOME} ${plainWord(params.dir)}`,',
        "  unless: sh`[ ! -e ${'/srv/x'} ]`,",
        "  environment: { A: '1' },",
        '}),',
      ].join('\n'),
    ],
  ],
  'command: what is done': [
    // glob.glob of both, before anything runs: either is a reason not to.
    [
      'name: a\ncommand: touch /tmp/d7x creates=/tmp/d7*',
      "command({ name: 'a', argv: ['touch', '/tmp/d7x'], unless: sh`ls -d /tmp/d7* >/dev/null 2>&1` }),",
    ],
    [
      'name: a\ncommand: { cmd: rm -r /srv/x, creates: /srv/y, removes: "/srv/x?" }',
      [
        'command({',
        "  name: 'a',",
        "  argv: ['rm', '-r', '/srv/x'],",
        "  unless: sh`[ -e ${'/srv/y'} ] || ! ls -d /srv/x? >/dev/null 2>&1`,",
        '}),',
      ].join('\n'),
    ],
  ],
  'command: words': [
    // Ansible puts the value into the line before it is split: without quotes it must be one word.
    [
      'name: a\ncommand: tool --in={{ dir }}/x "{{ dir }} y" {{ 5 }} creates=/a',
      "command({ name: 'a', argv: ['tool', plainWord(`--in=${params.dir}/x`), `${params.dir} y`, '5'], creates: '/a' }),",
    ],
    [
      'name: a\nshell: "{{ dir }}/run --all >{{ dir }}/log; X={{ dir }} id"\nargs: { creates: /a }',
      [
        'command({',
        "  name: 'a',",
        '  script: sh`${plainWord(params.dir)}/run --all >${plainWord(params.dir)}/log; X=${plainWord(params.dir)} id`,',
        "  creates: '/a',",
        '}),',
      ].join('\n'),
    ],
    [
      'name: a\nshell: "set -o pipefail; true"\nargs: { creates: /a, executable: /bin/bash }',
      "command({ name: 'a', argv: ['/bin/bash', '-c', 'set -o pipefail; true'], creates: '/a' }),",
    ],
  ],
  docker_compose_v2: [
    [
      'name: up\ncommunity.docker.docker_compose_v2: { project_src: /opt/a, remove_orphans: true }',
      [
        'command({',
        "  name: 'up',",
        "  argv: ['docker', 'compose', 'up', '-d', '--remove-orphans'],",
        '  unless: COMPOSE_IS_UP,',
        "  cwd: '/opt/a',",
        '}),',
      ].join('\n'),
    ],
  ],
  command_that_changes_nothing: [
    [
      'command: tool --make /a creates=/a\nchanged_when: false',
      "command({ name: 'command site.yml:4', argv: ['tool', '--make', '/a'], creates: '/a' }),",
    ],
  ],
  meta: [['meta: reset_connection', '']],
  debug: [['debug: { msg: hello }', '']],
};

/** A file of that mode. */
function file(mode: string): string {
  return `file({ path: '/a', content: 'a', mode: ${mode} }),`;
}

const VARS = `source: a.j2\nlong_source: /srv/templates/a.j2\nsub: /srv/\nplaces: [{ p: /srv/a/ }]\nown_mode: 0640\ntext_mode: "0640"\nkeys: ["${ALICE}"]\ntools: [curl]\nextra: jq\ndir: /srv\nwanted: true\nsvc: started\npeople: [{ name: a, uid: 1, sh: x, groups: [b] }, { name: c }]`;
const FILES = {
  'a.pub': `${ALICE}\n`,
  'files/motd': 'Hello\n',
  'templates/a.j2': 'in {{ dir }}.\n',
  'templates/b.j2': 'b\n',
};

describe.each(Object.entries(TRANSLATED))('%s', (_, rows) => {
  it.each(rows)('%s', (task, resource) => {
    const { role, resources } = importTasks(asItem(task), VARS, FILES);
    expect(role.left).toEqual([]);
    // A name is a comment above.
    expect(resources.replace(/^\/\/ .*\n/gm, '')).toBe(resource);
  });
});

/** A task that has no equivalent, and why. */
const LEFT: readonly (readonly [task: string, why: string])[] = [
  ['user: { name: a, password: "{{ pw | password_hash(\'sha512\') }}" }', 'its filter password_hash has no equivalent'],
  ['user: { name: a, generate_ssh_key: yes }', 'its option generate_ssh_key has no equivalent'],
  ['authorized_key: { user: a, key: https://github.com/a.keys }', 'the key is fetched from an address'],
  ['apt: { upgrade: dist }', 'it upgrades all packages'],
  ['apt: { name: nginx=1.2* }', 'a version or a pattern of packages is asked for'],
  // To YAML 1.1 the key is true, which Ansible finds under that alone.
  ...[
    '{{ keys_of.True }}',
    "{{ keys_of['True'] }}",
    '{{ keys_of[true] }}',
    "{{ 'x' if true in keys_of else 'y' }}",
  ].map((content): readonly [string, string] => [
    `copy: { dest: /a, content: "${content}" }\nvars: { keys_of: { on: 1, x: 2 } }`,
    'it asks for a key that is true, false or null, which is a text here',
  ]),
  [
    'copy: { dest: /a, content: "{{ keys_of | to_json }}" }\nvars: { keys_of: { on: 1, x: 2 } }',
    'a key of YAML that is true, false or null stands in its JSON',
  ],
  ['apt: autoremove=yes', 'autoremove: packages that nothing needs any more stay'],
  ['systemd: { daemon_reexec: yes }', 'daemon_reexec: systemd itself is not started anew'],
  ['pause: { prompt: Sure? }', 'prompt: it asks a person'],
  ['user: { name: a, password: x, password_lock: yes }', 'it sets a password, and locks it'],
  ['user: { name: a, password_lock: no }', 'password_lock: it opens a password that is locked'],
  ['apt: { deb: /tmp/a.deb }', 'its option deb has no equivalent'],
  [
    'file: { path: /a, state: directory, recurse: yes }',
    'recurse: true changes what is in the folder, whoever wrote it',
  ],
  ['file: { path: /a, mode: "0644" }', 'state: file changes a file that something else makes'],
  [
    'file: { path: "{{ item.p }}", state: directory, mode: "{{ item.m }}" }\nloop: [{ p: /a, m: "0755" }, { p: /b, m: "u=rwx,g=rx,o=" }]',
    'the mode u=rwx,g=rx,o= stands in a variable',
  ],
  ['file: { path: /a, state: directory, mode: g+w }', 'the mode g+w depends on what was there before'],
  ['copy: { content: a, dest: "{{ sub }}" }', 'whether dest is a folder depends on a variable'],
  [
    'file: { src: /a, dest: /b, state: link, owner: app }',
    'owner, group or mode of a link are those of what it points to',
  ],
  ['copy: { src: "{{ unknown }}", dest: /a }', 'src depends on a variable'],
  ['copy: { src: nowhere, dest: /a }', 'there is no file nowhere'],
  ['copy: { src: id, dest: /a }', 'the file id is secret'],
  ['copy: { src: a, dest: /a, remote_src: yes }', 'it copies a file of the host'],
  ['copy: { content: a, dest: /a, force: no }', 'force: false writes the file only where there is none'],
  [
    'lineinfile: { path: /a, regexp: "(a)", line: \'\\1\', backrefs: yes }',
    'backrefs: true keeps parts of the line that was there',
  ],
  ['lineinfile: { path: /a, regexp: "(?i)a", line: a }', "the regular expression (?i)a is one of Python's own"],
  [
    'lineinfile: { path: /a, line: a, state: absent, mode: "0600" }',
    'it sets owner or mode of a file that it takes a line from, or may take one from',
  ],
  ['lineinfile: { path: /a, line: "a\\nb" }', 'its line is more than one'],
  ['service: { name: a, enabled: maybe }', 'maybe is neither true nor false'],
  ['user: { name: a, uid: "0x10" }', 'uid is no whole number'],
  ['service: { name: a, state: restarted }', 'the service is restarted at each run'],
  ['cron: { name: a, job: "mail root%Hello" }', 'what follows % in its job is the standard input of the command'],
  [
    'cron: { name: a, job: "df {{ dir }} | grep 100%" }',
    'what follows % in its job is the standard input of the command',
  ],
  [
    'cron: { name: a, job: "{{ item }}" }\nloop: ["date +%F"]',
    'what follows % in its job is the standard input of the command',
  ],
  ['cron: { name: PATH, job: /bin, env: yes }', 'a disabled job, or a variable in a crontab, has no equivalent'],
  ['systemd: { name: a, masked: yes, enabled: no }', 'a unit that is masked cannot be enabled or disabled'],
  ['user: { name: a, state: gone }', 'the state gone has no equivalent'],
  ['copy: { src: "{{ item }}", dest: "/a" }\nloop: "{{ names }}"', 'src depends on a variable'],
  [
    'copy: { dest: /a, content: "{\\"dir\\":  \\"{{ dir }}\\"}" }',
    'its content begins like a list or mapping, which Ansible reads and writes anew as JSON',
  ],
  ['cron: { name: a, state: absent }', 'it removes a job from a crontab'],
  ['command: uptime', 'nothing tells whether it is done already'],
  ['shell: echo {{ db_password }} creates=/a', 'a secret would stand in its script'],
  [
    'command: { argv: [a, "{{ db_password }}"], creates: /a }',
    'a secret would stand in its arguments, where everyone on the host can read it',
  ],
  [
    'shell: "echo \\"$HOME/{{ dir }}\\" creates=/a"',
    'its script has a reference and an expansion of the shell in one text',
  ],
  [
    'shell: "for x in {{ names | join(\' \') }}; do touch $x; done"\nargs: { creates: /a }',
    'a reference stands for several words in its script',
  ],
  ['shell: "{{ cmd }} > /a"\nargs: { creates: /a }', 'a reference stands for a command in its script'],
  ['shell: "true && {{ cmd }}"\nargs: { creates: /a }', 'a reference stands for a command in its script'],
  ['shell: "id {{ names | join(\' \') }}"\nargs: { creates: /a }', 'a joined list stands for several words'],
  [
    'shell: "id ~{{ cmd }}"\nargs: { creates: /a }',
    'a reference touches quotes or other signs of the shell in its script',
  ],
  [
    'shell: "x=\\"$(id \\"{{ cmd }}\\")\\""\nargs: { creates: /a }',
    'a reference touches quotes or other signs of the shell in its script',
  ],
  [
    'shell: "cat <<E\\n{{ cmd }}\\nE"\nargs: { creates: /a }',
    'its script has references, and escapes, comments, arithmetic or a text of its own',
  ],
  ['command: id {{ names | join(" ") }} creates=/a', 'a joined list stands for several words'],
  ['command: touch $HOME/x creates=/a', 'its argument $HOME/x depends on the environment of who logs in'],
  ['command: touch /a creates="/a{{ cmd }}*"', 'creates or removes is a pattern with references in it'],
  ['docker_compose_v2: { project_src: /a, state: absent }', 'state: absent of a compose project has no equivalent'],
  ['docker_compose_v2: { project_src: /a, pull: always }', 'pull: always would do it at each run'],
  ['get_url: { url: https://a, dest: /a }', 'the module get_url has no equivalent'],
  ['group: { name: a }\ndelegate_to: b', 'it is done on another host (delegate_to)'],
  ['group: { name: a }\nignore_errors: yes', 'its failure does not count (ignore_errors)'],
  [
    'group: { name: a }\nwhen: ansible_memtotal_mb > 1000',
    'it reads the fact ansible_memtotal_mb, which roles are not told',
  ],
  ['group: { name: a }\nwith_fileglob: "*.x"', 'with_fileglob has no equivalent'],
  [
    'lineinfile: { path: /a, line: b, state: "{{ s }}", mode: "0600" }',
    'it sets owner or mode of a file that it takes a line from, or may take one from',
  ],
  ['group: { name: a }\ntags: [x, never]', 'it is done only where its tag is asked for (tags: never)'],
  ['group: { name: a }\ncheck_mode: yes', 'it only tells what it would do (check_mode)'],
  [
    'group: { name: a }\nnotify: x\nchanged_when: false',
    'what counts as a change is computed (changed_when), and so is whether it notifies',
  ],
  ['meta: end_play', 'meta: end_play has no equivalent'],
];

it('a drop-in is another file than its unit', () => {
  const { role } = importTasks(`- copy: { dest: /etc/systemd/system/a.service, content: "[Service]\\n" }
- copy: { dest: /etc/systemd/system/a.service.d/b.conf, content: "[Service]\\n" }
- lineinfile: { path: /etc/systemd/system/a.service.d/b.conf, line: A=1 }`);
  expect(role.left.map(({ why }) => why)).toEqual([
    "one task writes the file '/etc/systemd/system/a.service.d/b.conf' as a whole, and another one a line of it: see site.yml:5",
  ]);
});

describe('files that systemd reads', () => {
  const TOLD = ['daemon_reload: systemd is not told that this file has changed'];

  it.each<[task: string, resource: string, told: readonly string[]]>([
    [
      'copy: { dest: "/etc/systemd/system/{{ svc }}.service", content: a }',
      "systemdUnit({ name: `${params.svc}.service`, content: 'a' }),",
      [],
    ],
    [
      'template: { src: b.j2, dest: "/etc/systemd/system/{{ item }}@.timer", mode: "0644" }\nloop: "{{ tools }}"',
      '...params.tools.map((item) =>\n  systemdUnit({ name: `${item}@.timer`, content: templateText(`${FOLDER}/templates/b.hbs`) }),\n),',
      [],
    ],
    [
      'copy: { dest: "/etc/systemd/system/{{ svc }}", content: a }',
      "file({ path: `/etc/systemd/system/${params.svc}`, content: 'a' }),",
      TOLD,
    ],
    [
      'copy: { dest: /lib/systemd/system/a.service, content: a }',
      "file({ path: '/lib/systemd/system/a.service', content: 'a' }),",
      TOLD,
    ],
    [
      'copy: { dest: /etc/systemd/system/a.service, content: a, mode: "0600" }',
      "file({ path: '/etc/systemd/system/a.service', content: 'a', mode: '0600' }),",
      TOLD,
    ],
    [
      'lineinfile: { path: /etc/systemd/system/a.service, line: a }',
      "lineInFile({ path: '/etc/systemd/system/a.service', line: 'a' }),",
      TOLD,
    ],
    ['copy: { dest: "{{ unit }}", content: a }', "file({ path: params.unit, content: 'a' }),", TOLD],
    ['copy: { dest: "{{ app_unit_file }}", content: a }', "file({ path: params.app_unit_file, content: 'a' }),", TOLD],
    ['copy: { dest: "{{ other }}", content: a }', "file({ path: params.other, content: 'a' }),", []],
  ])('%s', (task, resource, told) => {
    const vars = `${VARS}\nunit: /etc/systemd/system/a.service`;
    const { role, resources } = importTasks(`${asItem(task)}\n- systemd: { daemon_reload: yes }`, vars, FILES);
    expect(role.left).toEqual([]);
    expect(role.omitted.map(({ why }) => why)).toEqual(told);
    expect(resources.replace(/^ *\/\/ NOT TAKEN OVER.*\n/gm, '')).toBe(resource);
  });
});

describe('what has no equivalent', () => {
  it.each(LEFT)('%s', (task, why) => {
    const { role, resources } = importTasks(asItem(task), 'dir: /srv\nsub: /srv/', {
      id: '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    });
    expect(role.left.map((left) => left.why)).toEqual([why]);
    expect(resources).toMatch(/^\/\/ NOT TRANSLATED: site\.yml:\d+ /);
    expect(resources).not.toMatch(/^[^/]/m);
  });
});

function asItem(task: string): string {
  return `- ${task.replaceAll('\n', '\n  ')}`;
}
