/** Lets the user change in an editor what must not lie around on a disk. */
import { spawn } from 'node:child_process';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { readLocal, replaceLocal } from './local-file.ts';

export interface EditOptions {
  /** A command as in `$EDITOR`: it may have arguments. */
  readonly editor: string;
  /** What the file is called, for the editor to tell what is in it. */
  readonly name: string;
  /** Breaks off: the editor is ended, and the text is gone. */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens an editor on the content, in a folder that nobody else can enter, if possible in memory. It is removed at the end, with
 * all that the editor may have put there: backups, swap files.
 *
 * @returns what the user made of it
 * @throws ProvisionError `vault-refused` where the editor fails, `interrupted`
 */
export async function editPrivately(content: Uint8Array, options: EditOptions): Promise<Buffer> {
  const folder = await mkdtemp(join(await privatePlace(options.env), 'provision-'));
  try {
    const file = join(folder, basename(options.name));
    await replaceLocal(file, content);
    await runEditor(file, options);
    return await readLocal(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where files are in memory, as a rule; else the usual folder. */
async function privatePlace({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv): Promise<string> {
  for (const folder of [runtime, '/dev/shm']) {
    if (!folder) continue;
    const isUsable = await access(folder, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isUsable) return folder;
  }
  return tmpdir();
}

/** As git starts editors: by the shell, which splits a command with arguments. */
async function runEditor(file: string, { editor, env, signal }: EditOptions): Promise<void> {
  const child = spawn('sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit', env, signal });
  const ended = await new Promise<{ status: number | null; how: string }>((done) => {
    child.on('error', (error) => done({ status: null, how: error.message }));
    child.on('close', (status, by) => done({ status, how: status === null ? `by ${by}` : `with status ${status}` }));
  });
  if (signal.aborted) {
    throw new ProvisionError('interrupted', 'interrupted: nothing was changed', { hint: 'Edit it again.' });
  }
  if (ended.status === 0) return;
  throw new ProvisionError('vault-refused', `the editor ended ${ended.how}: nothing was changed`, {
    hint: `Set EDITOR to one that works; it is ${JSON.stringify(editor)}.`,
  });
}
