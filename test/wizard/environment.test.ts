import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadInventory } from '../../src/inventory/load.ts';
import { resolveHosts } from '../../src/inventory/resolve.ts';
import { BACK } from '../../src/wizard/asking/prompter.ts';
import { draftOf } from '../../src/wizard/draft.ts';
import type { Answers } from '../../src/wizard/question.ts';
import { runWizard, writeFromFlags } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, type Script, toolsFor } from './setting.ts';

const FLAGS: Answers = {
  name: 'prod',
  servers: ['web1=root@203.0.113.10'],
  image: 'registry.example.com/shop:1',
  database: 'postgres',
};
const seal = async () => '$ANSIBLE_VAULT;1.1;AES256\n6162\n';

let folder: string;

beforeEach(() => {
  folder = folderWith({});
});

afterEach(() => rmSync(folder, { recursive: true }));

function read(): string {
  return readFileSync(join(folder, 'inventory/prod.yml'), 'utf8');
}

async function type(script: Script, flags = FLAGS) {
  const prompter = fakePrompter(script);
  const tools = await toolsFor(folder, prompter, { seal });
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  await runWizard({ flags, inventory: undefined, force: true }, draft, { tools, schema: '/schema.json' });
  return prompter;
}

async function give(environment: readonly string[], inventory?: string, env = {}) {
  const tools = await toolsFor(folder, fakePrompter(), { seal, env });
  const flags = inventory === undefined ? { ...FLAGS, environment } : { environment };
  return writeFromFlags({ flags, inventory, force: false }, { tools, schema: '/schema.json' });
}

it('is asked for on the first walk, and Enter goes on without', async () => {
  const prompter = await type([]);
  expect(prompter.asked.filter((message) => message.startsWith('Environment variables'))).toHaveLength(1);
});

it('takes what is called like a secret hidden, and encrypts it', async () => {
  const prompter = await type([
    ['Environment variables', 'add'],
    ['Name of the variable', 'SECRET_KEY'],
    ['The secret is', 'type'],
    ['Type it', 'canary-7f3a'],
    ['Environment variables', 'add'],
    ['Name of the variable', 'LOG_LEVEL'],
    ['Value', 'info'],
  ]);
  expect(prompter.left()).toEqual([]);
  expect(read()).toContain('SECRET_KEY: "{{ secrets.secret_key }}"');
  expect(read()).toContain('      secret_key: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162\n');
  expect(read()).toContain('LOG_LEVEL: info');
  expect(read() + prompter.said.join()).not.toContain('canary');
});

it('goes back within an entry over what does not arise', async () => {
  const prompter = await type([
    ['Environment variables', 'add'],
    ['Name of the variable', 'PUBLIC_NAME'],
    ['a secret?', 'secret'],
    ['The secret is', BACK],
    ['a secret?', BACK],
    ['Name of the variable', 'SITE_NAME'],
    ['a secret?', 'plain'],
    ['Value', 'Shop'],
  ]);
  expect(prompter.left()).toEqual([]);
  expect(read()).toContain('SITE_NAME: Shop');
  expect(read()).not.toContain('PUBLIC_NAME');
});

it('by flags comes from where secrets come from', async () => {
  const { notes } = await give(
    ['A_KEY:secret', 'B:secret=env:B', 'C:secret=file:c.txt', 'D:secret=encrypt:env:D', 'E=open'],
    undefined,
    { D: 'canary-7f3a' },
  );
  expect(notes).toEqual([]);
  for (const line of ['a_key: generate', 'b: { env: B }', 'c: { file: ../c.txt }', 'd: !vault |', 'E: open']) {
    expect(read()).toContain(line);
  }
});

it('stands as it is, byte for byte, where nothing is changed, and changes from open to secret', async () => {
  await give(['A_KEY:secret', 'B:secret=env:B', 'API_TOKEN=canary-7f3a']);
  const before = read();
  const hosts = await resolveHosts(await loadInventory(join(folder, 'inventory/prod.yml'), { env: { B: 'x' } }), {});
  expect(hosts).toHaveLength(1);
  await give([], 'inventory/prod.yml');
  expect(read()).toBe(before);
  const { notes } = await give(['API_TOKEN:secret=env:API_TOKEN', 'B=open'], 'inventory/prod.yml');
  expect(read()).not.toContain('canary');
  expect(read()).toContain('api_token: { env: API_TOKEN }');
  expect(read()).toMatch(/B: "?open/);
  expect([read().includes('{ env: B }'), notes]).toEqual([false, []]);
});

it('takes no name of a secret that stands there for something else', async () => {
  await give(['DB_APP:secret=env:OTHER']);
  expect(read()).toContain('db_app: generate');
  expect(read()).toContain('DB_APP: "{{ secrets.db_app_2 }}"');
  expect(read()).toContain('db_app_2: { env: OTHER }');
});

it('leaves a reference to what something else needs as well', async () => {
  await give(['PASSWORD={{ secrets.db_app }}']);
  await give(['PASSWORD=x'], 'inventory/prod.yml');
  expect(read()).toContain('db_app: generate');
});

it('tells how to encrypt what stands openly', async () => {
  const { notes } = await give(['API_TOKEN=canary-7f3a']);
  expect(notes).toEqual([
    'API_TOKEN stands openly in the inventory: --env API_TOKEN:secret=encrypt:env:API_TOKEN encrypts what that variable holds.',
  ]);
});

it('is shown in no menu where its name is that of a secret', async () => {
  const shown: string[] = [];
  const prompter = fakePrompter([]);
  const tools = await toolsFor(folder, {
    ...prompter,
    choose: (prompt) => {
      shown.push(...prompt.choices.map(({ name }) => name));
      return prompter.choose(prompt);
    },
  });
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  draft.write({ inventory: undefined, answers: { environment: ['API_TOKEN=canary-7f3a'] }, unfinished: 'environment' });
  await runWizard({ flags: FLAGS, inventory: undefined, force: false }, draft, { tools, schema: '/schema.json' });
  expect(shown).toContain('change API_TOKEN=…');
  expect(shown.join()).not.toContain('canary');
});
