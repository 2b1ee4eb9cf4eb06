import { stripTypeScriptTypes } from 'node:module';
import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import type { Code } from '../../../src/import/code/code.ts';
import { HELPERS } from '../../../src/import/code/constants.ts';
import { layOut } from '../../../src/import/code/layout.ts';
import { createNames } from '../../../src/import/code/names.ts';
import { shapeNamed } from '../../../src/import/code/shapes.ts';
import type { Scope } from '../../../src/import/jinja/expressions.ts';
import { translateTemplate } from '../../../src/import/jinja/handlebars.ts';
import { templateText } from '../../../src/resources/templates/template.ts';
import { templateHelpers } from '../../../src/resources/templates/template-helpers.ts';

const VALUES = {
  name: 'web',
  port: 80,
  on: true,
  off: false,
  list: ['a', 'b'],
  none: [] as string[],
  servers: [
    { name: 'x', ports: [1, 2] },
    { name: 'y', ports: [3] },
  ],
  map: { k: 'v', l: 'w' },
  empty: '',
  line: 'keep 60\n',
};

const scope: Scope = {
  parameter: createNames().parameter,
  lookUp: (name): Code => ({ code: name, shape: shapeNamed(name, VALUES[name as keyof typeof VALUES]), isAtom: true }),
  fileContent: () => {
    throw new Error('no file');
  },
  need: () => undefined,
};

const ENDED = stripTypeScriptTypes(HELPERS.ended?.code ?? '');
const OPTIONS = { trimBlocks: true, lstripBlocks: false };

