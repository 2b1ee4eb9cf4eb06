import { describe, expect, it } from 'vitest';
import { createResolver } from '../../../src/inventory/expressions/references.ts';
import type { Host } from '../../../src/inventory/types.ts';
import { Secret } from '../../../src/shell/secret.ts';
import { failure, load } from '../inventory-files.ts';

/** The value of `x` on web1, where `x` is that YAML, written beside other variables. */
async function valueFor(x: string): Promise<unknown> {
  const inventory = await load(
    `
all:
  vars:
    domain: example.com
    port: 8080
    tls: true
    nothing:
    ports: [80, 443]
    app: { name: shop, url: "https://{{ app.name }}.{{ domain }}", deep: "{{ limits }}", "a-b": 7 }
    limits: { cpu: 2, hosts: ["{{ inventory_hostname }}"] }
    braces: "{{ '{{' }} x }}"
    link: "{{ app }}"
    one: "{{ two }}"
    two: "{{ three.x }}"
    three: { x: "1 {{ one }}" }
    itself: { x: "{{ itself }}" }
    x: ${x}
web:
  hosts: { web1: , web2: }
`,
    { env: { HOME: '/home/alice', EMPTY: '' } },
  );
  const host = inventory.hosts.get('web1');
  if (host === undefined) throw new TypeError('web1 is missing');
  return createResolver(host, inventory, new Map([['db', Secret.named('db', 'canary')]])).variable('x');
}

