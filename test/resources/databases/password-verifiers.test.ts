import { describe, expect, it } from 'vitest';
import {
  cachingSha2Hash,
  nativePasswordHash,
  scramVerifier,
  sha256Crypt,
} from '../../../src/resources/databases/password-verifiers.ts';

describe('password verifiers', () => {
  // RFC 7677, section 3: the exchange's salt and iterations; the keys follow from its proof and signature.
  it('SCRAM-SHA-256 of the example in RFC 7677', () => {
    expect(scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$' +
        'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  it('mysql_native_password, as SELECT PASSWORD() gives it', () => {
    expect(nativePasswordHash('password')).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19');
  });

  // As crypt(3) of glibc gives them.
  it.each([
    ['Hello world!', 'saltstring', 5000, '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
    ['Hello world!', 'saltstringsaltst', 10_000, '3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
    [
      'we have a short salt string but not a short password',
      'short',
      77_777,
      'JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/',
    ],
    ['é€', 'x', 5000, 'lZo0VZCzDEeBwUJhElEkjtMrAa/ybYLUL/BFFCNqRw4'],
    ['', 'abc', 5000, 'bBHLwRRW2Li0XKaX13kz/g2fkDil4Jx46aNvd.48MS8'],
  ] as const)('SHA-crypt of %j with the salt %j', (password, salt, rounds, digest) => {
    expect(sha256Crypt(password, Buffer.from(salt), rounds)).toBe(digest);
  });

  // The example hash of hashcat's mode 7401 (https://hashcat.net/wiki/doku.php?id=example_hashes)
  it('caching_sha2_password with its salt of 20 bytes', () => {
    const salt = Buffer.from('F9CC98CE08892924F50A213B6BC571A2C11778C5', 'hex');
    const digest = Buffer.from(
      '625479393559393965414D45316477456B484F41316E64484742577A2E3162785353526B7554584647562F',
      'hex',
    );
    expect(cachingSha2Hash('hashcat', salt)).toEqual(Buffer.concat([Buffer.from('$A$005$'), salt, digest]));
  });
});
