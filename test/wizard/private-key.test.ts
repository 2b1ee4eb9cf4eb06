import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ask } from '../../src/wizard/asking/ask.ts';
import { takeIn } from '../../src/wizard/intake.ts';
import { privateKeyProblem } from '../../src/wizard/local-machine.ts';
import { questionOf } from '../../src/wizard/questions.ts';
import { createView } from '../../src/wizard/view.ts';
import { fakePrompter, folderWith, KEY, toolsFor } from './setting.ts';

const folder = folderWith({ 'key.pub': KEY, 'notes.txt': 'hello', 'keys/x': '' });
for (const [name, passphrase] of [
  ['open', ''],
  ['locked', 'secret'],
]) {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase ?? '', '-f', join(folder, name ?? '')]);
}

afterAll(() => rmSync(folder, { recursive: true }));

const machine = { folder, home: folder };
const question = questionOf('sshKey');

it.each([
  ['open', undefined],
  ['~/open', undefined],
  // Its passphrase is asked for elsewhere: by the agent, or in the inventory.
  ['locked', undefined],
  ['{{ inventory_dir }}/key', undefined],
  ['', undefined],
  ['missing', 'missing cannot be used: there is no such file'],
  ['notes.txt/x', 'notes.txt/x cannot be used: there is no such file'],
  ['keys', 'keys cannot be used: it is a folder'],
  ['key.pub', 'key.pub cannot be used: it is a public key'],
  ['notes.txt', 'notes.txt cannot be used: it is no private key'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----', 'must be the path of a file, not the key itself'],
])('a private key %j', (text, problem) => {
  expect(privateKeyProblem(text, machine)).toBe(problem);
});

it('is refused as an option', async () => {
  const view = createView({}, machine);
  await expect(takeIn(question, 'key.pub', view, { machine, env: {}, seal: undefined })).rejects.toMatchObject({
    code: 'usage',
    message: '--ssh-key: key.pub cannot be used: it is a public key',
  });
});

it('is refused as it is typed', async () => {
  const tools = await toolsFor(folder, fakePrompter([['Private key', 'missing']]));
  const view = createView({ servers: ['web1=root@192.0.2.1'] }, tools.machine);
  await expect(ask(question, view, tools)).rejects.toThrow('missing is refused: missing cannot be used');
});

it.each([
  [[], 'Private key to log in with (empty: those of the agent, then of ~/.ssh)'],
  [[{ value: '~/.ssh/one', name: '~/.ssh/one' }], 'Private key to log in with (type, or choose)'],
])('is asked for so that it is plain what counts without one: of %j', async (privateKeys, message) => {
  const prompter = fakePrompter();
  const { machine } = await toolsFor(folder, prompter);
  const suggestions = { ...machine.suggestions, privateKeys };
  const tools = await toolsFor(folder, prompter, { machine: { ...machine, suggestions } });
  expect(await ask(question, createView({}, tools.machine), tools)).toBe('');
  expect(prompter.asked).toEqual([message]);
});