/** What Jinja makes of the template with Ansible's settings, which ours must be filled in to as well. */
describe('templates', () => {
  it.each<[jinja: string, text: string]>([
    ['plain {text} $x\n', 'plain {text} $x\n'],
    ['{{ name }}:{{ port }}{{ port }}', 'web:8080'],
    // Line breaks of Windows become those of Jinja; of several at the end Ansible counts one.
    ['a\r\n{{ port }}\r\nb\r\n', 'a\n80\nb\n'],
    ['a\r\n{% if on %}\r\nb\r\n{% endif %}\r\nc\r{{ port }}\r\n\r\n', 'a\nb\nc\n80\n'],
    ['a{{ port }}\r', 'a80'],
    ['#jinja2: lstrip_blocks: True\r\na\r\n  {% if on %}\r\nb\r\n  {% endif %}\r\n', 'a\nb\n'],
    ['{{ on }} {{ 5 }} {{ "q" }}', 'True 5 q'],
    ['{% if on %}\nyes\n{% endif %}\nend\n', 'yes\nend\n'],
    ['{% if off %}\na\n{% elif port == 80 %}\nb\n{% else %}\nc\n{% endif %}\n', 'b\n'],
    ['a{% if on %}b{% endif %}\nc', 'abc'],
    ['  {% if on %}\n  b\n  {% endif %}\nc\n', '    b\n  c\n'],
    ['{% for x in list %}\n- {{ x }}\n{% endfor %}\n', '- a\n- b\n'],
    ['{% for x in list %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}\n', 'a, b\n'],
    ['{% for x in list -%}\n  {{ x }}\n{%- endfor %}\n!', 'ab!'],
    ['{% for i in range(1, 3) %}\n{{ loop.index }}{{ 10 * i }}{{ name }}\n{% endfor %}\n', '110web\n220web\n'],
    [
      '{% for s in servers %}\n{{ s.name }}{% for p in s.ports %} {{ p }}{% endfor %}\n\n{% endfor %}\n',
      'x 1 2\ny 3\n',
    ],
    ['{% for x in none %}\n{{ x }}\n{% else %}\nnothing\n{% endfor %}\n', 'nothing\n'],
    ['{% for x in list if x != "a" %}\n{{ x }}\n{% endfor %}\n', 'b\n'],
    ['{% for k, v in map.items() %}\n{{ k }}={{ v }}\n{% endfor %}\n', 'k=v\nl=w\n'],
    [
      '{% set x = name | upper %}\na {{ x }}\n{% for i in list %}\n{% set x = i %}\n{{ x }}\n{% endfor %}\n{{ x }}\n',
      'a WEB\na\nb\nWEB\n',
    ],
    ['{# a comment #}\nx {# another #} y\n', 'x  y\n'],
    ['{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
    ['a\n{% raw %}\n{{ x }}\n{% endraw %}\nb\n', 'a\n\n{{ x }}\nb\n'],
    // The first line is taken out, and what it says counts (do_template of Ansible's Templar).
    ['#jinja2: trim_blocks: False\na\n{% if on %}b{% endif %}\nc\n', 'a\nb\nc\n'],
    ['#jinja2: lstrip_blocks: True, trim_blocks: True\n  {% if on %}\n  b\n  {% endif %}\nc\n', '  b\nc\n'],
    ['#jinja2:lstrip_blocks:True\na\n{{ name }}  {% if on %}b{% endif %}\n', 'a\nweb  b\n'],
    // Ansible adds the line breaks that the template ends with.
    ['{% if off %}\na\n{% endif %}\n', '\n'],
    ['{% for x in none %}\n{{ x }}\n{% endfor %}\n', '\n'],
    ['{% for x in list %}\n{{ x }}\n{% endfor %}\n', 'a\nb\n'],
    ['x\n{% if off %}\na\n{% endif %}\n', 'x\n'],
    ['{% if on %}a{% else %}b{% endif %}\n\n', 'a\n\n'],
    ['{% if on %}a{% else %}\nb\n{% endif %}\n', 'a\n'],
    ['{% if off %}a{% else %}\nb\n{% endif %}\n', 'b\n'],
    // It adds none to a value that brings its own, and an empty one leaves what stands before it.
    ['a\n{{ empty }}\n', 'a\n'],
    ['a {{ empty }}\n', 'a \n'],
    ['{{ empty }}\n', '\n'],
    ['a\n{{ empty }}\n\n', 'a\n\n'],
    ['a\n\n{{ empty }}\n\n\n', 'a\n\n\n\n'],
    ['a\n{{ line }}\n', 'a\nkeep 60\n'],
    ['a {{ line }}\n\n', 'a keep 60\n\n'],
    ['a\n{% if on %}{{ empty }}{% endif %}\n', 'a\n'],
    ['a\n{% if on %}{{ line }}{% else %}{{ name }}{% endif %}\n', 'a\nkeep 60\n'],
    ['a\n{% if off %}{{ line }}{% else %}{{ name }}{% endif %}\n', 'a\nweb\n'],
    ['a {% if off %}{{ line }}{% endif %}\n', 'a \n'],
    ["{{ '}}' }} {{ name }}'s\n", "}} web's\n"],
    ["{{ '{{' }} x }}\n", '{{ x }}\n'],
    ['{{ list | join(" ") }} {{ name | upper }} {{ list | length }}\n', 'a b WEB 2\n'],
  ])('%j', (jinja, text) => {
    const { text: handlebars, vars } = translateTemplate(jinja, scope, OPTIONS);
    const names = Object.keys(VALUES);
    const values = new Function(...names, `${ENDED} return (${layOut(vars)});`)(...Object.values(VALUES));
    expect(templateText({ source: 'test', text: handlebars }, values)).toBe(text);
  });

  it.each([
    ...Object.keys(templateHelpers({} as never)),
    ...Object.keys(Handlebars.helpers),
    ...['this', 'else', 'null', 'undefined', 'as', '__proto__', 'constructor', 'toString', 'length'],
  ])('a name that means something to Handlebars is one of an item: %s', (name) => {
    const jinja = `{% for ${name} in list %}\n{{ ${name} }}{% if ${name} == 'a' %}!{% endif %}{% for x in list %}{{ ${name} }}{% endfor %}\n\n{% endfor %}\n`;
    const { text: handlebars, vars } = translateTemplate(jinja, scope, OPTIONS);
    const values = new Function('list', `return (${layOut(vars)});`)(['a', 'b']);
    expect(templateText({ source: 'test', text: handlebars }, values)).toBe('a!aa\nbbb\n');
  });

  it('drops blanks before statements where that is asked for', () => {
    const { text } = translateTemplate('  {% if on %}\n  b\n  {% endif %}\n', scope, {
      ...OPTIONS,
      lstripBlocks: true,
    });
    expect(text).toBe('{{#if on}}\n  b\n{{else}}\n\n{{/if}}\n');
  });

  it.each([
    ['a\n{% if on %}\n{% set x = 1 %}\n{% endif %}\n', 'line 3 sets a variable under a condition'],
    [
      "#jinja2: variable_start_string: '[%'\na\n",
      "its first line sets variable_start_string: '[%', which has no equivalent",
    ],
    ['a{%- raw %}b{% endraw %}', 'line 1 takes blanks away around raw text'],
    ['a {{ name }}{{ name }}\n', 'how it ends depends on whether its last value is empty'],
    ['{% for x in list %}a\n{% endfor %}{% for x in list %}b\n{% endfor %}\n', 'how it ends depends on its conditions'],
    ['x \\{{ port }}\n', 'a backslash stands before braces'],
    ['{% include "x" %}', 'line 1 has the statement include, which has no equivalent'],
    ['{{ port / 2 }}', 'a fraction that is computed is printed otherwise by Python'],
    ['{% if on %}', 'the template ends before endif'],
    ['{% for x in name %}{% endfor %}', 'it goes through something that is no list'],
    ['{{ list }}', 'a list or mapping stands where a text is meant'],
  ])('refuses %j', (jinja, message) => {
    expect(() => translateTemplate(jinja, scope, OPTIONS)).toThrow(message);
  });
});
