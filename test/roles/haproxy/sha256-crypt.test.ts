import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sha256Crypt } from '../../../roles/haproxy/sha256-crypt.ts';

/** What crypt(3) of this machine makes of passwords, with the same salt. */
function byLibrary(passwords: readonly string[], salt: string): readonly string[] {
  const program = 'chomp(my $salt = <STDIN>); while (<STDIN>) { chomp; print crypt($_, $salt), "\\n" }';
  const input = `${salt}\n${passwords.join('\n')}\n`;
  return execFileSync('perl', ['-e', program], { input, encoding: 'utf8' }).trimEnd().split('\n');
}

describe('sha256Crypt', () => {
  it('is what it always was', () => {
    expect(sha256Crypt('Hello world!', { salt: 'saltstringsaltst', rounds: 10_000 })).toBe(
      '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA',
    );
  });

  it.each(['Salt./09', 'a', '', 'saltstringsaltst'])(
    'is what crypt(3) makes of passwords of every length with the salt %j',
    { timeout: 30_000 },
    (salt) => {
      const passwords = Array.from({ length: 140 }, (_, length) => 'pa$s wörd'.repeat(20).slice(0, length));
      const own = passwords.map((password) => sha256Crypt(password, { salt, rounds: 1000 }));
      expect(own).toEqual(byLibrary(passwords, `$5$rounds=1000$${salt}$`));
    },
  );

  it.each([
    [{ salt: 'a$b', rounds: 1000 }],
    [{ salt: 'seventeen letters', rounds: 1000 }],
    [{ salt: 'a', rounds: 999 }],
    [{ salt: 'a', rounds: Number.NaN }],
  ])('refuses %j', (settings) => {
    expect(() => sha256Crypt('word', settings)).toThrow(TypeError);
  });
});
