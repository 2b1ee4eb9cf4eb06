/** Roles are loaded by Node itself here, in a process of its own: the test runner would load them in its own way. */
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Outcome, Request } from '../fixtures/role-loader.ts';
import { folderWith } from '../inventory-files.ts';

let loader: ChildProcess;

beforeAll(async () => {
  loader = fork(join(import.meta.dirname, '..', 'fixtures', 'role-loader.ts'), { execArgv: [] });
  await once(loader, 'message');
}, 60_000);

afterAll(() => {
  loader.kill();
});

async function load(dir: string, name: string): Promise<Outcome> {
  const request: Request = { dir, name };
  const messages = on(loader, 'message');
  loader.send(request);
  for await (const [{ to, outcome }] of messages as AsyncIterable<[Answer]>) {
    if (to.dir === dir && to.name === name) return outcome;
  }
  throw new Error('the role loader has ended');
}

/** `code place: message` and the hint. */
async function failureOf(dir: string, name: string): Promise<string> {
  const answer = await load(dir, name);
  if (!('code' in answer)) throw new Error(`it loaded: ${JSON.stringify(answer)}`);
  const { code, location, message, hint } = answer;
  return `${code} ${location}: ${message}\n${hint}`.replaceAll(`${dir}/`, '');
}

const MOTD = `
import * as z from 'zod';
import { defineRole, group, Secret } from 'provision';
import { names } from './lib/names.ts';

export default defineRole({
  name: 'motd',
  params: z.object({ names: z.array(z.string()).default(names) }),
  resources: ({ params }) => params.names.map((name: string) => group({ name })),
});
`;

