/** The topic of the hosts, opened from the overview of an inventory that exists. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { BACK } from '../../src/wizard/asking/prompter.ts';
import { draftOf } from '../../src/wizard/draft.ts';
import type { Meeting } from '../../src/wizard/meet-host.ts';
import { runWizard } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, HOST_KEY, type Script, SURVEY, toolsFor } from './setting.ts';

const OTHER_KEY = HOST_KEY.replace('EBTg', 'EBTh');

const THREE = `all:
  vars: { roles: [packages], packages: [curl] }
  hosts:
    web1: { ansible_host: 203.0.113.1, provision_host_key: ${HOST_KEY} }
    web2: { ansible_host: 203.0.113.2, provision_host_key: ${HOST_KEY} }
    web3: { ansible_host: 203.0.113.3 }
`;
const ONE = THREE.replace(/ {4}web[23].*\n/g, '');

let folder: string;
beforeEach(() => {
  folder = folderWith({});
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens the topic, answers, and writes. @returns which hosts were met, what was asked, and the file */
async function changeHosts(text: string, answers: Script, survey?: Meeting['survey']) {
  const file = join(folder, 'site.yml');
  writeFileSync(file, text);
  const met: string[] = [];
  const prompter = fakePrompter([['All as it should be', 'hosts'], ...answers]);
  const meeting: Meeting = {
    showKey: async () => ({ key: OTHER_KEY, fingerprint: 'ssh-ed25519 SHA256:other', isKnown: false }),
    async survey(host, key) {
      met.push(host.server.name ?? '');
      return survey === undefined ? SURVEY : survey(host, key);
    },
  };
  const tools = await toolsFor(folder, prompter, { meeting });
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  await runWizard({ flags: {}, inventory: file, force: false }, draft, { tools, schema: '/schema.json' });
  expect(prompter.left()).toEqual([]);
  return { met, asked: prompter.asked, text: readFileSync(file, 'utf8') };
}

/** Nothing is changed but what is asked for. */
async function write(text: string, answers: Script, shows: Partial<Meeting> = {}) {
  const file = join(folder, 'site.yml');
  writeFileSync(file, text);
  const prompter = fakePrompter(answers);
  const tools = await toolsFor(folder, prompter);
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  const meeting = { ...tools.meeting, ...shows };
  const request = { flags: {}, inventory: file, force: false };
  await runWizard(request, draft, { tools: { ...tools, meeting }, schema: '/schema.json' });
  expect(prompter.left()).toEqual([]);
  return { prompter, text: readFileSync(file, 'utf8') };
}

it('offers to confirm the keys that nobody knows, before the plan would stop at them', async () => {
  const { text, prompter } = await write(THREE, [['Is that the key of web3', 'yes']]);
  expect(text).toContain(`web3:\n      ansible_host: 203.0.113.3\n      provision_host_key: ${HOST_KEY}\n`);
  expect(prompter.asked.filter((message) => message.startsWith('Is that the key'))).toHaveLength(1);
});

it('pins no key that is declined, known already, or not shown', async () => {
  expect((await write(THREE, [['Is that the key of web3', 'no']])).text).toBe(THREE);
  const isKnown = async () => ({ key: HOST_KEY, fingerprint: 'SHA256:x', isKnown: true });
  const refuse = () => Promise.reject(new ProvisionError('unreachable', 'nobody answers', { hint: 'Is it up?' }));
  for (const showKey of [isKnown, refuse]) {
    const { text, prompter } = await write(THREE, [], { showKey });
    expect([text, prompter.asked]).toEqual([THREE, ['All as it should be?']]);
  }
});

it('of several hosts none is met that nobody chose', async () => {
  const { met, text } = await changeHosts(THREE, [['Is that the key of web3', 'no']]);
  expect(met).toEqual([]);
  expect(text).toBe(THREE);
});

it('one of several is chosen to be met, and another one then', async () => {
  const { met, asked, text } = await changeHosts(THREE, [
    ['Connect to a host', 'web3=203.0.113.3'],
    ['Connect to a host', 'web1=203.0.113.1'],
  ]);
  expect(met).toEqual(['web3', 'web1']);
  expect(asked.filter((message) => message.startsWith('Connect to a host'))).toHaveLength(3);
  expect(text.match(/provision_host_key/g)).toHaveLength(3);
});

it('what is added or changed is met at once', async () => {
  const added = await changeHosts(THREE, [
    ['Hosts', 'add'],
    ['Address or name', '203.0.113.4'],
  ]);
  expect(added.met).toEqual(['web4']);
  expect(added.text).toMatch(/web4:/);
  const changed = await changeHosts(THREE, [
    ['Hosts', '1'],
    ['Port of its SSH server', '2222'],
  ]);
  expect(changed.met).toEqual(['web2']);
  const removed = await changeHosts(THREE, [['Hosts', '-0']]);
  expect(removed.met).toEqual([]);
  expect(removed.text).not.toContain('web1');
});

