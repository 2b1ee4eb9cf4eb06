import { describe, expect, it } from 'vitest';
import { createResolver } from '../../src/inventory/references.ts';
import { Secret } from '../../src/shell/secret.ts';
import { failure, load } from './inventory-files.ts';

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
    ['"{{ domain }}:{{ port }} {{ tls }}"', 'example.com:8080 true'],
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
    ['"{{ groups }}"', { all: ['web1', 'web2'], web: ['web1', 'web2'] }],
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

  it("lets a variable called env be the host's own", async () => {
    const inventory = await load('all: { hosts: { web1: { env: stage, x: "{{ env }}" } } }', { env: {} });
    const host = inventory.hosts.get('web1');
    expect(host && createResolver(host, inventory, new Map()).variable('x')).toBe('stage');
  });
});

const HINT =
  "Supported are {{ name }}, {{ name.key }}, {{ secrets.NAME }} and {{ env.NAME }}. Write literal braces as {{ '{{' }}.";

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
    ['"{{ .State }}"', `{{ is not followed by the name of a variable and }}\n${HINT}`],
    ['"{{ port | int }}"', `{{ is not followed by the name of a variable and }}\n${HINT}`],
    ['"{{ port + 1 }}"', `{{ is not followed by the name of a variable and }}\n${HINT}`],
    ["\"{{ lookup('env', 'X') }}\"", `{{ is not followed by the name of a variable and }}\n${HINT}`],
    ['"{{ port"', `{{ is not followed by the name of a variable and }}\n${HINT}`],
    ['"canary{{ }}"', `{{ is not followed by the name of a variable and }}\n${HINT}`],
    ['"{% if tls %}x{% endif %}"', `{% is a statement of a template language\n${HINT}`],
    ['"{# later #}"', `{# #} is a comment of a template language\n${HINT}`],
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
});
