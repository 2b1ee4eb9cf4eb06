import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DraftFile, draftOf } from '../../src/wizard/draft.ts';
import type { Answers } from '../../src/wizard/question.ts';
import { runWizard } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, HOST_KEY, KEY, type Script, toolsFor } from './setting.ts';

const PROD = `# Ours.
all:
  vars:
    ansible_user: root
    roles: [users, docker, stack, haproxy]
    users:
      - { name: alice, sudo: nopasswd, authorized_keys: ["${KEY}"] }
    docker: { source: distro }
    stack:
      name: shop
      services:
        app:
          image: registry.example.com/shop:1
          replicas: 2
          port: 8080
          health: { path: /, status: 200 }
    haproxy:
      routes:
        - { path: /, service: app }
  hosts:
    web1: { ansible_host: 203.0.113.10, provision_host_key: "${HOST_KEY}" }
`;
const BY_HAND: readonly (readonly [string, string])[] = [
  ['  hosts:\n', `  hosts:\n    web2: { ansible_host: 203.0.113.11, provision_host_key: "${HOST_KEY}" }\n`],
  [
    '    docker: {',
    `      - { name: bob, authorized_keys: ["${KEY.replace('M6w alice', 'M6x bob')}"] }\n    docker: {`,
  ],
  ['replicas: 2', 'replicas: 3 # more of it'],
];

let folder: string;
let file: string;
let draft: DraftFile;

beforeEach(() => {
  folder = folderWith({ 'inventory/prod.yml': PROD });
  file = join(folder, 'inventory/prod.yml');
  draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An editor of somebody else's. */
function edit(changes = BY_HAND): string {
  const text = changes.reduce((sofar, [from, to]) => sofar.replace(from, to), readFileSync(file, 'utf8'));
  writeFileSync(file, text);
  return text;
}

/** @param meanwhile is done when the overview is there for the first time */
async function run(script: Script, flags: Answers = {}, meanwhile?: () => void) {
  const prompter = fakePrompter(script);
  let isDone = false;
  const tools = await toolsFor(folder, {
    ...prompter,
    choose: (prompt) => {
      if (meanwhile && !isDone && prompt.message.startsWith('All as')) {
        isDone = true;
        meanwhile();
      }
      return prompter.choose(prompt);
    },
  });
  const request = { flags, inventory: file, force: false };
  const written = await runWizard(request, draft, { tools, schema: '/schema.json' });
  return { prompter, written, text: readFileSync(file, 'utf8') };
}

/** Another port is answered, and it is left: by the choice of that, as by Ctrl-C. */
const leave = () => run([['All as it should be', 'leave']], { port: '9090' });

describe('going on with answers where the inventory has changed since', () => {
  it('changes nothing but what was answered', async () => {
    await leave();
    const edited = edit();
    const { prompter, text } = await run([]);
    expect(text).toBe(edited.replace('port: 8080', 'port: 9090'));
    expect(prompter.said).toContain('! inventory/prod.yml has changed since: hosts, people, application');
  });

  it('says nothing where it has not, and keeps what was answered', async () => {
    await leave();
    const { prompter, text } = await run([]);
    expect(text).toBe(PROD.replace('port: 8080', 'port: 9090'));
    expect(prompter.said.join('\n')).not.toContain('changed since');
  });

  it('takes the answer where both were changed, and says so', async () => {
    await leave();
    edit([['port: 8080', 'port: 7070']]);
    const { prompter, text } = await run([]);
    expect(text).toContain('port: 9090');
    expect(prompter.said.join('\n')).toContain('changed there, and answered here');
  });

  it('adds a host of the answers to those that were added by hand, and removes none', async () => {
    await run([['All as it should be', 'leave']], { servers: ['web3=root@203.0.113.13'] });
    edit();
    const { text } = await run([]);
    expect(text.match(/ansible_host: \S+[0-9]/g)).toHaveLength(3);
  });

  it.each<[string, RegExp]>([
    ['on', /port: 8080/],
    ['leave', /port: 8080/],
  ])('asks where the answers have no place in it any more: %s', async (choice, expected) => {
    await leave();
    edit([['    stack:\n', '    stackless: x\n    _stack:\n'], ...BY_HAND.slice(0, 1)]);
    const edited = readFileSync(file, 'utf8');
    const { prompter, written, text } = await run([['What about inventory/prod.yml', choice]]);
    expect([prompter.left(), text]).toEqual([[], edited]);
    expect(text).toMatch(expected);
    expect([written === undefined, draft.read()?.answers.port]).toEqual(
      choice === 'leave' ? [true, '9090'] : [false, undefined],
    );
  });

  it('asks where the file is gone', async () => {
    await leave();
    rmSync(file);
    writeFileSync(join(folder, 'inventory/other.yml'), PROD);
    const prompter = fakePrompter([['What about inventory/prod.yml', 'leave']]);
    const tools = await toolsFor(folder, prompter);
    const request = { flags: {}, inventory: file, force: false };
    expect(await runWizard(request, draft, { tools, schema: '/schema.json' })).toBeUndefined();
    expect(prompter.said).toContain('! inventory/prod.yml is gone: somebody has removed or renamed it');
  });
});

describe('an inventory that is changed while the wizard is open', () => {
  it('is changed as it is then, and that is said', async () => {
    let edited = '';
    const { prompter, text } = await run([], { port: '9090' }, () => {
      edited = edit();
    });
    expect(text).toBe(edited.replace('port: 8080', 'port: 9090'));
    expect(prompter.said).toContain('! inventory/prod.yml has changed since: hosts, people, application');
    // It is shown once more before it is written.
    expect(prompter.asked.filter((message) => message.startsWith('All as'))).toHaveLength(2);
  });

  it('is not overwritten where that happens during the check, which may ask for a password', async () => {
    let edited = '';
    const prompter = fakePrompter([]);
    const checkWhole = async () => {
      edited ||= edit();
    };
    const tools = await toolsFor(folder, prompter, { checkWhole });
    await runWizard({ flags: { port: '9090' }, inventory: file, force: false }, draft, {
      tools,
      schema: '/schema.json',
    });
    expect(readFileSync(file, 'utf8')).toBe(edited.replace('port: 8080', 'port: 9090'));
    expect(prompter.said).toContain('! prod.yml was changed by somebody else while it was checked');
  });

  it('is not written where it cannot be read any more', async () => {
    const { prompter, text } = await run(
      [
        ['All as it should be', 'write'],
        ['All as it should be', 'leave'],
      ],
      { port: '9090' },
      () => writeFileSync(file, 'all: [\n'),
    );
    expect(text).toBe('all: [\n');
    expect(prompter.said.join('\n')).toContain('Nothing is written.');
  });
});
