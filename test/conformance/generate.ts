/** Inventories by chance, in all forms that Ansible takes: what is written is plain data, rendered as one of its forms. */
import type { Random } from './random.ts';

/** What to ask: files below a folder, those that begin with `#!` executable, and the command line. */
export interface Question {
  readonly files: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly extraVars: readonly string[];
}

type Vars = Readonly<Record<string, unknown>>;

interface GroupPlan {
  readonly name: string;
  readonly vars: Vars;
  /** Names with ranges and ports as they are written, each with its variables. */
  readonly hosts: readonly (readonly [name: string, vars: Vars])[];
  readonly children: readonly string[];
}

const VARIABLES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
const GROUPS = ['web', 'db', 'cache', 'Prague', 'europe', 'zone_1', 'app', 'b2'];
const FORMS = ['yaml', 'ini', 'json', 'program', 'program --host'] as const;

export function generate(random: Random): Question {
  const { pick, between, chance } = random;
  const files: Record<string, string> = {};
  const count = pick([1, 1, 1, 2, 3]);
  const isFolder = chance(0.25);
  const sources: string[] = [];
  const names = GROUPS.slice(0, between(1, GROUPS.length));
  for (let i = 0; i < count; i += 1) {
    const form = pick(FORMS);
    const folder = isFolder ? 'inv' : pick(['', '', 'a/', 'b/']).replace(/\/$/, '');
    const path = [folder, `${i}-hosts${endingOf(form, isFolder, random)}`].filter(Boolean).join('/');
    files[path] = render(plan(random, form, names), form, random);
    if (!isFolder) sources.push(path);
  }
  if (isFolder) sources.push('inv');
  if (chance(0.1)) sources.push('listed1,listed2:2200,');
  const folders = new Set(
    sources
      .filter((source) => !source.includes(','))
      .map((source) => (isFolder ? source : source.replace(/\/?[^/]*$/, '') || '.')),
  );
  for (const folder of folders) Object.assign(files, varsFiles(random, folder, names));
  const extraVars = chance(0.3)
    ? [
        pick([
          `alpha=extra beta="two words"`,
          JSON.stringify({ alpha: value(random), beta: [1, null] }),
          '{gamma: yes, delta: 0644}',
        ]),
      ]
    : [];
  return { files, sources, extraVars };
}

function endingOf(form: (typeof FORMS)[number], isFolder: boolean, { pick }: Random): string {
  if (form === 'yaml') return pick(['.yml', '.yaml']);
  if (form === 'ini') return isFolder ? '' : pick(['', '.ini']);
  return form === 'json' ? '.json' : pick(['', '.sh']);
}

/** Groups in groups without a cycle: a group's children come after it in the list. */
function plan(random: Random, form: (typeof FORMS)[number], names: readonly string[]): readonly GroupPlan[] {
  const { between, chance, some, pick } = random;
  const isProgram = form.startsWith('program');
  const chosen = [...some(names, 0.7), ...(chance(0.4) ? ['ungrouped'] : [])];
  const named = new Set<string>();
  const groups = (chosen.length === 0 ? names.slice(0, 1) : chosen).map((name, i, all): GroupPlan => {
    const hosts = Array.from({ length: between(1, 3) }, () => hostName(random, isProgram));
    const isRepeated = (host: string, at: number) => form !== 'ini' && hosts.indexOf(host) !== at;
    return {
      name,
      vars: {
        ...vars(random, name === 'ungrouped' ? 0.1 : 0.3),
        ...(chance(0.2) && { ansible_group_priority: pick([0, 2, 5, 10]) }),
      },
      hosts: hosts
        .filter((host, at) => !isRepeated(host, at))
        .map((host) => {
          // In one YAML file a host has its variables once; that is told, and no difference to look for.
          const isNew = !named.has(host);
          named.add(host);
          return [host, isNew || form === 'ini' ? vars(random, 0.25) : {}] as const;
        }),
      children:
        name === 'ungrouped'
          ? []
          : some(
              all.slice(i + 1).filter((child) => child !== 'ungrouped'),
              0.3,
            ),
    };
  });
  return chance(0.5) ? [{ name: 'all', vars: vars(random, 0.4), hosts: [], children: [] }, ...groups] : groups;
}

