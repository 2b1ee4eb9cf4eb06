import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DEFAULTS } from '../../src/cli/arguments/options.ts';
import { withRunLog } from '../../src/cli/run-log.ts';

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'provision-same-again-'));
  vi.stubEnv('XDG_STATE_HOME', state);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

it('the log of a run that the wizard started holds the command that does the same again', async () => {
  const sameAgain = ['provision', '--inventory', 'inventory/prod.yml', '--ask-vault-pass'];
  await withRunLog('apply', { ...DEFAULTS, inventory: ['inventory/prod.yml'], sameAgain }, async (emit) => {
    emit({ kind: 'run-started', run: 1, mode: 'apply', hosts: [] } as never);
    return 0;
  });
  const files = readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('run.json'));
  expect(files).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(state, files[0] ?? ''), 'utf8'))).toMatchObject({ commandLine: sameAgain });
});
