/** Names that a playbook chooses become names of TypeScript, and then mean nothing else. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ASSUMED_FACTS } from '../../../src/engine/facts.ts';
import type { RoleDefinition } from '../../../src/engine/role.ts';
import { importRoles } from '../../../src/import/import.ts';
import * as api from '../../../src/index.ts';

/** What the resources of an imported playbook are on the host web1, as the engine is told. */
async function desired(
  playbook: string,
  files: Readonly<Record<string, string>> = {},
): Promise<readonly Record<string, unknown>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'provision-import-'));
  for (const [name, text] of Object.entries({ ...files, 'site.yml': playbook })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const [role] = importRoles({ path: join(folder, 'site.yml'), folder: join(folder, 'out'), force: false });
  expect(role?.left).toEqual([]);
  const { default: definition } = (await import(join(folder, 'out/site.ts'))) as { default: RoleDefinition };
  const resources = definition.resources({
    params: definition.params.parse({}) as never,
    facts: ASSUMED_FACTS,
    host: 'web1',
    secret: () => {
      throw new Error('no secrets');
    },
    localPath: (file) => file,
    peers: () => [],
  });
  return resources.map((resource) => ({
    ...(resource.desired as Record<string, unknown>),
    notify: resource.notify.map(({ id }) => id),
  }));
}

const WORDS = [
  ...'host params facts secret peers localPath FOLDER readFileSync position all entry key value letter each item'.split(
    ' ',
  ),
  ...'package interface private protected public static default class new function import await enum yield let'.split(
    ' ',
  ),
  ...'arguments eval this var typeof delete void null_ undefined Object String Number JSON Map Math Boolean'.split(' '),
  ...'nodesValue pythonText commaSeparated z sh'.split(' '),
  ...Object.keys(api).filter((name) => name !== 'default'),
];

/** Their values are none for the inventory to hold as they are. */
const SECRETS = /secret/i;

describe.each([...new Set(WORDS)])('%s', (word) => {
  it('is the item of a loop, and a place in it', async () => {
    const found = await desired(`- hosts: all
  vars: { nodes: [a, b, web1] }
  tasks:
    - file: { path: "/srv/{{ ${word} }}-{{ n }}-{{ inventory_hostname }}", state: directory }
      loop: "{{ nodes }}"
      loop_control: { loop_var: ${word}, index_var: n }
      when: ${word} != inventory_hostname
    - copy: { content: "{{ m }}", dest: "/srv/{{ m }}-{{ ${word} }}" }
      loop: "{{ nodes }}"
      loop_control: { loop_var: m, index_var: ${word} }
`);
    expect(found.map(({ path }) => path)).toEqual([
      '/srv/a-0-web1',
      '/srv/b-1-web1',
      '/srv/a-0',
      '/srv/b-1',
      '/srv/web1-2',
    ]);
  });

  it('is what a template goes through, within a loop and another one', async () => {
    const [found] = await desired(
      `- hosts: all
  vars: { nodes: [a, web1], both: { k: v } }
  tasks:
    - template: { src: t.j2, dest: "/etc/{{ item }}" }
      loop: [one]
`,
      {
        'templates/t.j2': `{% for ${word} in nodes if ${word} != inventory_hostname %}
{{ ${word} }} {{ inventory_hostname }} {{ loop.index }} {{ loop.last }}
{% for other in nodes %}
{{ ${word} }} {{ other }} {{ loop.index }}{{ loop.length }}
{% endfor %}
{% endfor %}
{% for ${word}, other in both.items() %}
{{ ${word} }} {{ other }} {{ nodes | length }} {{ item if '${word}' != 'item' else 'one' }}
{% endfor %}
{% for other, ${word} in both.items() %}
{{ other }} {{ ${word} }}
{% endfor %}
end
`,
      },
    );
    expect(String(found?.content)).toBe('a web1 1 True\na a 12\na web1 22\nk v 2 one\nk v\nend\n');
  });

  it.skipIf(SECRETS.test(word))('is a variable, and the name of a handler', async () => {
    const found = await desired(`- hosts: all
  vars: { ${word}: x, ${word}_value: y }
  tasks:
    - copy: { content: "{{ ${word} }}{{ ${word}_value }}{{ inventory_hostname }}", dest: /etc/a }
      notify: ["${word}", "${word} value", "a ${word}"]
  handlers:
    - { name: "${word}", service: { name: a, state: restarted } }
    - { name: "${word} value", service: { name: b, state: restarted } }
    - { name: "a ${word}", service: { name: c, state: restarted } }
`);
    expect(found).toMatchObject([{ content: 'xyweb1', notify: ['restart a', 'restart b', 'restart c'] }]);
  });
});

it('what a task computes of its item stays what it was in a loop of its template', async () => {
  const [found] = await desired(
    `- hosts: all
  tasks:
    - template: { src: t.j2, dest: /etc/a }
      vars: { title: "of {{ item }}" }
      loop: [one]
`,
    { 'templates/t.j2': '{% for item in [1, 2] %}\n{{ item }} {{ title }}\n{% endfor %}\nend\n' },
  );
  expect(String(found?.content)).toBe('1 of one\n2 of one\nend\n');
});

it.each([
  ['authorized keys', 'authorizedKeys'],
  ['restart service', 'restartService'],
  ['cluster nodes value', 'clusterNodesValue'],
])('a handler %s beside what is called %s', async (name) => {
  const found = await desired(`- hosts: all
  vars: { cluster_nodes: [a] }
  tasks:
    - authorized_key: { user: root, key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDVhP+crDix4fJFZeHJOtAebOifFXRDygeGKu1uLjZs+ a" }
      notify: "${name}"
    - file: { path: "/srv/{{ item }}", state: directory }
      loop: "{{ cluster_nodes }}"
  handlers:
    - { name: "${name}", service: { name: a, state: restarted } }
`);
  expect(found).toMatchObject([{ notify: ['restart a'] }, { path: '/srv/a' }]);
});

it('a reference in creates that stands behind a command is kept whole', async () => {
  const found = await desired(`- hosts: all
  vars: { a: 1 }
  tasks:
    - command: touch /srv/{{ a }}x creates=/srv/x{{ a }}
`);
  expect(found).toMatchObject([{ argv: ['touch', '/srv/1x'], creates: '/srv/x1' }]);
});
