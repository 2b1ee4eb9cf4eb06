/** What written roles bring along does what Ansible does: the values beside are what its own functions gave. */
import { spawnSync } from 'node:child_process';
import { stripTypeScriptTypes } from 'node:module';
import { expect, it } from 'vitest';
import { HELPERS } from '../../../src/import/code/constants.ts';
import { renderScript, type Script, sh } from '../../../src/shell/sh.ts';

function helper(name: string): (...args: readonly unknown[]) => unknown {
  return new Function('sh', `${stripTypeScriptTypes(HELPERS[name]?.code ?? '')}; return ${name};`)(sh);
}

it.each<[name: string, args: readonly unknown[], value: unknown]>([
  ['commaSeparated', ['sudo,ops'], ['sudo', 'ops']],
  ['commaSeparated', [' sudo , ops,'], ['sudo', 'ops']],
  ['commaSeparated', [''], []],
  [
    'jsonText',
    [{ a: 'x', C: [1, true, null, 'é\n'], b: {} }],
    '{"a": "x", "C": [1, true, null, "\\u00e9\\n"], "b": {}}',
  ],
  [
    'jsonText',
    [{ b: 1, a: 'x', C: [1, []] }, 4],
    '{\n    "C": [\n        1,\n        []\n    ],\n    "a": "x",\n    "b": 1\n}',
  ],
  ['shellWord', ["it's"], `'it'"'"'s'`],
  ['shellWord', ['abc'], 'abc'],
  ['shellWord', [''], "''"],
  ['indented', ['a\nb\n\nc', 2], 'a\n  b\n\n  c'],
  ['indented', ['a\nb', 2, true], '  a\n  b'],
  ['modulo', [-7, 3], 2],
  // jinja2 3.1: {{ value | int }}, {{ value | int(7) }}
  ['wholeNumber', ['0x10'], 0],
  ['wholeNumber', ['0x10', 7], 7],
  ['wholeNumber', ['1_0'], 10],
  ['wholeNumber', ['1__0'], 0],
  ['wholeNumber', [' 5 '], 5],
  ['wholeNumber', ['1e3'], 1000],
  ['wholeNumber', ['-3.7'], -3],
  ['wholeNumber', ['+4'], 4],
  ['wholeNumber', [''], 0],
  ['wholeNumber', [' 1 0', 7], 7],
  ['wholeNumber', ['inf', 7], 7],
  ['wholeNumber', [true], 1],
  ['wholeNumber', [undefined, 7], 7],
  // The option `recurse` of ansible.builtin.file
  ['isSwitchedOn', ['y'], true],
  ['isSwitchedOn', [' Yes '], true],
  ['isSwitchedOn', ['T'], true],
  ['isSwitchedOn', ['off'], false],
  ['isSwitchedOn', [0], false],
  ['serviceState', ['started'], 'running'],
  ['plainWord', ['/srv/a-1'], '/srv/a-1'],
  ['octalMode', [0o640], '0640'],
  ['octalMode', [0o2770], '2770'],
  ['octalMode', ['00644'], '0644'],
  ['octalMode', ['644'], '644'],
  ['sysctlValue', ['Yes'], '1'],
  ['sysctlValue', ['False'], '0'],
  ['sysctlValue', ['4096 16384'], '4096 16384'],
  ['tidyPath', ['//srv//a/'], '/srv/a'],
  ['tidyPath', ['/'], '/'],
  ['pythonText', [true], 'True'],
  ['pythonText', [8], '8'],
  ['pythonText', [undefined], ''],
  ['sortedTexts', [['a', 'B', 'A', 'c', 'a']], ['a', 'A', 'a', 'B', 'c']],
  ['uniqueTexts', [['a', 'B', 'A', 'c', 'a']], ['a', 'B', 'c']],
  ['commented', ['a'], '#\n# a\n#'],
  ['commented', ['a\n\nb\n'], '#\n# a\n#\n# b\n# \n#'],
  ['presence', ['absent'], 'absent'],
  ['commandOfCron', ['date +\\%F \\\\ \\n'], 'date +%F \\ \\n'],
  ['folderOf', ['/a'], '/'],
  ['folderOf', ['a'], ''],
  ['folderOf', ['/a/b/'], '/a/b'],
])('%s(%j)', (name, args, value) => {
  expect(helper(name)(...args)).toEqual(value);
});

it.each(['a b', '', '$x', '*'])('plainWord(%j) is refused', (text) => {
  expect(() => helper('plainWord')(text)).toThrow('is no plain word');
});

it.each<[groups: readonly string[], code: number]>([
  [['root'], 0],
  [[], 0],
  [['root', 'nowhere'], 1],
  [['.oot'], 1],
])('isMember tells whether root is in %j', (groups, code) => {
  const { text } = renderScript(helper('isMember')('root', groups) as Script);
  expect(spawnSync('sh', ['-c', text]).status).toBe(code);
});
