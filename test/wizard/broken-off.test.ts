import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { type ErrorCode, ProvisionError } from '../../src/errors.ts';
import { ask } from '../../src/wizard/asking/ask.ts';
import { askPassword, BACK, WentBack } from '../../src/wizard/asking/prompter.ts';
import { walk } from '../../src/wizard/asking/walk.ts';
import { questionOf } from '../../src/wizard/questions.ts';
import { createView } from '../../src/wizard/view.ts';
import { fakePrompter, folderWith, SURVEY, toolsFor } from './setting.ts';

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

it('goes back from the vault password to what was typed, and from there to where it comes from', async () => {
  const prompter = fakePrompter([
    ['sudo', 'type'],
    ['Type it', 'canary'],
    ['Type it', BACK],
    ['sudo', 'none'],
  ]);
  const seal = () => Promise.reject(new WentBack('New vault password:'));
  const tools = await toolsFor(folder, prompter, { seal });
  expect(await ask(questionOf('sudoPassword'), createView({}, tools.machine), tools)).toBe('none');
  expect(prompter.asked.map((message) => message.split(' ')[0])).toEqual(['Does', 'Type', 'Type', 'Does']);
});

it('goes back from the vault password that a host needs, to the question before', async () => {
  const meeting = {
    showKey: () => Promise.reject(new WentBack('Vault password:')),
    survey: () => Promise.reject(new Error('nobody looks at it')),
  };
  const tools = await toolsFor(folder, fakePrompter(), { meeting });
  const view = createView({ servers: ['web1=root@192.0.2.1'] }, tools.machine);
  expect(await ask(questionOf('hostKeys'), view, tools)).toBe(BACK);
});

it('asks for a password of the vault with what Escape does elsewhere', async () => {
  expect(await askPassword('Vault password:', fakePrompter([['Vault', 'right']]))).toBe('right');
  await expect(askPassword('Vault password:', fakePrompter([['Vault', BACK]]))).rejects.toBeInstanceOf(WentBack);
  await expect(askPassword('Vault password:', fakePrompter([['Vault', ' ']]))).rejects.toThrow('must be given');
});

it('goes on by Enter alone to where a password is typed, where sudo wants one', async () => {
  const { meeting, ...tools } = await toolsFor(folder, fakePrompter([['Name of the variable', 'SUDO']]));
  const survey: typeof meeting.survey = async ({ sudoPassword }) => {
    if (sudoPassword === 'env:SUDO') return SURVEY;
    throw new ProvisionError('become-password-missing', 'sudo asks for a password');
  };
  const questions = [questionOf('hostKeys')];
  const walked = walk(
    { servers: ['web1=deploy@192.0.2.1'] },
    { questions, advanced: false, keep: () => undefined },
    { ...tools, meeting: { ...meeting, survey } },
  );
  expect(await walked).toMatchObject({ sudoPassword: 'env:SUDO' });
});
