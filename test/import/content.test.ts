/** How the content of a file ends: Ansible drops and adds line breaks behind what it fills in. */
import { describe, expect, it } from 'vitest';
import { importPlaybook, importTasks } from './workbench.ts';

const DEFAULTS = 'extra: ""\nport: 80\nwanted: true\nsum: "{{ port + 1 }}"\nlist: [a]\napi_token: x1y2z3a4\n';

describe('the end of a content', () => {
  it.each([
    ['x {{ extra }}\\n', '`x ${ended(params.extra)}`'],
    ['x\\n{{ extra }}\\n', "`x\\n${ended(params.extra, '')}`"],
    ['x\\n{{ extra }}\\n\\n', "`x\\n${ended(params.extra, '')}\\n`"],
    ['{{ extra }}\\n', 'ended(params.extra)'],
    ['x {{ port }}\\n', '`x ${params.port}\\n`'],
    ['{{ extra }}{{ port }}\\n', '`${params.extra}${params.port}\\n`'],
    ['{{ ansible_distribution_release }}\\n', '`${facts.codename}\\n`'],
    ['{{ list | join(",") }}\\n', "ended(params.list.join(','))"],
    ['{{ api_token }}\\n', 'text`${params.api_token}\\n`'],
    // A name alone: numbers and truth values come without the line break, but for what was computed to one.
    ['{{ port }}\\n', 'String(params.port)'],
    ['{{ wanted }}\\n', "params.wanted ? 'True' : 'False'"],
    ['{{ port }}\\n\\n', '`${params.port}\\n\\n`'],
    ['{{ sum }}\\n', '`${sumValue}\\n`'],
    // Line breaks of Windows are Jinja's where something is filled in.
    ['x\\r\\n{{ port }}\\r\\ny\\r\\n\\r\\n', '`x\\n${params.port}\\ny\\n`'],
    ['x\\r\\ny\\r\\n', "'x\\r\\ny\\r\\n'"],
    ['{{ port }}\\r\\n', '`${params.port}\\n`'],
  ])('%s', (content, code) => {
    const { resources, role } = importTasks(
      `- copy: { dest: /a, content: "${content.replaceAll('"', '\\"')}" }`,
      DEFAULTS,
    );
    expect(role.left).toEqual([]);
    expect(resources).toContain(`content: ${code} }`);
  });

  // Between braces of a playbook Ansible doubles backslashes: they escape nothing there, and do in conditions and files.
  it.each([
    ['- copy: { dest: /a, content: \'{{ list | join("\\n") }}\' }', "params.list.join('\\\\n')"],
    [
      '- copy: { dest: /a, content: \'{{ extra | replace("\\\\", "/") }}\' }',
      "params.extra.replaceAll('\\\\\\\\', '/')",
    ],
    ['- copy: { dest: /a, content: \'{{ "a\\tb" }}\' }', "'a\\\\tb'"],
    ["- copy: { dest: /a, content: a }\n  when: extra == 'a\\tb'", "params.extra === 'a\\tb'"],
  ])('%s', (task, code) => {
    expect(importTasks(task, DEFAULTS).resources).toContain(code);
  });

  it('reads backslashes of a content with statements in the same way', () => {
    const task = '- copy: { dest: /a, content: \'{% if extra == "a\\tb" %}{{ list | join("\\t") }}{% endif %}\' }';
    const { resources } = importTasks(task, DEFAULTS);
    expect(resources).toContain("params.extra === 'a\\tb'");
    expect(resources).toContain("params.list.join('\\\\t')");
  });

  it('is told where a secret ends it, and marked where it cannot be known', () => {
    const { role } = importTasks('- copy: { dest: /a, content: "{{ api_token }}\\n" }', DEFAULTS);
    expect(role.notes).toContainEqual(expect.objectContaining({ why: 'a secret is the last word of a file' }));
    const { role: marked } = importTasks(
      '- copy: { dest: /a, content: "{{ port }}{{ extra }}{{ extra }}\\n" }',
      DEFAULTS,
    );
    expect(marked.left).toMatchObject([{ why: 'how it ends depends on whether its last value is empty' }]);
  });

  it('is known of a constant', () => {
    const { code } = importPlaybook(
      '- hosts: all\n  vars: { a: x, b: "y\\n" }\n  tasks:\n    - copy: { dest: /a, content: "{{ a }}\\n" }\n    - copy: { dest: /b, content: "{{ b }}\\n" }\n',
    );
    expect(code).toContain('content: `${aValue}\\n` }');
    expect(code).toContain('content: ended(bValue) }');
  });

  const TYPE = 'whether the file ends in a line break depends on the type of x in Ansible';

  function typesTold(tasks: string, vars = '', playVars = ''): readonly string[] {
    const { role } = importPlaybook(
      `- hosts: all\n  roles: [base]\n  vars: { other: 80, ${playVars} }\n  tasks:\n${tasks.replaceAll(/^/gm, '    ')}\n`,
      { 'roles/base/defaults/main.yml': `${vars}\n` },
    );
    expect(role.left).toEqual([]);
    return role.notes.flatMap(({ why, hint }) => (why.startsWith(TYPE) && hint === undefined ? [why] : []));
  }

  const ALONE = '- copy: { dest: /a, content: "{{ x }}\\n" }';

  it.each([
    ['what the inventory sets', ALONE, '', ''],
    ['a default', ALONE, 'x: 8080', ''],
    ['a default that is a text', ALONE, 'x: a', ''],
    ['a default that is a truth value', ALONE, 'x: true', ''],
    ['what is asked for bool', `${ALONE}\n- group: { name: a }\n  when: x | bool`, 'x: true', ''],
    ['what refers to another one', ALONE, 'x: "{{ y }}"\ny: 80', ''],
    ['what a task sets to a word', `- set_fact: { x: "yes" }\n${ALONE}`, '', ''],
    ['what a task has, and refers to another one', `${ALONE}\n  vars: { x: "{{ y }}" }`, 'y: 80', ''],
    [
      'the item of a list that is a variable',
      `${ALONE}\n  loop: "{{ y }}"\n  loop_control: { loop_var: x }`,
      'y: [1]',
      '',
    ],
  ])('is told to depend on the type of %s', (_, tasks, vars, playVars) => {
    expect(typesTold(tasks, vars, playVars)).toHaveLength(1);
  });

  it.each([
    ['a number', ALONE, 'x: 8080'],
    ['a number with a point', ALONE, 'x: 8.0'],
    ['a text', ALONE, 'x: "8080"'],

    ['a truth value', ALONE, 'x: true'],
    ['a number of the task', `${ALONE}\n  vars: { x: 8080 }`, ''],
    ['an item that is written out', `${ALONE}\n  loop: [1, "2", true]\n  loop_control: { loop_var: x }`, ''],
    ['no name alone', '- copy: { dest: /a, content: "{{ x }} {{ x }}\\n" }', ''],
    ['a fact', '- copy: { dest: /a, content: "{{ ansible_distribution_major_version }}\\n" }', ''],
  ])('is known of %s', (_, tasks, playVars) => {
    expect(typesTold(tasks, '', playVars)).toEqual([]);
  });

  it('has the line break where the variable of a task refers to a number: that is a text', () => {
    const { resources } = importTasks(`${ALONE}\n  vars: { x: "{{ port }}" }`, DEFAULTS);
    expect(resources).toContain('content: `${params.port}\\n` }');
  });
});
