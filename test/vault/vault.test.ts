import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.ts';
import { formatEnvelope, isVault, parseEnvelope } from '../../src/vault/envelope.ts';
import { decryptVault, encryptVault, openVault } from '../../src/vault/vault.ts';
import { errorOf, fixture, HORSE, key, UMLAUTS } from './vaults.ts';

const horse = key(HORSE);
const TEXT = fixture('text-1.1');
const HEADER = '$ANSIBLE_VAULT;1.1;AES256\n';
const BODY = TEXT.slice(HEADER.length);

describe('what ansible-vault has made', () => {
  it.each([
    ['text-1.1', key(HORSE), 'default', 'hunter2'],
    ['text-1.2-prod', key(UMLAUTS, 'prod'), 'prod', 'Grüße\nzweite Zeile\n'],
    ['empty', key(HORSE), 'default', ''],
    ['block', key(HORSE), 'default', '0123456789abcdef'],
  ])('%s', (name, password, id, plain) => {
    expect(openVault(fixture(name), [password])).toMatchObject({ bytes: Buffer.from(plain), id });
    expect(decryptVault(fixture(name), [password]).reveal()).toBe(plain);
  });

  it('bytes that are no text', () => {
    const text = fixture('bytes-1.2');
    expect(openVault(text, [horse])).toMatchObject({ bytes: Buffer.from('00ff800a0d0a', 'hex'), id: 'dev-2.b' });
    expect(errorOf(() => decryptVault(text, [horse]))).toBe('vault-refused: what is encrypted here is not UTF-8 text');
  });

  it.each([
    ['Windows line ends', TEXT.replaceAll('\n', '\r\n')],
    ['no line end at the end', TEXT.trimEnd()],
    ['empty lines at the end', `${TEXT}\n\r\n`],
    ['blanks around the lines', TEXT.replaceAll('\n', ' \n\t ')],
    ['capital digits', HEADER + BODY.toUpperCase()],
    ['a byte order mark', `\uFEFF${TEXT}`],
    ['one long line', HEADER + BODY.replaceAll('\n', '')],
  ])('with %s', (_, text) => {
    expect(isVault(text)).toBe(true);
    expect(decryptVault(text, [horse]).reveal()).toBe('hunter2');
  });
});

