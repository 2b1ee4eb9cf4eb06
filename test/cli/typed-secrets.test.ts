import { expect, it } from 'vitest';
import { DEFAULTS } from '../../src/cli/arguments/options.ts';
import { typedSecrets } from '../../src/cli/typed-secrets.ts';
import { Secret } from '../../src/shell/secret.ts';
import { encryptVault } from '../../src/vault/vault.ts';
import { WentBack } from '../../src/wizard/asking/prompter.ts';

const PASSWORD = Secret.named('password', 'right');
const ENVELOPE = encryptVault('canary', PASSWORD, 'default');

/** Somebody who answers so, one after another; undefined: Escape. */
function asking(answers: readonly (string | undefined)[]) {
  const asked: string[] = [];
  const left = [...answers];
  const vault = typedSecrets(DEFAULTS, async (message) => {
    asked.push(message);
    const answer = left.shift();
    if (answer === undefined) throw new WentBack(message);
    return answer;
  });
  return { vault, asked };
}

it('what stands encrypted in the inventory is opened with a password that is asked for once', async () => {
  const { vault, asked } = asking(['right']);
  expect((await vault.open(ENVELOPE)).reveal()).toBe('canary');
  expect((await vault.open(ENVELOPE)).reveal()).toBe('canary');
  expect(asked).toEqual(['Vault password:']);
  expect(await (await vault.keyring())?.unlock()).toHaveLength(1);
});

it('a password that is wrong, or not given, is asked for again', async () => {
  const { vault } = asking(['wrong', undefined, 'right']);
  await expect(vault.open(ENVELOPE)).rejects.toMatchObject({ code: 'vault-password-wrong' });
  await expect(vault.open(ENVELOPE)).rejects.toBeInstanceOf(WentBack);
  expect(await vault.keyring()).toBeUndefined();
  expect((await vault.open(ENVELOPE)).reveal()).toBe('canary');
});

it('the password to encrypt with is asked for as others of the wizard, again after going back, and twice', async () => {
  const { vault, asked } = asking(['first', undefined, 'new', 'new']);
  const secret = Secret.named('secret', 'canary');
  await expect(vault.seal(secret)).rejects.toBeInstanceOf(WentBack);
  const envelope = await vault.seal(secret);
  expect(asked.slice(2)).toEqual(['New vault password:', 'New vault password, once more:']);
  expect((await vault.open(envelope)).reveal()).toBe('canary');
});
