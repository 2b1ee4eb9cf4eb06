import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { draftOf } from '../../src/wizard/draft.ts';
import type { Answers } from '../../src/wizard/question.ts';
import { runWizard, writeFromFlags } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, toolsFor } from './setting.ts';

const TWO = ['web1=root@203.0.113.10', 'web2=root@203.0.113.11'];
const FLAGS: Answers = { name: 'prod', app: 'app', domain: 'shop.example.com' };

let folder: string;
beforeEach(() => {
  folder = folderWith({ 'app/Dockerfile': 'FROM scratch\n' });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function notesOf(answers: Answers) {
  const flags = { ...FLAGS, ...answers };
  const tools = await toolsFor(folder, fakePrompter());
  return (await writeFromFlags({ flags, inventory: undefined, force: false }, { tools, schema: 's' })).notes;
}

it('is told of a database on several hosts that options ask for', async () => {
  expect(await notesOf({ servers: TWO, database: 'postgres', redis: 'yes' })).toEqual([
    'Each of the 2 hosts has its own database and redis, and they share no data: for one that they share give --database none --redis=no, and its address with --env.',
  ]);
});

it.each<[string, Answers]>([
  ['one host', { servers: TWO.slice(1), database: 'postgres' }],
  ['no data', { servers: TWO }],
])('is not told of %s', async (_name, answers) => {
  expect(await notesOf(answers)).toEqual([]);
});

it('is told where the database is asked for, and in the overview', async () => {
  const prompter = fakePrompter([
    ['Database', 'postgres'],
    ['All as it should be', 'leave'],
  ]);
  const offered: string[] = [];
  const choose: typeof prompter.choose = (prompt) => {
    if (prompt.message.startsWith('All as')) offered.push(...prompt.choices.map(({ name }) => name));
    return prompter.choose(prompt);
  };
  const tools = await toolsFor(folder, { ...prompter, choose });
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  const request = { flags: { ...FLAGS, servers: TWO }, inventory: undefined, force: false };
  await runWizard(request, draft, { tools, schema: 's' });
  expect(prompter.said).toContain(
    '  Each of the 2 hosts gets a database of its own: they share no data. For one that they share choose none here, and give its address in an environment variable.',
  );
  expect(offered).toContain('database     postgres (each of 2 hosts its own): app:owner');
});