it('going back leads from the key to the choice, and from the choice to the question before', async () => {
  const { met, asked } = await changeHosts(THREE, [
    ['Connect to a host', 'web3=203.0.113.3'],
    ['Is that the key of web3', BACK],
    ['Connect to a host', BACK],
  ]);
  expect(met).toEqual([]);
  const from = asked.indexOf('Is that the key of web3?');
  expect(asked.slice(from, from + 4)).toEqual([
    'Is that the key of web3?',
    'Connect to a host, to see whether it lets you in?',
    'Is there a password to log in with, where no key works?',
    'Connect to a host, to see whether it lets you in?',
  ]);
});

it('a single host is met without a choice', async () => {
  const { met, asked } = await changeHosts(ONE, []);
  expect(met).toEqual(['web1']);
  expect(asked.join()).not.toContain('Connect to a host');
});

it('a host that was set up anew shows its key to be confirmed', async () => {
  const changed = new ProvisionError('host-key-changed', 'the host key is not the one', { hint: 'Find out why.' });
  const { text } = await changeHosts(ONE, [['web1 could not be looked at', 'other']], async (_host, key) => {
    if (key !== OTHER_KEY) throw changed;
    return SURVEY;
  });
  expect(text).toContain(OTHER_KEY);
});

const MANY = THREE.replace(/ {4}web3.*\n/, (line) =>
  Array.from({ length: 10 }, (_, i) => line.replace('web3', `web${i + 3}`)).join(''),
);

it('of many hosts one is chosen before what to do with it', async () => {
  const removed = await changeHosts(MANY, [
    ['Hosts (12)', '4'],
    ['What about web5=203.0.113.3', '-4'],
  ]);
  expect(removed.asked).toContain('Hosts (11)');
  expect(removed.text).not.toContain('web5');
  const changed = await changeHosts(MANY, [
    ['Hosts (12)', '11'],
    ['What about web12', BACK],
    ['Hosts (12)', '11'],
    ['Port of its SSH server', '2222'],
  ]);
  expect(changed.met).toEqual(['web12']);
});

it('all of them are met at once, until somebody goes back', async () => {
  const all = await changeHosts(THREE, [['Connect to a host', 'all']]);
  expect(all.met).toEqual(['web1', 'web2', 'web3']);
  expect(all.asked.filter((message) => message.startsWith('Connect to a host'))).toHaveLength(2);
  const gone = new ProvisionError('unreachable', 'nobody answers', { hint: 'Is it up?' });
  const left = await changeHosts(
    THREE,
    [
      ['Connect to a host', 'all'],
      ['web2 could not be looked at', 'back'],
    ],
    (host) => (host.server.name === 'web2' ? Promise.reject(gone) : Promise.resolve(SURVEY)),
  );
  expect(left.met).toEqual(['web1', 'web2']);
});

it('more than a few hosts are counted in the overview', async () => {
  const seen: string[] = [];
  const file = join(folder, 'site.yml');
  writeFileSync(file, MANY);
  const prompter = fakePrompter([['All as it should be', 'leave']]);
  const choose: typeof prompter.choose = (prompt) => {
    seen.push(...prompt.choices.map(({ name }) => name));
    return prompter.choose(prompt);
  };
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  const tools = await toolsFor(folder, { ...prompter, choose });
  await runWizard({ flags: {}, inventory: file, force: false }, draft, { tools, schema: '/schema.json' });
  expect(seen).toContainEqual(expect.stringMatching(/^hosts +12: web1=203.0.113.1, web2=/));
});

it('who has only looked leaves no unfinished work', async () => {
  const file = join(folder, 'site.yml');
  writeFileSync(file, THREE);
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  const leave = async (answers: Script) => {
    const prompter = fakePrompter([...answers, ['All as it should be', 'leave']]);
    const tools = await toolsFor(folder, prompter);
    await runWizard({ flags: {}, inventory: file, force: false }, draft, { tools, schema: '/schema.json' });
    return draft.read()?.answers.packages;
  };
  const look: Script = [
    ['All as it should be', 'hosts'],
    ['All as it should be', 'packages'],
  ];
  expect(await leave(look)).toBeUndefined();
  expect(draft.read()).toBeUndefined();
  const change: Script = [
    ['All as it should be', 'packages'],
    ['Packages', 'curl, git'],
  ];
  expect(await leave(change)).toEqual(['curl', 'git']);
});