describe('loadRole', { timeout: 30_000 }, () => {
  it.each(['{ "type": "commonjs" }', '{}'])('loads a role beside a package.json that says %s', async (content) => {
    const names = "export const names: string[] = ['app'];\n";
    const dir = folderWith({ 'package.json': content, 'roles/motd.ts': MOTD, 'roles/lib/names.ts': names });
    expect(await load(dir, 'motd')).toEqual({ name: 'motd', resources: ['group:app'] });
  });

  it.each(['roles/motd.ts', 'roles/motd/index.ts', 'roles/motd.js'])(
    'loads %s from where nothing is installed',
    async (path) => {
      const folder = path.includes('/index') ? 'roles/motd' : 'roles';
      const source = path.endsWith('.js') ? MOTD.replace(': string', '') : MOTD;
      const dir = folderWith({
        [path]: source,
        [`${folder}/lib/names.ts`]: "export const names: string[] = ['app', 'web'];\n",
      });
      expect(await load(dir, 'motd')).toEqual({ name: 'motd', resources: ['group:app', 'group:web'] });
    },
  );

  it('does not wait for ever for a role that never ends loading', async () => {
    const dir = folderWith({ 'roles/motd.ts': 'await new Promise(() => undefined);\n' });
    expect(await failureOf(dir, 'motd')).toContain(
      'role-invalid roles/motd.ts: the role motd cannot be loaded: it waits for something (`await`) that did not come within 10 s',
    );
  });

  it('loads from a folder whose name has spaces and other signs', async () => {
    const dir = folderWith({
      'a b#c%20?/roles/motd.ts': MOTD,
      'a b#c%20?/roles/lib/names.ts': "export const names = ['app'];\n",
    });
    expect(await load(join(dir, 'a b#c%20?'), 'motd')).toEqual({
      name: 'motd',
      resources: ['group:app'],
    });
  });

  const TYPES = 'Use only types that can be removed without changing the code (`erasableSyntaxOnly` in tsconfig.json).';
  const END = 'End the file like this: `export default defineRole({ name, params, resources })`.';

  it.each<{ name: string; source: string; error: string }>([
    {
      name: 'an enum',
      source: 'const a = 1;\n  enum Color { red }\n',
      error:
        "role-invalid roles/bad.ts:2:3: the role bad cannot be loaded: TypeScript enum cannot be used\nWrite a union of texts instead: `type Color = 'red' | 'blue'`.",
    },
    {
      name: 'a parameter property',
      source: 'class A { constructor(private readonly a: string) {} }\n',
      error:
        'role-invalid roles/bad.ts:1:40: the role bad cannot be loaded: TypeScript parameter property cannot be used\nDeclare the property in the class, and assign it in the constructor.',
    },
    {
      name: 'a namespace',
      source: 'namespace A { export const a = 1; }\n',
      error:
        'role-invalid roles/bad.ts:1:1: the role bad cannot be loaded: TypeScript namespace declaration cannot be used\nWrite plain functions and constants, each with `export`.',
    },
    {
      name: 'an import assignment',
      source: "import fs = require('node:fs');\n",
      error: `role-invalid roles/bad.ts:1:1: the role bad cannot be loaded: TypeScript import equals declaration cannot be used\n${TYPES}`,
    },
    {
      name: 'a syntax error',
      source: "import { defineRole } from 'provision';\nexport default defineRole({ name: });\n",
      error:
        'role-invalid roles/bad.ts:2:35: the role bad cannot be loaded: Expression expected\nCorrect the syntax there.',
    },
    {
      name: 'an import without extension',
      source: "import { defineRole } from 'provision';\nimport { x } from './lib/x';\n",
      error:
        "role-invalid roles/bad.ts:2:19: the role bad cannot be loaded: there is no file './lib/x'\nWrite the whole name of the file, with its extension: `./lib/x.ts`.",
    },
    {
      name: 'the import of a folder',
      source: "import { x } from './lib';\n",
      error:
        "role-invalid roles/bad.ts:1:19: the role bad cannot be loaded: './lib' is a folder\nName the file in it: `./lib/index.ts`.",
    },
    {
      name: 'an import of nothing',
      source: "import { x } from './lib/y.ts';\n",
      error:
        "role-invalid roles/bad.ts:1:19: the role bad cannot be loaded: there is no file './lib/y.ts'\nCheck its path, which is relative to the file that imports it.",
    },
    {
      name: 'a package that is not installed',
      source: "import x from 'left-pad';\n",
      error:
        "role-invalid roles/bad.ts:1:15: the role bad cannot be loaded: there is no package 'left-pad'\nInstall it beside the inventory (npm install left-pad); `provision` and `zod` are always there.",
    },
    {
      name: 'a type imported as a value',
      source: "import {\n  defineRole,\n  Facts,\n} from 'provision';\nexport default defineRole({} as Facts);\n",
      error:
        "role-invalid roles/bad.ts:3:3: the role bad cannot be loaded: 'provision' exports no value Facts\nIf Facts is a type, write `import type { Facts } from 'provision'`; else check its name.",
    },
    {
      name: 'an error in a file that it imports',
      source: "import { x } from './lib/bad.ts';\n",
      error:
        "role-invalid roles/lib/bad.ts:1:8: the role bad cannot be loaded: TypeScript enum cannot be used\nWrite a union of texts instead: `type Color = 'red' | 'blue'`.",
    },
    {
      name: 'code that throws',
      source: "const text: string = '{';\nexport default JSON.parse(text) as unknown;\n",
      error:
        "role-invalid roles/bad.ts:2:21: the role bad cannot be loaded: Expected property name or '}' in JSON at position 1 (line 1 column 2)\nCorrect the code there.",
    },
    {
      name: 'no default export',
      source: 'export const role = 1;\n',
      error: `role-invalid roles/bad.ts: the role bad cannot be used: it has no default export\n${END}`,
    },
    {
      name: 'a default export that is no role',
      source: 'export default () => [];\n',
      error: `role-invalid roles/bad.ts: the role bad cannot be used: its default export is no role\n${END}`,
    },
    {
      name: 'parameters that are no schema',
      source: "export default { name: 'bad', params: { a: 1 }, resources: () => [] };\n",
      error: `role-invalid roles/bad.ts: the role bad cannot be used: \`params\` must be a z.object of the variables that it reads\n${END}`,
    },
    {
      name: 'no resources',
      source: "import * as z from 'zod';\nexport default { name: 'bad', params: z.object({}) };\n",
      error: `role-invalid roles/bad.ts: the role bad cannot be used: \`resources\` must be a function\n${END}`,
    },
    {
      name: 'peers that are no function',
      source:
        "import * as z from 'zod';\nexport default { name: 'bad', params: z.object({}), resources: () => [], peers: [] };\n",
      error: `role-invalid roles/bad.ts: the role bad cannot be used: \`peers\` must be a function\n${END}`,
    },
    {
      name: 'another name',
      source:
        "import * as z from 'zod';\nexport default { name: 'good', params: z.object({}), resources: () => [] };\n",
      error:
        'role-invalid roles/bad.ts: the role bad cannot be used: it calls itself "good"\nGive it the name of its file: `name: \'bad\'`.',
    },
  ])('refuses $name', async ({ source, error }) => {
    const dir = folderWith({
      'roles/bad.ts': source,
      'roles/lib/x.ts': 'export const x = 1;\n',
      'roles/lib/bad.ts': 'export enum E { a }\n',
    });
    expect(await failureOf(dir, 'bad')).toBe(error);
  });

  it.each(['modt', '../motd', '-rf', '$(id)', ''])('does not find %j', async (name) => {
    const dir = folderWith({ 'roles/motd.ts': MOTD, 'motd.ts': MOTD });
    expect(await failureOf(dir, name)).toMatch(
      /^role-not-found : there is no role ".*"\n.*\bmotd\b.* A role of your own is the file roles\/NAME\.ts\.$/,
    );
  });
});
