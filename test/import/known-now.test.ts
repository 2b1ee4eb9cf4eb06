/** What must be known when a playbook is imported: files and handlers that constants and items of loops name. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importPlaybook } from './workbench.ts';

const HANDLERS = `  handlers:
    - { name: restart cron, service: { name: cron, state: restarted } }
    - { name: restart web, service: { name: web, state: restarted } }
    - { name: "restart {{ other }}", service: { name: c, state: restarted }, vars: { other: the thing } }
`;

function play(tasks: string, vars = ''): string {
  return `- hosts: all\n  vars: { svc: cron${vars} }\n  tasks:\n    ${tasks.replaceAll('\n', '\n    ')}\n${HANDLERS}`;
}

describe('handlers', () => {
  it.each([
    ['a constant', '- copy: { dest: /a, content: a }\n  notify: "restart {{ svc }}"', '{ notify: restartCron }'],
    [
      'a name with a reference',
      '- copy: { dest: /a, content: a }\n  notify: restart the thing',
      '{ notify: restartOther }',
    ],
    [
      'an item',
      '- copy: { dest: "/{{ item }}", content: a }\n  notify: "restart {{ item }}"\n  loop: [cron, web]',
      "file({ path: '/cron', content: 'a' }, { notify: restartCron }),\nfile({ path: '/web', content: 'a' }, { notify: restartWeb }),",
    ],
    [
      'a field of an item',
      '- group: { name: "{{ item.g }}" }\n  notify: "restart {{ item.h }}"\n  loop: [{ g: a, h: web }]',
      "group({ name: 'a' }, { notify: restartWeb }),",
    ],
  ])('are found by %s', (_, tasks, code) => {
    const { role, resources } = importPlaybook(play(tasks));
    expect(role).toMatchObject({ left: [], notes: [] });
    expect(resources).toContain(code);
  });

  it.each(['"restart {{ elsewhere }}"', '["restart cron", "{{ elsewhere }}"]'])(
    'that nobody knows now: %s',
    (notify) => {
      const { role, code } = importPlaybook(play(`- copy: { dest: /a, content: a }\n  notify: ${notify}`));
      expect(role.left).toMatchObject(
        [{ why: 'which handler it notifies depends on a variable (notify)' }, {}].slice(0, role.left.length),
      );
      expect(role.left.length).toBeGreaterThan(0);
      expect(code).not.toContain('elsewhere:');
    },
  );

  it('leaves no constant behind that nothing reads', () => {
    expect(importPlaybook(play('- copy: { dest: /a, content: a }\n  notify: "restart {{ svc }}"')).code).not.toContain(
      'svcValue',
    );
  });
});

describe('files', () => {
  it('of a loop know its item', () => {
    const tasks = '- template: { src: "{{ item }}.j2", dest: "/srv/{{ item }}" }\n  with_items: [one, two]';
    const { role, resources, code } = importPlaybook(play(tasks), {
      'templates/one.j2': 'I am {{ item }}.\n',
      'templates/two.j2': 'I am {{ item }} {{ svc }}.\n',
    });
    expect(role.left).toEqual([]);
    expect(code).toContain('params: z.object({})');
    expect(resources).toContain('vars: { svc: svcValue }');
    const texts = role.files
      .filter((file) => file.endsWith('.hbs') && existsSync(file))
      .map((file) => readFileSync(file, 'utf8'));
    expect(texts.sort()).toEqual(['I am one.\n', 'I am two {{svc}}.\n']);
  });

  it('of a loop know the fields of its item', () => {
    const tasks =
      '- template: { src: "{{ item.t }}.j2", dest: "/srv/{{ item.n }}" }\n  loop: [{ t: a, n: x, p: 1 }, { t: a, n: y, p: 2 }]';
    const { resources, code } = importPlaybook(play(tasks), { 'templates/a.j2': '{{ item.n }} {{ item.p }}\n' });
    expect(code).toContain("const itemValue: { t: string; n: string; p: number } = { t: 'a', n: 'x', p: 1 };");
    expect(resources).toContain(
      "template({ path: '/srv/y', template: `${FOLDER}/templates/a.hbs`, vars: { item: itemValue2 } }),",
    );
  });

  it('of a loop over a constant of the play are known', () => {
    const tasks = '- copy: { src: "{{ item.src }}", dest: "{{ item.dest }}" }\n  with_items: "{{ confs }}"';
    const { role, resources } = importPlaybook(play(tasks, ', confs: [{ src: a.conf, dest: /etc/a }]'), {
      'a.conf': 'A\n',
    });
    expect(role.left).toEqual([]);
    expect(resources).toContain("file({ path: '/etc/a', content: readFileSync(`${FOLDER}/files/a.conf`, 'utf8') }),");
  });
});