/** Each is named once in a source; again in others. A port stands only where a host is named nowhere else. */
function hostName({ between, chance, pick }: Random, isPlain: boolean): string {
  const plain = `host${between(1, 12)}`;
  if (isPlain || chance(0.7)) return plain;
  return pick([
    `host[${between(1, 3)}:${between(4, 6)}]`,
    `n[0${between(1, 4)}:1${between(0, 2)}]`,
    `n[08:1${between(0, 9)}:${between(1, 4)}]`,
    `l[a:${pick(['a', 'c', 'f'])}]-[1:2]`,
    `10.0.0.${between(1, 9)}`,
    `2001:db8::${between(1, 9)}`,
  ]);
}

function vars(random: Random, probability: number): Vars {
  return Object.fromEntries(random.some(VARIABLES, probability).map((name) => [name, value(random)]));
}

/** Plain data that all forms can hold. */
function value(random: Random, depth = 0): unknown {
  const { pick, between, chance } = random;
  if (depth < 2 && chance(0.15)) return Array.from({ length: between(0, 3) }, () => value(random, depth + 1));
  if (depth < 2 && chance(0.15)) {
    return Object.fromEntries(['k', 'l m', '7'].slice(0, between(0, 3)).map((key) => [key, value(random, depth + 1)]));
  }
  return pick<unknown>([
    0,
    1,
    -7,
    22,
    1.5,
    1e21,
    true,
    false,
    null,
    '',
    'text',
    'two words',
    'yes',
    'no',
    'True',
    '0644',
    '22',
    '1:30',
    '2026-11-21',
    'a#b',
    'a # b',
    '- x',
    ': y',
    "it's",
    '"q"',
    'ä',
    'a\\b',
    '[x]',
    '{y}',
    '~',
    'a=b',
    '%',
    'tab\tbed',
    'two\nlines',
  ]);
}

function render(groups: readonly GroupPlan[], form: (typeof FORMS)[number], random: Random): string {
  if (form === 'ini') return renderIni(groups, random);
  if (form === 'yaml') return renderYaml(groups, random);
  if (form === 'json') return JSON.stringify(treeOf(groups), null, random.pick([0, 2]));
  return renderProgram(groups, form === 'program');
}

function treeOf(groups: readonly GroupPlan[]): Record<string, unknown> {
  return Object.fromEntries(
    groups.map(({ name, vars, hosts, children }) => [
      name,
      { vars, hosts: Object.fromEntries(hosts), children: Object.fromEntries(children.map((child) => [child, {}])) },
    ]),
  );
}

/** By hand, for what matters is how plain words are read: `yes`, `0o17`, `1_000`. */
const YAML_WORDS = [
  'yes',
  'No',
  'on',
  'OFF',
  'y',
  'n',
  'true',
  '0644',
  '0o17',
  '0x1F',
  '0b11',
  '1_000',
  '1.5',
  '.5',
  '1e3',
  '1.5e+3',
  '-7',
  '+7',
  '~',
  'null',
  'Null',
  'nUll',
  '10.0.0.1',
  'text',
  'two words',
  'a#b',
  'http://x:80/',
  '08',
  "'it''s'",
  '"a\\tb"',
  '{a: 1, b: [x, yes]}',
  '[1, "2", {c: d}]',
  '|\n        two\n        lines\n',
  '>-\n        folded\n        text\n',
  'text # comment',
];

function renderYaml(groups: readonly GroupPlan[], { chance, pick }: Random): string {
  const lines: string[] = chance(0.3) ? ['---', '# by chance'] : [];
  const entry = (indent: string, name: string, written: unknown) => {
    const isFree = chance(0.4) && name !== 'ansible_group_priority' && indent.length < 8;
    lines.push(`${indent}${name}: ${isFree ? pick(YAML_WORDS) : JSON.stringify(written)}`);
  };
  for (const { name, vars, hosts, children } of groups) {
    lines.push(`${name}:`);
    if (Object.keys(vars).length > 0) lines.push('  vars:');
    for (const [key, written] of Object.entries(vars)) entry('    ', key, written);
    if (hosts.length > 0) lines.push('  hosts:');
    for (const [host, own] of hosts) {
      lines.push(`    ${/[[:]/.test(host) ? JSON.stringify(host) : host}:`);
      for (const [key, written] of Object.entries(own)) entry('      ', key, written);
    }
    if (children.length > 0) lines.push('  children:');
    for (const child of children) lines.push(`    ${child}:${chance(0.5) ? ' {}' : ''}`);
    if (Object.keys(vars).length + hosts.length + children.length === 0) lines.push('  hosts:');
  }
  return `${lines.join('\n')}\n`;
}

