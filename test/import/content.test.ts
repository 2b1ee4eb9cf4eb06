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
});
