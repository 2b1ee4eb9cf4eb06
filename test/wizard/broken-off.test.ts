import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { type ErrorCode, ProvisionError } from '../../src/errors.ts';
import { ask } from '../../src/wizard/ask.ts';
import { questionOf } from '../../src/wizard/questions.ts';
import { createView } from '../../src/wizard/view.ts';
import { fakePrompter, folderWith, toolsFor } from './setting.ts';

const folder = folderWith({});
afterAll(() => rmSync(folder, { recursive: true }));

/** Somebody types a password, and the vault's own password comes to this. */
async function typeSecret(code: ErrorCode) {
  const prompter = fakePrompter([
    ['sudo', 'type'],
    ['Type it', 'canary'],
    ['sudo', 'none'],
  ]);
  const seal = () => Promise.reject(new ProvisionError(code, 'it came to nothing', { hint: 'Try again.' }));
  const tools = await toolsFor(folder, prompter, { seal });
  return ask(questionOf('sudoPassword'), createView({}, tools.machine), tools);
}

it('is left where the question for the vault password is broken off', async () => {
  await expect(typeSecret('interrupted')).rejects.toMatchObject({ code: 'interrupted' });
});

it('is asked again where the vault password will not do', async () => {
  expect(await typeSecret('vault-password-wrong')).toBe('none');
});
