/** What params take: whatever Ansible takes for them, as texts from `-e` and INI files. */
import { describe, expect, it } from 'vitest';
import { fields } from '../../src/index.ts';
import { importTasks } from './workbench.ts';

function paramsOf(tasks: string, defaults = ''): string {
  return /params: z\.object\((.*?)\),\n {2}resources/s.exec(importTasks(tasks, defaults).code)?.[1] ?? '';
}

function content(text: string): string {
  return `- copy: { dest: /a, content: '${text}' }`;
}

describe('params', () => {
  it.each([
    ['{{ port }}.', 'port: 80', '{ port: fields.number().default(80) }'],
    ['{{ port | int }}.', 'port: 80', '{ port: fields.number().default(80) }'],
    ['{{ swappiness }}.', '', '{ swappiness: fields.text() }'],
    ['{{ name }}.', 'name: x', "{ name: fields.text().default('x') }"],
    ['{{ list | join(",") }}.', 'list: [1, 2]', '{ list: z.array(fields.number()).default([1, 2]) }'],
    ['{{ flag | bool }}.', 'flag: no', '{ flag: z.union([z.string(), z.number(), z.boolean()]).default(false) }'],
    ['{{ "a" if port | int == 80 else "b" }}.', 'port: 80', '{ port: fields.number().default(80) }'],
    ['{{ "a" if port | int > 1024 else "b" }}.', '', '{ port: fields.number() }'],
    ['{{ "a" if port | int else "b" }}.', '', '{ port: fields.number() }'],
    ['{% if port | int == 80 %}a{% endif %}.', 'port: 80', '{ port: fields.number().default(80) }'],
    ['{{ "a" if port | int == 80 or port == 81 else "b" }}.', 'port: 80', '{ port: z.number().default(80) }'],
    // What is compared, or asked for its truth, is not the same as a text.
    ['{{ "a" if port == 80 else "b" }}.', 'port: 80', '{ port: z.number().default(80) }'],
    ['{{ "a" if name else "b" }}.', 'name: x', "{ name: z.string().default('x') }"],
    ['{{ "a" if flag else "b" }}.', 'flag: no', '{ flag: z.boolean().default(false) }'],
    ['{{ list | to_json }}.', 'list: [a]', "{ list: z.array(z.string()).default(['a']) }"],
  ])('for %s, %s', (text, defaults, schema) => {
    expect(paramsOf(content(text), defaults)).toBe(schema);
  });

  it('are not asked for a number where a condition compares the one that is made of them', () => {
    const { code, resources } = importTasks('- group: { name: a }\n  when: port | int > 1024');
    expect(code).toContain('params: z.object({ port: fields.number() })');
    expect(resources).toContain("...(params.port > 1024 ? [group({ name: 'a' })] : []),");
  });

  it('ask words for their truth where the role does', () => {
    const { resources } = importTasks(
      '- group: { name: a }\n  when: flag | bool\n- group: { name: b }\n  when: flag',
      'flag: no',
    );
    expect(resources).toContain("...(isTrue(params.flag) ? [group({ name: 'a' })] : []),");
    expect(resources).toContain("...(Boolean(params.flag) ? [group({ name: 'b' })] : []),");
  });

  it('that some hosts alone read need not be set for others', () => {
    const { role, code, resources } = importTasks(
      '- group: { name: "{{ rh }}" }\n  when: ansible_os_family == "RedHat"\n- group: { name: "{{ both }}" }\n  when: ansible_os_family == "RedHat"\n- group: { name: "x{{ both }}{{ asked }}" }\n',
    );
    expect(code).toContain(
      'params: z.object({ rh: fields.text().optional(), both: fields.text(), asked: fields.text() })',
    );
    expect(resources).toContain("group({ name: needed(params.rh, 'rh') })");
    expect(resources).toContain('group({ name: params.both })');
    expect(role.params.filter(({ isRequired }) => isRequired).map(({ name }) => name)).toEqual(['both', 'asked']);
  });

  it.each([
    ['rh', '{{ rh }}', "needed(params.rh, 'rh').map((item) => group({ name: item }))"],
    ['names', '{{ rh.names }}', "needed(params.rh, 'rh').names"],
    ['default', '{{ rh | default([]) }}', '(params.rh ?? [])'],
  ])('need not set the list of a loop for hosts of another family: %s', (_, list, loop) => {
    const { role, resources } = importTasks(
      `- when: ansible_os_family != "Debian"\n  block:\n    - group: { name: "{{ item }}" }\n      loop: "${list}"`,
    );
    expect(role.params).toMatchObject([{ name: 'rh', isRequired: false }]);
    expect(resources).toContain(loop);
  });

  it.each([
    ['- group: { name: "{{ item }}" }\n  loop: "{{ all }}"'],
    ['- group: { name: "{{ item }}" }\n  loop: "{{ all }}"\n  when: wanted'],
    // Ansible must know the items to know the condition.
    ['- group: { name: "{{ item.name }}" }\n  loop: "{{ all }}"\n  when: item.family == ansible_os_family'],
  ])('must set the list of another loop: %s', (tasks) => {
    const { role } = importTasks(tasks, 'wanted: true');
    expect(role.params.find(({ name }) => name === 'all')).toMatchObject({ isRequired: true });
  });

  it.each([
    ['80', 80],
    ['-1.5', -1.5],
    [80, 80],
  ])('a number is taken from %j', (given, value) => {
    expect(fields.number().parse(given)).toBe(value);
  });

  it.each(['080', '1e3', ' 5', '0x10', '1.50', '-0', 'a', '', true])('no number is %j', (given) => {
    expect(fields.number().safeParse(given).success).toBe(false);
  });

  it.each([
    [2.5, '2.5'],
    [-0.0001, '-0.0001'],
    ['8.0', '8.0'],
  ])('a text is taken from %j', (given, value) => {
    expect(fields.text().parse(given)).toBe(value);
  });

  // `8` may have been written `8.0`, and Python prints 1e-05 for the last one.
  it.each([8, 0, 10, 0.00001])('no text is the number %j, which Ansible may print otherwise', (given) => {
    expect(fields.text().safeParse(given).success).toBe(false);
  });

  it('a text is taken from no truth value', () => {
    expect(fields.text().safeParse(true).success).toBe(false);
  });
});
