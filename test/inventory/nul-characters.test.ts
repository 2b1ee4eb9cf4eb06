import { describe, expect, it } from 'vitest';
import { failure, resolve } from './inventory-files.ts';

/** Passwords and answers everywhere; the edit puts a text with a NUL into it, which is written `\0` in double quotes of YAML. */
function inventory([before = '', after = '']: readonly string[]): string {
  const text = `all:
  vars:
    roles: [stack, haproxy]
    ansible_password: secret
    secrets: { db: generate, file: { file: key } }
    stack:
      name: shop
      services:
        app:
          image: redis:8
          port: 80
          health: { body: OK }
          drain: { prepare: /a, ready: /b, body: OK }
          env: { A: a }
      databases:
        db: { engine: postgres, name: app, users: { app: { access: owner, password: secret } } }
    haproxy:
      routes: [{ service: app }]
      basic_auth: [{ users: { developer: secret } }]
  hosts: { web1: }
`;
  return text.replace(before, () => after);
}

describe('a NUL character', () => {
  it.each([
    [
      'access: owner, password: secret',
      'access: owner, password: "a\\0b"',
      'stack.databases.db.users.app.password: must not hold a NUL',
    ],
    [
      'access: owner, password: secret',
      'access: owner, password: "{{ secrets.file }}"',
      'stack.databases.db.users.app.password: must not hold a NUL',
    ],
    ['health: { body: OK }', 'health: { body: "O\\0K" }', 'stack.services.app.health.body: must not hold a NUL'],
    ['/b, body: OK }', '/b, body: "OK\\0" }', 'stack.services.app.drain.body: must not hold a NUL'],
    ['A: a', 'A: "{{ secrets.file }}"', 'stack.services.app.env.A: must not hold a NUL'],
    ['A: a', 'A: "a\\0b"', 'stack.services.app.env.A: must not hold control characters'],
    ['developer: secret', 'developer: "a\\0b"', 'haproxy.basic_auth[0].users.developer: must not hold a NUL'],
    ['ansible_password: secret', 'ansible_password: "a\\0b"', 'ansible_password: must not hold a NUL'],
  ])('in place of %s: %s is refused', async (before, after, told) => {
    const said = await failure(resolve(inventory([before, after]), { files: { key: 'a\0b' } }));
    expect(said).toMatch(/^inventory-bad-parameter prod\.yml:\d+:\d+: /);
    expect(said).toContain(`${told}`);
    expect(said).not.toContain('\0');
  });

  it('that nobody knows yet, of a secret made on the host, is not looked for', async () => {
    const text = inventory(['owner, password: secret }', 'owner, password: "{{ secrets.db }}" }']);
    await expect(resolve(text, { files: { key: 'a' } })).resolves.toHaveLength(1);
  });
});
