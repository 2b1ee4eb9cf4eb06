/** No option of a module is lost silently. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { summaryLines } from '../../src/import/summary.ts';
import { type Fate, MODULES } from './module-options.ts';
import { type Imported, importPlaybook, importTasks } from './workbench.ts';

const FILES = {
  'templates/a.j2': 'a {{ dir }}\n  {% if dir %}b{% endif %}\nc\n',
  'templates/b.j2': 'b\n',
  'files/b': 'b\n',
};

/** What was written, with the templates beside it. */
function written(task: string): Imported & { readonly all: string } {
  const imported = importTasks(`- ${task}`, 'dir: /srv', FILES);
  const templates = imported.role.files
    .filter((file) => file.endsWith('.hbs'))
    .map((file) => readFileSync(file, 'utf8'));
  return { ...imported, all: [imported.resources.replaceAll(/^ *\/\/.*\n/gm, ''), ...templates].join('\n') };
}

/** The base with that option in place of its own. */
function withOption(base: string, name: string, value: string): string {
  const others = base.split(/, (?=\w+: )/).filter((option) => {
    const takesPlace = [name, ...(name === 'src' ? ['content'] : []), ...(name === 'argv' ? ['cmd'] : [])];
    return !takesPlace.includes(option.replace(/:.*/s, ''));
  });
  return [...others, `${name}: ${value}`].join(', ');
}

function fateOf(name: string, before: ReturnType<typeof written>, after: ReturnType<typeof written>): Fate | 'lost' {
  if (after.role.left.length > 0) return after.resources.includes('NOT TRANSLATED') ? 'left' : 'lost';
  if (after.role.omitted.length > 0) {
    const isTold = after.role.omitted.every(({ why }) => why.startsWith(`${name}: `));
    return isTold && after.code.includes(`// NOT TAKEN OVER: site.yml:4 ${name}: `) ? 'without' : 'lost';
  }
  return after.all === before.all ? 'means nothing' : 'says';
}

describe.each(Object.entries(MODULES))('%s', (module, { base, options }) => {
  const before = written(`${module}: { ${base} }`);

  it.each(Object.entries(options))('%s', (name, [value, fate]) => {
    expect(fateOf(name, before, written(`${module}: { ${withOption(base, name, value)} }`))).toBe(fate);
  });
});

it('docs tell of each option that means nothing here, or that a task comes over without', () => {
  const docs = readFileSync(fileURLToPath(new URL('../../docs/from-ansible.md', import.meta.url)), 'utf8');
  const start = docs.indexOf('**Options.**');
  const section = docs.slice(start, docs.indexOf('\n**', start + 5));
  const named = Object.values(MODULES).flatMap(({ options }) =>
    Object.entries(options).flatMap(([name, [, fate]]) => (['means nothing', 'without'].includes(fate) ? [name] : [])),
  );
  expect([...new Set(named)].filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
});

it('handlers tell what they do without, and a loop that is unrolled tells it once', () => {
  const { role, code } = importPlaybook(
    `- hosts: all
  tasks:
    - copy: { src: "{{ item }}", dest: "/etc/{{ item }}", backup: yes }
      loop: [b, c]
      notify: again
  handlers:
    - name: again
      service: { name: a, state: restarted, enabled: yes }
`,
    { 'files/b': 'b', 'files/c': 'c' },
  );
  expect(role.left).toEqual([]);
  expect(code).toContain(
    "    // NOT TAKEN OVER: site.yml:7 enabled: a handler does not enable it\n    const handlerAgain = restartService('a');",
  );
  expect(summaryLines([role]).filter((line) => line.includes('site.yml'))).toEqual([
    '  site.yml:3  backup: what the file held before is not kept',
    '  site.yml:7  enabled: a handler does not enable it',
  ]);
});