describe('encryptVault', () => {
  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['less than a block', 'hunter2'],
    ['one block', '0123456789abcdef'],
    ['text beyond ASCII', 'Grüße 🦄\n'],
    ['bytes', Uint8Array.from({ length: 256 }, (_, i) => i)],
  ])('%s comes out as it went in', (_, plain) => {
    const text = encryptVault(plain, horse.password);
    expect(openVault(text, [horse]).bytes).toEqual(Buffer.from(plain));
  });

  it.each([
    [undefined, '$ANSIBLE_VAULT;1.1;AES256'],
    ['default', '$ANSIBLE_VAULT;1.1;AES256'],
    ['prod', '$ANSIBLE_VAULT;1.2;AES256;prod'],
  ])('writes the id %s into the header as Ansible does', (id, header) => {
    const lines = encryptVault('x'.repeat(100), horse.password, id).split('\n');
    expect(lines[0]).toBe(header);
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(1, -2).every((line) => /^[0-9a-f]{80}$/.test(line))).toBe(true);
    expect(lines.at(-2)).toMatch(/^[0-9a-f]{1,80}$/);
  });

  it('never makes the same twice', () => {
    const [a, b] = [encryptVault('x', horse.password), encryptVault('x', horse.password)];
    expect(parseEnvelope(a).salt).not.toEqual(parseEnvelope(b).salt);
    expect(parseEnvelope(a).ciphertext).not.toEqual(parseEnvelope(b).ciphertext);
  });

  it('refuses what is encrypted already, and an empty password', () => {
    expect(errorOf(() => encryptVault(TEXT, horse.password))).toBe('vault-refused: it is encrypted already');
    expect(errorOf(() => encryptVault(Buffer.from(TEXT), horse.password))).toMatch(/^vault-refused/);
    expect(errorOf(() => encryptVault('x', key('').password))).toBe('vault-refused: the password is empty');
  });

  it('1 MiB is quick both ways', () => {
    const plain = randomBytes(1024 * 1024);
    const start = performance.now();
    const text = encryptVault(plain, horse.password);
    const opened = openVault(text, [horse]);
    expect(opened.bytes.equals(plain)).toBe(true);
    // Some 60 ms; on a busy machine more.
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('the secret', () => {
  it('shows nowhere', () => {
    const secret = decryptVault(TEXT, [horse]);
    expect(secret).toBeInstanceOf(Secret);
    expect(`${secret} ${JSON.stringify(secret)} ${inspect(secret)} ${inspect([horse])}`).not.toMatch(/hunter2|horse/);
  });
});

describe('passwords and ids', () => {
  const prod = encryptVault('p', key('one').password, 'prod');
  const none = encryptVault('d', key('one').password);

  it.each([
    ['the id', prod, [key('two', 'dev'), key('one', 'prod')]],
    ['another id: they are only names', prod, [key('one', 'dev')]],
    ['no id', prod, [key('one')]],
    ['an id, where the text has none', none, [key('one', 'prod')]],
    ['the same id as a wrong one', prod, [key('two', 'prod'), key('one', 'prod')]],
  ])('a password of %s opens it', (_, text, passwords) => {
    expect(openVault(text, passwords).password.reveal()).toBe('one');
  });

  it.each([
    ['no password', prod, [], 'vault-password-missing: this is encrypted, and no vault password prod is given'],
    ['no password', none, [], 'vault-password-missing: this is encrypted, and no vault password is given'],
    ['a wrong password', none, [key('two')], 'vault-password-wrong: the vault password is wrong'],
    ['a wrong password', prod, [key('two', 'prod')], 'vault-password-wrong: the vault password prod is wrong'],
    [
      'wrong passwords',
      prod,
      [key('two', 'prod'), key('three', 'dev')],
      'vault-password-wrong: the vault password prod is wrong, and no other one fits',
    ],
    [
      'an unknown id',
      prod,
      [key('two', 'dev'), key('three')],
      'vault-id-unknown: no password is given for the vault id prod, and the one of dev, default does not fit',
    ],
  ])('%s', (_, text, passwords, error) => {
    expect(errorOf(() => openVault(text, passwords))).toBe(error);
  });
});

describe('damaged text', () => {
  const envelope = parseEnvelope(TEXT);
  const flip = (bytes: Buffer, at = 0) => Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const inner = (text: string) => `$ANSIBLE_VAULT;1.1;AES256\n${Buffer.from(text).toString('hex')}\n`;
  const parts = [envelope.salt, envelope.mac, envelope.ciphertext].map((part) => part.toString('hex'));
  const damaged = (what: string) => `vault-damaged: the encrypted text is damaged: ${what}`;
  const wrong = 'vault-password-wrong: the vault password is wrong';

  it.each([
    ['nothing', '', damaged('its first line is not of the form $ANSIBLE_VAULT;1.1;AES256')],
    ['a header alone', '$ANSIBLE_VAULT;1.1;AES256\n', damaged('it is not complete')],
    [
      'half a header',
      '$ANSIBLE_VAULT;1.1\n6161',
      damaged('its first line is not of the form $ANSIBLE_VAULT;1.1;AES256'),
    ],
    [
      'another magic word',
      TEXT.replace('$A', 'A'),
      damaged('its first line is not of the form $ANSIBLE_VAULT;1.1;AES256'),
    ],
    ['version 1.0', TEXT.replace('1.1', '1.0'), damaged('its header names a version other than 1.1 and 1.2')],
    ['another cipher', TEXT.replace('AES256', 'AES'), damaged('its header names a cipher other than AES256')],
    ['a letter', TEXT.replace(/\n3/, '\nx'), damaged('its line 2 holds something other than hexadecimal digits')],
    [
      'a digit missing',
      TEXT.trimEnd().slice(0, -1),
      damaged('it has an odd number of hexadecimal digits: one is missing'),
    ],
    ['the end missing', TEXT.trimEnd().slice(0, -4), damaged('its end is missing')],
    ['the last lines missing', TEXT.split('\n').slice(0, 4).join('\n'), damaged('it is not complete')],
    ['no salt', inner(['', ...parts.slice(1)].join('\n')), damaged('its salt is missing')],
    ['no hexadecimal salt', inner(['zz', ...parts.slice(1)].join('\n')), damaged('its salt is not hexadecimal inside')],
    ['a short sum', inner([parts[0], 'ab', parts[2]].join('\n')), damaged('its check sum has 1 bytes instead of 32')],
    ['no content', inner([...parts.slice(0, 2), ''].join('\n')), damaged('its end is missing')],
    ['two parts', inner(parts.slice(0, 2).join('\n')), damaged('it is not complete')],
    ['another salt', formatEnvelope({ ...envelope, salt: flip(envelope.salt) }), wrong],
    ['another sum', formatEnvelope({ ...envelope, mac: flip(envelope.mac, 31) }), wrong],
    ['another content', formatEnvelope({ ...envelope, ciphertext: flip(envelope.ciphertext, 15) }), wrong],
  ])('%s', (_, text, error) => {
    expect(errorOf(() => openVault(text, [horse]))).toBe(error);
  });

  it('no change of any character of the body goes unnoticed', () => {
    for (let at = HEADER.length; at < TEXT.length - 1; at++) {
      if (TEXT[at] === '\n') continue;
      const text = TEXT.slice(0, at) + (TEXT[at] === '1' ? '2' : '1') + TEXT.slice(at + 1);
      // 'a' and 'A' inside mean the same; everything else must be refused.
      if (parses(text)) continue;
      expect(errorOf(() => openVault(text, [horse]))).toMatch(/^vault-(damaged|password-wrong): /);
    }
  });

  /** Whether it has the very same parts. */
  function parses(text: string): boolean {
    try {
      return formatEnvelope(parseEnvelope(text)) === TEXT;
    } catch {
      return false;
    }
  }

  it('shows nothing of the text', () => {
    const text = TEXT.replace(/\n3/, '\nx');
    expect(errorOf(() => openVault(text, [horse]))).not.toContain(text.slice(30, 50));
  });
});