describe('references', () => {
  it.each<[string, unknown]>([
    ['plain', 'plain'],
    ['"{{ domain }}"', 'example.com'],
    ['"{{domain}}"', 'example.com'],
    ['"{{ port }}"', 8080],
    ['"{{ tls }}"', true],
    ['"{{ nothing }}"', null],
    ['"{{ ports }}"', [80, 443]],
    ['"{{ ports[1] }}"', 443],
    ['"{{ ports.0 }}"', 80],
    ['"{{ port }}/tcp"', '8080/tcp'],
    ['"{{ domain }}:{{ port }} {{ tls }}"', 'example.com:8080 True'],
    ['"{{ app.url }}"', 'https://shop.example.com'],
    [`"{{ app['a-b'] }}"`, 7],
    ['"{{ app.a-b }}"', 7],
    ['"{{ app.deep.cpu }}"', 2],
    ['"{{ link.url }}"', 'https://shop.example.com'],
    ['"{{ limits }}"', { cpu: 2, hosts: ['web1'] }],
    ['{ a: [ "{{ limits.hosts[0] }}" ] }', { a: ['web1'] }],
    ['"{{ inventory_hostname }}"', 'web1'],
    ['"{{ groups.web }}"', ['web1', 'web2']],
    ['"{{ groups.all[1] }}"', 'web2'],
    ['"{{ groups }}"', { all: ['web1', 'web2'], ungrouped: [], web: ['web1', 'web2'] }],
    ['"{{ env.HOME }}/.ssh"', '/home/alice/.ssh'],
    ['"{{ env.EMPTY }}"', ''],
    [`"{{ '{{' }} literal {{ '}}' }}"`, '{{ literal }}'],
    [`'{{ "{{" }} .State }}'`, '{{ .State }}'],
    ['"{{ braces }}"', '{{ x }}'],
    ['"${domain} $(id) `id` %s {domain} { { x } }"', '${domain} $(id) `id` %s {domain} { { x } }'],
    ['"%{+Q}r ${#list}"', '%{+Q}r ${#list}'],
  ])('%s is %j', async (x, value) => {
    expect(await valueFor(x)).toEqual(value);
  });

  it('makes a text that holds a secret one itself', async () => {
    const alone = await valueFor('"{{ secrets.db }}"');
    const within = await valueFor('"postgresql://app:{{ secrets.db }}@{{ domain }}/app"');
    expect([alone, within].every((value) => value instanceof Secret)).toBe(true);
    expect((alone as Secret).reveal()).toBe('canary');
    expect((within as Secret).reveal()).toBe('postgresql://app:canary@example.com/app');
    expect(String(within)).toBe('postgresql://app:<secret>@example.com/app');
  });

  it.each([
    ['{{ secrets.db | upper }}', 'CANARY', '<secret>'],
    ['{{ secrets.db | b64encode }}', 'Y2FuYXJ5', '<secret>'],
    ["a {{ secrets.db | replace('nar', domain) }} b", 'a caexample.comy b', 'a <secret> b'],
    ["{{ secrets.db | default('x', true) }}", 'canary', '<secret>'],
    ['{{ secrets.nobody | default(secrets.db) }}', 'canary', '<secret>'],
    ["{{ 'a' ~ secrets.db + 'b' }}", 'acanaryb', 'a<secret>b'],
    ["{{ ['a', secrets.db] | join(':') }}", 'a:canary', 'a:<secret>'],
    ["{{ {'a': secrets.db} | to_json }}", '{"a": "canary"}', '{"a": <secret>}'],
    ['{{ [secrets.db] | first | trim | quote }}', 'canary', '<secret>'],
    ["{{ secrets.db if tls else '' }}", 'canary', '<secret>'],
  ])('%s is a secret', async (x, value, seen) => {
    const made = await valueFor(JSON.stringify(x));
    expect(made).toBeInstanceOf(Secret);
    expect([(made as Secret).reveal(), String(made)]).toEqual([value, seen]);
  });

  it('makes a secret of one that is not yet known', () => {
    const later = Secret.named('later');
    const host = {
      name: 'web1',
      groups: [],
      vars: { x: '{{ secrets.later | trim | b64encode }}' },
      layers: [],
      origin: () => undefined,
      location: '',
    };
    const surroundings = { groups: new Map(), hosts: new Map(), env: {}, dir: '/', isEncrypted: false };
    const made = createResolver(host, surroundings, new Map([['later', later]])).variable('x') as Secret;
    expect(made.isKnown).toBe(false);
    later.learn(' canary ');
    expect(made.reveal()).toBe('Y2FuYXJ5');
  });

  it("reads another host's variables, not its secrets", async () => {
    const inventory = await load(
      `
web:
  vars: { address: "{{ name }}.example.com", circle: "{{ hostvars.web2.circle }}", secret: "{{ secrets.db }}" }
  hosts: { web1: { name: a }, web2: { name: b, circle: "{{ hostvars.web1.circle }}", secrets: { db: canary } } }
`,
    );
    const read = async (x: string) => {
      const host = { ...(inventory.hosts.get('web1') as Host) };
      return createResolver({ ...host, vars: { ...host.vars, x } }, inventory, new Map()).variable('x');
    };
    expect(await read("{{ hostvars['web2'].address }}")).toBe('b.example.com');
    expect(await failure(read("{{ hostvars['web2'].circle }}"))).toContain('circle refers to itself');
    expect(await failure(read("{{ hostvars['web2'].secret }}"))).toContain('there is no such secret');
    expect(await failure(read("{{ hostvars['web2'].secrets.db }}"))).toContain('there is no such secret');
  });

  it("lets a variable called env be the host's own", async () => {
    const inventory = await load('all: { hosts: { web1: { env: stage, x: "{{ env }}" } } }', { env: {} });
    const host = inventory.hosts.get('web1');
    expect(host && createResolver(host, inventory, new Map()).variable('x')).toBe('stage');
  });
});

const BRACES = "Literal braces are written {{ '{{' }}, or within {% raw %} and {% endraw %}.";
const HINT = "See docs/roles.md#references. Write literal braces as {{ '{{' }}, or within {% raw %} and {% endraw %}.";

