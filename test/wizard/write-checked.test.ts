import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onSignal } from '../../src/cli/on-signal.ts';
import { ProvisionError } from '../../src/errors.ts';
import { type CheckWhole, type Wanted, writeChecked } from '../../src/wizard/write-checked.ts';
import { folderWith } from './setting.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = folderWith({ 'inventory/prod.yml': 'old\n' });
  file = join(folder, 'inventory/prod.yml');
  chmodSync(file, 0o640);
});

afterEach(() => rmSync(folder, { recursive: true }));

const write = (wanted: Wanted, checkWhole: CheckWhole) => writeChecked(wanted, { checkWhole, onSignal });
const extras = () => [{ path: join(folder, 'Dockerfile'), content: 'FROM scratch\n' }];
const names = () => readdirSync(folder, { recursive: true }).sort();

async function refuse(path: string): Promise<never> {
  throw new ProvisionError('inventory-structure', `${path} will not do`, { location: `${path}:3:1` });
}

describe('what was checked', () => {
  it('is written, with all that belongs to it there while it is checked', async () => {
    let seen: readonly string[] = [];
    await write({ file, content: 'new\n', extras: extras() }, async (path) => {
      seen = [
        dirname(path),
        readFileSync(path, 'utf8'),
        readFileSync(file, 'utf8'),
        String(existsSync(join(folder, 'Dockerfile'))),
      ];
    });
    expect(seen).toEqual([dirname(file), 'new\n', 'old\n', 'true']);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new\n', 0o640]);
    expect(names()).toEqual(['Dockerfile', 'inventory', 'inventory/prod.yml']);
  });

  it('is the file itself where that stays as it is', async () => {
    let seen = '';
    await write({ file, content: undefined, extras: [] }, async (path) => {
      seen = path;
    });
    expect([seen, readFileSync(file, 'utf8')]).toEqual([file, 'old\n']);
  });
});

describe('what was refused', () => {
  it('leaves no trace, and is told by the name that it would have had', async () => {
    const error = await write({ file, content: 'new\n', extras: extras() }, refuse).catch((thrown) => thrown);
    expect(error).toMatchObject({ message: `${file} will not do`, location: `${file}:3:1` });
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['old\n', 0o640]);
    expect(names()).toEqual(['inventory', 'inventory/prod.yml']);
  });

  it('leaves no folder that was made for it', async () => {
    const deep = join(folder, 'a/b/new.yml');
    await expect(write({ file: deep, content: 'new\n', extras: [] }, refuse)).rejects.toThrow(basename(deep));
    expect(names()).toEqual(['inventory', 'inventory/prod.yml']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no trace after %s', async (signal) => {
    const source = (file: string) => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
    const program = `
      import { onSignal } from ${source('cli/on-signal.ts')};
      import { writeChecked } from ${source('wizard/write-checked.ts')};
      const wanted = ${JSON.stringify({ file, content: 'new\n', extras: extras() })};
      setTimeout(() => undefined, 60_000);
      const checkWhole = () => new Promise(() => process.stdout.write('checking'));
      await writeChecked(wanted, { checkWhole, onSignal });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(names()).toHaveLength(4);
    child.kill(signal);
    expect(await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)))).toBe(signal);
    expect(names()).toEqual(['inventory', 'inventory/prod.yml']);
    expect(readFileSync(file, 'utf8')).toBe('old\n');
  });
});
