import { describe, expect, it } from 'vitest';
import { asBoolean, asText, type Code } from '../../../src/import/code/code.ts';
import { Fraction } from '../../../src/import/code/fraction.ts';
import { createNames } from '../../../src/import/code/names.ts';
import { shapeNamed, TEXT } from '../../../src/import/code/shapes.ts';
import { type Scope, translateCondition, translateText } from '../../../src/import/jinja/expressions.ts';

const VALUES: Readonly<Record<string, unknown>> = {
  name: 'a',
  port: 1,
  version: new Fraction(8),
  on: true,
  list: ['a'],
  ports: [1],
  nothing: [],
  empty: {},
  mixed: ['a', 1, true],
  flags: [true],
  map: { key: 'a', other: 'b' },
  users: [
    { name: 'a', uid: 1, shell: 'x' },
    { name: 'b', uid: 2 },
  ],
  db_password: 'x',
};

const needed = new Set<string>();
const scope: Scope = {
  parameter: createNames().parameter,
  lookUp(name): Code {
    if (name === 'maybe') return { code: 'maybe', shape: TEXT, isOptional: true, isAtom: true };
    return { code: name, shape: shapeNamed(name, VALUES[name]), isAtom: true };
  },
  fileContent: (path) => ({ code: `content of ${path}`, shape: TEXT, isAtom: true }),
  need: (name) => needed.add(name),
};

describe('texts', () => {
  it.each([
    ['plain', "'plain'"],
    ['{{ name | comment }}', 'commented(name)'],
    ['{{ map.keys() | join(",") }}', "Object.keys(map).join(',')"],
    ['{{ map.values() | join(",") }}', "Object.values(map).join(',')"],
    ["it's", '"it\'s"'],
    ['{{ name }}', 'name'],
    ['a-{{ name }}-{{ port }}', '`a-${name}-${port}`'],
    ['`${x}` {{ name }}', '`\\`\\${x}\\` ${name}`'],
    // Python prints numbers with a point as `8.0`.
    ['{{ version }}', 'version'],
    ['php{{ version }}', '`php${version}`'],
    ['{{ 8.0 }}', "'8.0'"],
    ['{{ maybe | default(8.0) }}', "pythonText(maybe ?? '8.0')"],
    ['{{ version | int }}', 'String(wholeNumber(version))'],
    ['{{ name | int(8) }}', 'String(wholeNumber(name, 8))'],
    ['{{ name | int(default=8) }}', 'String(wholeNumber(name, 8))'],
    ["{{ '0x10' | int }} {{ '1_0' | int }} {{ ' 5 ' | int }} {{ '1e3' | int }} {{ 'a' | int(2) }}", "'0 10 5 1000 2'"],
    ["{{ '1.0' | bool }} {{ 'On' | bool }} {{ 'y' | bool }}", "'False True False'"],
    ['{{ 1.0 | bool }}', "(Number('1.0') === 1) ? 'True' : 'False'"],
    ['{{ port | bool }}', "(port === 1) ? 'True' : 'False'"],
    ['{{ (port / 2) | int }}', 'String(Math.trunc(port / 2))'],
    ['{{ on }}', "on ? 'True' : 'False'"],
    ['{{ port }}', 'String(port)'],
    ['pg://app:{{ db_password }}@db', 'text`pg://app:${db_password}@db`'],
    ["{{ '{{' }}", "'{{'"],
    ['{{ map.key }}', 'map.key'],
    ["{{ map['key'] }}", 'map.key'],
    ['{{ map.missing | default("x") }}', "map.missing ?? 'x'"],
    ['{{ maybe | default("x", true) }}', "maybe || 'x'"],
    // Ansible fails where it is missing, and prints null as nothing (_ansible_finalize).
    ['{{ maybe }}', "maybe ?? ''"],
    ['{{ name | upper | trim }}', 'name.toUpperCase().trim()'],
    ['{{ name | replace("a", "b") }}', "name.replaceAll('a', 'b')"],
    ['{{ name | basename }}', "name.replace(/^.*\\//, '')"],
    ['{{ list | join(",") }}', "list.join(',')"],
    // Each as a run of Ansible has it: Python's truth, capital letters, and what of two operands is printed.
    ["{{ empty | ternary('a', 'b') }}", "Object.keys(empty).length > 0 ? 'a' : 'b'"],
    ["{{ name or 'x' }}", "name !== '' ? name : 'x'"],
    ['{{ mixed[1] }}', 'pythonText(mixed[1])'],
    ['{{ mixed | join(",") }}', "mixed.map(pythonText).join(',')"],
    ['{{ flags | join(",") }}', "flags.map(pythonText).join(',')"],
    ["{{ nothing | default(list, true) | join(',') }}", "(nothing.length > 0 ? nothing : list).join(',')"],
    ['{{ list | sort | join(",") }}', "sortedTexts(list).join(',')"],
    ['{{ ports | sort | join(",") }}', "ports.toSorted((a, b) => a - b).join(',')"],
    ['{{ list | unique | join(",") }}', "uniqueTexts(list).join(',')"],
    ['{{ name | replace("a", "$&") }}', "name.replaceAll('a', () => '$&')"],
    ['{{ name.split() | join(",") }}', "(name.match(/\\S+/g) ?? []).join(',')"],
    ['{{ name | quote }}', 'shellWord(name)'],
    ['{{ name | indent(2) }}', 'indented(name, 2)'],
    ['{{ map | to_nice_json }}', 'jsonText(map, 4)'],
    ['{{ map | to_json }}', 'jsonText(map)'],
    ['{{ name | dirname }}', 'folderOf(name)'],
    ['{{ list | first }}', "list[0] ?? ''"],
    ['{{ list[-1] }}', "list.at(-1) ?? ''"],
    ['{{ list[port] }}', "list.at(port) ?? ''"],
    ['{{ list[-1] | default("none") }}', "list.at(-1) ?? 'none'"],
    ['{{ users | map(attribute="name") | join(" ") }}', "users.map((each) => each.name).join(' ')"],
    ['{{ port + 1 }}', 'String(port + 1)'],
    ['{{ (port + 1) * 2 }}', 'String((port + 1) * 2)'],
    ['{{ port // 2 }}', 'String(Math.floor(port / 2))'],
    ['{{ name ~ "-" ~ port }}', '`${name}-${port}`'],
    ['{{ "a" if on else "b" }}', "on ? 'a' : 'b'"],
    ["{{ on | ternary('a', 'b') }}", "on ? 'a' : 'b'"],
    ["{{ lookup('file', 'a.txt') }}", 'content of a.txt'],
    ['{{ name.split(",")[0] }}', "name.split(',')[0] ?? ''"],
    ['{{ name.split(",")[0] ~ ".conf" }}', "`${name.split(',')[0] ?? ''}.conf`"],
    ['{# nothing #}{{ name }}', 'name'],
  ])('%s', (written, code) => {
    expect(asText(translateText(written, scope)).code).toBe(code);
  });

  it.each([
    ['{{ maybe | default(omit) }}', 'what may be omitted stands where a value is needed'],
    ['a {{ name if on else omit }}', 'what may be omitted stands where a value is needed'],
    ['{{ list }}', 'a list or mapping stands where a text is meant'],
    ['{{ port / 2 }}', 'a fraction that is computed is printed otherwise by Python'],
    ['{{ name | int(0, 16) }}', 'its filter int() is not understood'],
    ['{{ name | int(base=16) }}', 'its filter int() is not understood'],
    ['{{ name | float }}', 'its filter float has no equivalent'],
    ['{{ list | int }}', 'its filter int is for a list or mapping'],
    ['{{ map | bool }}', 'its filter bool is for a list or mapping'],
    ['{{ "99999999999999999999" | int }}', 'a number is too large to stay as it is'],
    ['{{ version * 2 }}', 'a fraction that is computed is printed otherwise by Python'],
    ['{{ "-" * 20 }}', 'it calculates with something that is no number'],
    ['{{ maybe ~ "x" }}', 'what may be null stands beside ~, which prints it as None'],
    ['{{ users | sort(attribute="name") }}', 'its filter sort() is not understood'],
    ['{{ name.strip("x") }}', 'its function strip() is not understood'],
    ['{{ name | mystery }}', 'its filter mystery has no equivalent'],
    ['{{ db_password | upper }}', 'its filter upper is for a secret'],
    ['{{ name +* }}', 'the expression name +* is not understood'],
    ['{% if on %}a{% endif %}', 'statements of Jinja ({% %}) stand in it'],
    ["{{ lookup('env', 'HOME') }}", "lookup('env') has no equivalent"],
    ["{{ lookup('password', 'x') }}", "lookup('password') has no equivalent"],
    ['{{ name.format(1) }}', 'its function format() has no equivalent'],
    ['{{ name.key }}', 'it takes key of a text: that is what it is elsewhere, and no mapping'],
  ])('refuses %s', (written, message) => {
    expect(() => asText(translateText(written, scope))).toThrow(message);
  });
});

