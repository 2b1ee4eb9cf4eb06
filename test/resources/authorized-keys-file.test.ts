import { describe, expect, it } from 'vitest';
import { describeKey, mergeKeys, parseKeyLine, publicKeyProblem } from '../../src/resources/authorized-keys-file.ts';

const A = 'AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';
const B = 'AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov';
const [ann, bob] = [`ssh-ed25519 ${A} ann`, `ssh-ed25519 ${B} bob`];

describe('a line of authorized_keys', () => {
  it.each([
    [ann, { options: '', type: 'ssh-ed25519', blob: A, comment: 'ann' }],
    [`  ssh-ed25519\t${A}`, { options: '', type: 'ssh-ed25519', blob: A, comment: '' }],
    [`restrict ${ann} at work`, { options: 'restrict', type: 'ssh-ed25519', blob: A, comment: 'ann at work' }],
    [
      `command="echo \\"a b\\" #",no-pty ${ann}`,
      { options: 'command="echo \\"a b\\" #",no-pty', type: 'ssh-ed25519', blob: A, comment: 'ann' },
    ],
    [
      `command="ssh-ed25519 ${B}" ${ann}`,
      { options: `command="ssh-ed25519 ${B}"`, type: 'ssh-ed25519', blob: A, comment: 'ann' },
    ],
    [`#${ann}`, undefined],
    [`#x ${ann}`, undefined],
    ['', undefined],
    ['ssh-ed25519', undefined],
    [`ssh-rsa ${A}`, undefined],
    [`ssh-ed25519 ${A.slice(0, -4)} cut`, undefined],
    [`command="never closed ${ann}`, undefined],
    ['root:$6$abc:19000:0:99999:7:::', undefined],
  ])('%j', (line, key) => {
    expect(parseKeyLine(line)).toEqual(key);
  });

  it.each([
    [ann, undefined],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', 'is a private key: give the public one, from the file ending in .pub'],
    ['ann', 'must be a public key as in a .pub file, whole: type, base64, and a comment if you like'],
  ])('%j: %s', (line, problem) => {
    expect(publicKeyProblem(line)).toBe(problem);
  });

  it('is shown as ssh-keygen shows it, and cannot write to the terminal', () => {
    const key = { options: '', type: 'ssh-ed25519', blob: A, comment: Buffer.from('ünï\u001b[31m').toString('latin1') };
    expect(describeKey(key)).toBe('ssh-ed25519 SHA256:MJeHxLs1Q9ydb3IPuN7s+YuX/qfEIk7LTGj35TNa7Cg ünï?[31m');
  });
});

describe('merging keys', () => {
  const add = (content: string, ...keys: string[]) => mergeKeys(content, { keys, exclusive: false, state: 'present' });

  it.each([
    ['an empty file', '', [ann], `${ann}\n`],
    ['a last line without a newline', bob, [ann], `${bob}\n${ann}\n`],
    ['what is there', `${ann}\n`, [ann], `${ann}\n`],
    ['what is there, without a newline', ann, [ann], ann],
    ['another comment', `${ann}\n`, [`ssh-ed25519 ${A} ann@laptop`], `${ann}\n`],
    ['options that someone set', `restrict ${ann}\n`, [ann], `restrict ${ann}\n`],
    ['options that are wanted', `# keys\n${ann}\n${bob}`, [`restrict ${ann}`], `# keys\nrestrict ${ann}\n${bob}\n`],
    ['a key in a comment', `#x ${ann}\n`, [ann], `#x ${ann}\n${ann}\n`],
    ['other lines', `# a\n\nnonsense\n${bob}\n`, [ann], `# a\n\nnonsense\n${bob}\n${ann}\n`],
    ['the same key twice', '', [ann, `ssh-ed25519 ${A}`], `ssh-ed25519 ${A}\n`],
  ])('to %s', (_, content, keys, result) => {
    expect(add(content, ...keys)).toBe(result);
  });

  it('makes the file hold these alone', () => {
    const content = `# a\n${bob}\n${ann}\n`;
    expect(mergeKeys(content, { keys: [ann], exclusive: true, state: 'present' })).toBe(`${ann}\n`);
  });

  it.each([
    [`# a\n${bob}\n${ann}\n${bob}`, `# a\n${ann}\n`],
    [`restrict ${bob}\n`, ''],
    [ann, ann],
  ])('takes a key from %j', (content, result) => {
    expect(mergeKeys(content, { keys: [bob], exclusive: false, state: 'absent' })).toBe(result);
  });
});
