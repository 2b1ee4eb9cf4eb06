/** No keyword of a play, role, block or task is lost silently. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { summaryLines } from '../../../src/import/summary.ts';
import { FATES, type Fate, GONE, OF_STRUCTURE } from '../keyword-fates.ts';
import { type Imported, importPlaybook } from '../workbench.ts';

type Place = keyof typeof FATES;

const WORK = 'command: "touch {{ x }}", args: { creates: /srv/x }';

/** A playbook with that keyword in that place. */
function playbook(place: Place, keyword: string): string {
  const also = keyword === '' ? '' : `, ${keyword}`;
  const line = keyword === '' ? '' : `\n  ${keyword}`;
  const tasks: Readonly<Record<Place, string>> = {
    play: `  tasks: [{ ${WORK} }]`,
    role: `  roles: [{ role: r${also} }]`,
    block: `  tasks: [{ block: [{ ${WORK} }]${also} }]`,
    task: `  tasks: [{ ${WORK}${also} }]`,
  };
  return `- hosts: all${place === 'play' ? line : ''}\n${tasks[place]}\n`;
}

function imported(place: Place, keyword: string): Imported {
  return importPlaybook(playbook(place, keyword), {
    'roles/r/tasks/main.yml': `- { ${WORK} }\n`,
    'group_vars/all.yml': 'x: /srv/x\nwanted: true\n',
  });
}

/** What is done: without comments, and what a play is called. */
function code(found: Imported): string {
  const [, role = ''] = found.code.split('export default');
  return found.role.left.length > 0 ? found.code : role.replaceAll(/site\.yml:\d+/g, '');
}

function fateOf(name: string, before: Imported, after: Imported): Fate | 'lost' {
  if (after.role.left.length > 0) return code(after).includes('NOT TRANSLATED') ? 'left' : 'lost';
  if (after.role.omitted.length > 0) {
    const isTold = after.role.omitted.every(({ why }) => why.startsWith(`${name}: `));
    const isInSummary = summaryLines([after.role]).some((line) => line.includes(`  ${name}: `));
    return isTold && isInSummary && after.code.includes(` ${name}: `) && after.code.includes('// NOT TAKEN OVER: ')
      ? 'without'
      : 'lost';
  }
  return code(after) === code(before) ? 'means nothing' : 'says';
}

describe.each(Object.entries(FATES))('%s', (place, fates) => {
  const before = imported(place as Place, '');

  it.each(Object.entries(fates))('%s', (name, [value, fate]) => {
    expect(fateOf(name, before, imported(place as Place, `${name}: ${value}`))).toBe(fate);
  });
});

it('docs tell of each keyword that means nothing here, or that tasks come over without', () => {
  const docs = readFileSync(fileURLToPath(new URL('../../../docs/from-ansible.md', import.meta.url)), 'utf8');
  const start = docs.indexOf('**Keywords.**');
  const section = docs.slice(start, docs.indexOf('\n**', start + 5));
  const named = Object.values(FATES).flatMap((fates) =>
    Object.entries(fates).flatMap(([name, [, fate]]) => (['means nothing', 'without'].includes(fate) ? [name] : [])),
  );
  const missing = [...new Set(named)].filter((name) => !GONE.includes(name) && !section.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

const { stdout, error } = spawnSync('ansible-doc', ['-t', 'keyword', '-l'], { encoding: 'utf8' });

it.skipIf(error !== undefined)('no keyword of Ansible is forgotten (needs ansible-doc)', () => {
  const known = new Set([...Object.values(FATES).flatMap((fates) => Object.keys(fates)), ...OF_STRUCTURE, ...GONE]);
  const documented = stdout.split('\n').flatMap((line) => /^([a-z_]+): /.exec(line)?.[1] ?? []);
  expect(documented.length).toBeGreaterThan(60);
  expect(documented.filter((name) => !known.has(name))).toEqual([]);
});

describe('what holds for several tasks', () => {
  it('environment and defaults of modules add up, and what is nearer counts', () => {
    const { resources, role } = importPlaybook(`- hosts: all
  environment: { A: play, B: play }
  module_defaults:
    ansible.builtin.file: { owner: games, mode: "0700" }
    command: { chdir: /srv }
  tasks:
    - block:
        - command: touch a creates=/srv/a
          environment: { C: task }
        - file: { path: /srv/b, state: directory }
        - file: { path: /srv/c, state: directory, mode: "0755" }
          module_defaults: { file: { group: adm } }
        - { apt: { name: nginx, state: present } }
      environment: { B: block }
`);
    expect(role.left).toEqual([]);
    expect(resources.replaceAll(/\s+/g, ' ')).toContain("environment: { A: 'play', B: 'block', C: 'task' }");
    expect(resources).toContain("cwd: '/srv'");
    expect(resources).toContain("directory({ path: '/srv/b', owner: 'games', mode: '0700' })");
    expect(resources).toContain("directory({ path: '/srv/c', group: 'adm', mode: '0755' })");
    expect(role.omitted.map(({ why }) => why)).toEqual(['environment: packages are fetched and set up without it']);
  });

  it('what an include applies holds for its tasks, with conditions and variables', () => {
    const { resources, role } = importPlaybook(
      `- hosts: all
  tasks:
    - include_role:
        name: r
        apply: { environment: { A: b }, when: wanted, vars: { x: /srv/y } }
    - include_role: { name: r, apply: { check_mode: true } }
`,
      { 'roles/r/tasks/main.yml': `- { ${WORK} }\n` },
    );
    expect(role.left.map(({ why }) => why)).toEqual(['it only tells what it would do (check_mode)']);
    expect(resources).toContain('...(params.wanted\n');
    expect(resources).toContain("'/srv/y'");
    expect(resources).toContain("environment: { A: 'b' }");
  });

  it('a handler has the environment of its play', () => {
    const { code: all, role } = importPlaybook(`- hosts: all
  environment: { A: "it's" }
  tasks:
    - copy: { dest: /etc/a, content: a }
      notify: [one, two]
  handlers:
    - { name: one, shell: echo $A }
    - { name: two, command: echo b }
`);
    expect(role.left).toEqual([]);
    expect(all).toContain('script: sh`export A=${"it\'s"}; echo $A`');
    expect(all).toContain("script: sh`export A=${\"it's\"}; ${['echo', 'b']}`");
  });

  it('a play for this machine may say connection: local', () => {
    const { role } = importPlaybook(
      '- hosts: localhost\n  connection: local\n  tasks: [{ file: { path: /srv/a, state: directory } }]\n',
    );
    expect(role.left).toEqual([]);
    expect(role.notes.map(({ why }) => why)).toEqual(['the play is for this machine']);
  });

  it('a look whose failure does not count is left out as any other', () => {
    const { role } = importPlaybook(
      '- hosts: all\n  tasks: [{ command: test -e /a, changed_when: false, failed_when: false, register: x }]\n',
    );
    expect(role.left).toEqual([]);
    expect(role.notes).toHaveLength(1);
  });
});