describe('conditions', () => {
  it.each([
    [true, 'true'],
    ['on', 'on'],
    ['not on', '!on'],
    ['on | bool', 'isTrue(on)'],
    ['name', "name !== ''"],
    ['list', 'list.length > 0'],
    ['version', 'Number(version) !== 0'],
    ['version >= 8', 'Number(version) >= 8'],
    ['empty', 'Object.keys(empty).length > 0'],
    ['not map and name', "!(Object.keys(map).length > 0) && name !== ''"],
    ['nothing == []', '!(nothing.length > 0)'],
    ['on is true', 'on === true'],
    ['list | length > 1', 'list.length > 1'],
    ['port == 1 and on', 'port === 1 && on'],
    ['on or port != 1 and name == "a"', "on || (port !== 1 && name === 'a')"],
    ['maybe is defined', 'maybe !== undefined'],
    ['maybe is not defined', 'maybe === undefined'],
    ['name in ["a", "b"]', "['a', 'b'].includes(name)"],
    ['name not in list', '!list.includes(name)'],
    ['"key" in map', "Object.hasOwn(map, 'key')"],
    ['name.startswith("a")', "name.startsWith('a')"],
    ['{{ on }}', 'on'],
  ])('%s', (condition, code) => {
    expect(asBoolean(translateCondition(condition, scope)).code).toBe(code);
  });

  it.each([
    ['result is changed', 'the test "is changed" has no equivalent'],
    ['version == "8.0"', 'it compares a number with a text'],
    ['port == "1"', 'it compares a number with a text'],
    ['list == ports', 'it compares lists or mappings'],
    ['name is true', 'the test "is true" has no equivalent'],
    ['db_password == "x"', 'a secret cannot be compared'],
  ])('refuses %s', (condition, message) => {
    expect(() => translateCondition(condition, scope)).toThrow(message);
  });
});
