import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openTerminal } from '../terminal.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

it.runIf(hasTmux)('shows that something is typed, and not what, and asks again where nothing is', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'provision-hidden-'));
  const env = { HOME: cwd, PATH: `${BIN}:${process.env.PATH}`, LANG: 'C.UTF-8' };
  const terminal = openTerminal({ columns: 80, rows: 24, cwd, env, prompt: '$ ' });
  try {
    terminal.type('provision vault encrypt-string');
    terminal.press('Enter');
    await expect.poll(() => terminal.look(), { timeout: 20_000 }).toContain('? Text to encrypt:');
    terminal.press('Enter');
    await expect.poll(() => terminal.look(), { timeout: 5000 }).toEqual(expect.arrayContaining(['> must be given']));
    terminal.type('canary');
    await expect.poll(() => terminal.look(), { timeout: 5000 }).toContain('? Text to encrypt: ******');
  } finally {
    terminal.close();
    rmSync(cwd, { recursive: true, force: true });
  }
});