/** Values as people write them: words, numbers and Python's literals. */
const INI_WORDS = [
  'yes',
  'no',
  'True',
  'False',
  'None',
  'true',
  '0644',
  '22',
  '-5',
  '1.5',
  '1e3',
  '0x1f',
  '1_000',
  'text',
  '10.0.0.1',
  "[1,'a']",
  "{'a':1}",
  '(1,2)',
  '1,2',
  "'quoted'",
  '~/x',
  'a=b',
  '5.',
  'a;b',
  '--5',
];

function renderIni(groups: readonly GroupPlan[], random: Random): string {
  const { chance, pick } = random;
  const lines = ['# by chance'];
  const hostValue = () => {
    const word = pick(INI_WORDS);
    return /['"\s]/.test(word) || chance(0.2) ? `"${word.replaceAll(/["\\]/g, '\\$&')}"` : word;
  };
  for (const { name, vars, hosts, children } of groups) {
    // The hosts of all stand before the first group, or nowhere.
    lines.push(`[${name}]${chance(0.2) ? ' # a group' : ''}`);
    for (const [host, own] of hosts) {
      const words = Object.keys(own).map((key) => `${key}=${hostValue()}`);
      lines.push(
        [`${chance(0.2) ? '  ' : ''}${host}`, ...words, ...(chance(0.2) ? ['# a host'] : [])].join(
          pick([' ', '\t', '  ']),
        ),
      );
    }
    const entries = Object.entries(vars);
    if (entries.length > 0) lines.push('', `[${name}:vars]`);
    for (const [key, written] of entries) {
      const text =
        key === 'ansible_group_priority' ? String(written) : `${pick(INI_WORDS)}${chance(0.2) ? ' # text' : ''}`;
      lines.push(`${key}${pick(['=', ' = '])}${text}`);
    }
    if (children.length > 0) lines.push(`[${name}:children]`, ...children);
  }
  return `${lines.join('\n')}\n`;
}

function renderProgram(groups: readonly GroupPlan[], withMeta: boolean): string {
  const hostvars = Object.fromEntries(groups.flatMap(({ hosts }) => hosts));
  const listing = Object.fromEntries(
    groups.map(({ name, vars, hosts, children }) => [name, { hosts: hosts.map(([host]) => host), vars, children }]),
  );
  const print = (told: unknown) => `cat <<'END'\n${JSON.stringify(told)}\nEND`;
  if (withMeta) return `#!/bin/sh\n${print({ ...listing, _meta: { hostvars } })}\n`;
  const cases = Object.entries(hostvars).map(([host, own]) => `${host})\n${print(own)}\n;;`);
  return `#!/bin/sh\nif [ "$1" = --list ]; then\n${print(listing)}\nelse case $2 in\n${cases.join('\n')}\n*) echo '{}' ;;\nesac; fi\n`;
}

function varsFiles(random: Random, folder: string, names: readonly string[]): Record<string, string> {
  const { chance, pick, some, between } = random;
  const files: Record<string, string> = {};
  const at = (...parts: readonly string[]) => (folder === '.' ? parts : [folder, ...parts]).join('/');
  const write = (...parts: readonly string[]) => {
    const own = vars(random, 0.35);
    const isEmpty = Object.keys(own).length === 0;
    files[at(...parts)] = isEmpty
      ? '# nothing\n'
      : chance(0.5) || parts.at(-1)?.endsWith('.json')
        ? JSON.stringify(own)
        : yamlOf(own, random);
  };
  const hosts = Array.from({ length: 12 }, (_, i) => `host${i + 1}`);
  const wanted = [
    ...some(['all', 'ungrouped', ...names], 0.3).map((name) => ['group_vars', name] as const),
    ...some(hosts, 0.1).map((name) => ['host_vars', name] as const),
  ];
  for (const [kind, name] of wanted) {
    if (chance(0.5)) write(kind, `${name}${pick(['', '.yml', '.yaml', '.json'])}`);
    else
      for (let i = 0; i < between(1, 3); i += 1)
        write(kind, name, pick(['a', 'b.yml', 'c.json', 'sub/d', 'sub/e.yaml', 'f~', '.g', 'h.txt', 'Z']));
    if (chance(0.2) && files[at(kind, `${name}.yml`)] === undefined) write(kind, `${name}.yml`);
  }
  return files;
}

function yamlOf(own: Vars, { chance, pick }: Random): string {
  const words = YAML_WORDS.filter((word) => !word.includes('\n'));
  return Object.entries(own)
    .map(([name, written]) => `${name}: ${chance(0.5) ? pick(words) : JSON.stringify(written)}\n`)
    .join('');
}