describe('references refuse', () => {
  it.each([
    ['"{{ domian }}"', '{{ domian }}: there is no variable domian\nDid you mean `domain`?'],
    ['"{{ app.nmae }}"', '{{ app.nmae }}: app has no nmae\nDid you mean `name`?'],
    ['"{{ ports[2] }}"', '{{ ports.2 }}: ports has no 2\nIts entries are 0 to 1.'],
    ['"{{ domain.x }}"', '{{ domain.x }}: domain has no x\nIt is a single value.'],
    ['"{{ app.constructor }}"', '{{ app.constructor }}: app has no constructor\nThere are: name, url, deep, a-b.'],
    ['"{{ secrets.bd }}"', '{{ secrets.bd }}: there is no such secret\nDid you mean `db`?'],
    ['"{{ env.HOEM }}"', '{{ env.HOEM }}: the environment variable HOEM is not set\nSet it: HOEM=… provision …'],
    [
      '"{{ env.constructor }}"',
      '{{ env.constructor }}: the environment variable constructor is not set\nSet it: constructor=… provision …',
    ],
    ['"{{ groups.wbe }}"', '{{ groups.wbe }}: groups has no wbe\nDid you mean `web`?'],
    [
      '"{{ ports }} x"',
      '{{ ports }} is a list, which cannot stand within a text\nLet the reference be the whole text, or refer to one value in it.',
    ],
    [
      '"{{ app }} x"',
      '{{ app }} is a mapping, which cannot stand within a text\nLet the reference be the whole text, or refer to one value in it.',
    ],
    [
      '"{{ nothing }} x"',
      '{{ nothing }} is nothing, which cannot stand within a text\nLet the reference be the whole text, or refer to one value in it.',
    ],
    ['"{{ x }}"', 'x refers to itself: x > x\nGive one of them a value of its own.'],
    ['"{{ .State }}"', `\`.\` cannot stand here (character 4 of the text)\nCorrect the expression. ${BRACES}`],
    [
      '"canary {{ port * 2 }}"',
      'the operator * is not supported (character 16 of the text)\nSupported are + and ~. Write the value.',
    ],
    [
      '"{{ port | intt }}"',
      'the filter intt is not supported (character 11 of the text)\nDid you mean `int`? Or write the value.',
    ],
    [
      '"{{ port | int(base=16) }}"',
      'the filter int does not take the argument base (character 11 of the text)\nLeave it out, or write the value.',
    ],
    [
      '"{{ domain | trim(1) }}"',
      'the filter trim does not take 1 arguments (character 13 of the text)\nLeave it out, or write the value.',
    ],
    [
      '"{{ ports | lower }}"',
      'the filter lower needs a single value, not a list (character 12 of the text)\nRefer to one value in it.',
    ],
    ['"{{ domain | join }}"', 'the filter join needs a list, not a text (character 13 of the text)\nGive it a list.'],
    ['"{{ domain | b64decode }}"', 'the filter b64decode needs Base64 (character 13 of the text)\nCorrect the text.'],
    [
      "\"{{ lookup('env', 'X') }}\"",
      'the environment variable X is not set\nSet it: X=… provision …, or add `default`.',
    ],
    [
      "\"{{ lookup('file', '/etc/passwd') }}\"",
      "lookup('file') is not supported (character 4 of the text)\nSupported is lookup('env', 'NAME'). Write the value.",
    ],
    ['"{{ query(1) }}"', 'the call of query() is not supported (character 4 of the text)\nWrite the value.'],
    [
      '"{{ domain.split(\'.\') }}"',
      'a call is not supported (character 16 of the text)\nUse a filter, or write the value.',
    ],
    ['"{{ ports[0:1] }}"', 'a slice is not supported (character 11 of the text)\nWrite the list.'],
    [
      '"{{ port is odd }}"',
      'the test `is odd` is not supported (character 12 of the text)\nThere are: is defined, is undefined, is none.',
    ],
    [
      '"{{ 1 < 2 < 3 }}"',
      'two comparisons in a row are not supported (character 10 of the text)\nJoin them with `and`.',
    ],
    ['"{{ 1.0 }}"', 'this number would not stay as it is written (character 4 of the text)\nPut it in quotes.'],
    [
      '"{{ domain ! }}"',
      'this cannot stand in an expression (character 11 of the text)\nCorrect it, or put it in quotes.',
    ],
    ['"{{ domain canary }}"', `a name cannot stand here (character 11 of the text)\nCorrect the expression. ${BRACES}`],
    [
      '"{{ port + domain }}"',
      'the operator + does not take a number and a text (character 9 of the text)\nUse ~ to join them as texts.',
    ],
    [
      '"{{ 1 if not tls }}"',
      'the condition does not hold, and there is no `else` (character 6 of the text)\nAdd what is meant then.',
    ],
    ['"{{ hostvars.web3.x }}"', '{{ hostvars.web3.x }}: there is no host web3\nDid you mean `web1`?'],
    ['"{{ hostvars.web2 }}"', '{{ hostvars.web2 }} is all of a host\nName one of its variables.'],
    ['"{{ port"', '{{ is not closed (character 3 of the text)\nWrite }} at its end.'],
    ['"canary{{ }}"', '`}}` cannot stand here (character 10 of the text)\nSomething is missing before it.'],
    [
      '"{{- port }}"',
      'the - right within the braces is not supported (character 1 of the text)\nRemove it, and the blanks around.',
    ],
    ['"{% if tls %}x{% endif %}"', `the statement {% if %} is not supported (character 1 of the text)\n${HINT}`],
    ['"{# later #}"', `{# #} is a comment of a template language (character 1 of the text)\n${HINT}`],
    [
      '"{{ secrets.db | int }}"',
      'the filter int cannot be used on a secret (character 17 of the text)\nWrite the result as a secret of its own.',
    ],
    [
      '"{{ [secrets.db] | sort }}"',
      'the filter sort cannot be used on a secret (character 19 of the text)\nWrite the result as a secret of its own.',
    ],
    [
      "\"{{ 'x' if secrets.db else 'y' }}\"",
      'a condition cannot be used on a secret (character 8 of the text)\nWrite the result as a secret of its own.',
    ],
    [
      '"{{ secrets.db == \'canary\' }}"',
      'the operator == cannot be used on a secret (character 15 of the text)\nWrite the result as a secret of its own.',
    ],
    [
      '"{{ app[secrets.db] }}"',
      'a key cannot be used on a secret (character 15 of the text)\nWrite the result as a secret of its own.',
    ],
    [
      '"{{ secrets.db | b64decode }}"',
      'the filter b64decode needs Base64 (character 17 of the text)\nCorrect the text.',
    ],
  ])('%s', async (x, error) => {
    expect(await failure(valueFor(x))).toBe(`inventory-unresolved-reference prod.yml:17:5: ${error}`);
  });

  it.each([
    ['"{{ one }}"', 'prod.yml:13:5: one refers to itself: one > two > three.x > one'],
    ['"{{ itself.x }}"', 'prod.yml:16:15: itself.x refers to itself: itself.x > itself.x'],
  ])('%s, where the fault is', async (x, error) => {
    expect(await failure(valueFor(x))).toBe(
      `inventory-unresolved-reference ${error}\nGive one of them a value of its own.`,
    );
  });

  it.each([
    ['{{ NAME }}{{ NAME }}', /^the expression is nested too deeply, or its text too long$/],
    ['{{ NAME + NAME }}', /^the list would hold over 1000000 values \(character \d+ of the text\)$/],
  ])('what doubles without end: %s', async (twice, message) => {
    const first = twice.includes('+') ? '[1]' : 'long';
    const doubles = Array.from({ length: 40 }, (_, i) => `x${i + 1}: "${twice.replaceAll('NAME', `x${i}`)}"`);
    const inventory = await load(
      ['all:', '  vars:', `    x0: ${first}`, ...doubles.map((line) => `    ${line}`), '  hosts: { a: }'].join('\n'),
    );
    const host = inventory.hosts.get('a');
    if (host === undefined) throw new TypeError('a is missing');
    expect(() => createResolver(host, inventory, new Map()).variable('x40')).toThrow(message);
  });
});
