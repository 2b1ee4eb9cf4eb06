/** Writes what the wizard makes once the whole has passed its check: where that refuses it, all is as it was. */
import { randomUUID } from 'node:crypto';
import { rmdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { readLocalIfAny, replaceLocal } from '../vault/local-file.ts';
import { type Extra, NEW_MODE, writeWhole } from './save.ts';

export interface Wanted {
  /** The inventory, absolute. */
  readonly file: string;
  /** Its new text; undefined: it stays as it is. */
  readonly content: string | undefined;
  /** What stood there when it was read; undefined: whatever is there is replaced. */
  readonly before?: string | undefined;
  /** What is written besides: none of it exists. */
  readonly extras: Extra['files'];
}

/** Reads an inventory as a run would. @throws ProvisionError whatever is wrong with it */
export type CheckWhole = (inventory: string) => Promise<void>;

export interface Guard {
  readonly checkWhole: CheckWhole;
  /** Has something done, at once, before the process ends by a signal. @returns what takes that back */
  readonly onSignal: (work: () => void) => () => void;
}

/**
 * The new text is checked in a file of its own beside the one that it replaces, so that what lies there is found.
 * @throws ProvisionError `file-unwritable`, and what the check throws; nothing is written then
 */
export async function writeChecked(
  { file, content, before, extras }: Wanted,
  { checkWhole, onSignal }: Guard,
): Promise<void> {
  const trial =
    content === undefined ? undefined : join(dirname(file), `.${randomUUID().slice(0, 8)}.${basename(file)}`);
  const made = [...(trial === undefined ? [] : [trial]), ...extras.map(({ path }) => path)];
  let newFolder: string | undefined;
  const undo = () => {
    for (const path of made) rmSync(path, { force: true });
    removeEmpty(dirname(file), newFolder);
  };
  const release = onSignal(undo);
  try {
    // Where that fails, so does what follows, and tells of it.
    newFolder = await mkdir(dirname(file), { recursive: true }).catch(() => undefined);
    for (const extra of extras) await writeWhole(extra.path, extra.content);
    if (trial !== undefined && content !== undefined) await replaceLocal(trial, content);
    await checkWhole(trial ?? file);
    // A check may have asked for a vault password, and waited for it.
    if (before !== undefined && (await readLocalIfAny(file))?.toString('utf8') !== before) throw changedMeanwhile(file);
    release();
    if (trial !== undefined && content !== undefined) {
      rmSync(trial, { force: true });
      await replaceLocal(file, content, NEW_MODE);
    }
  } catch (error) {
    undo();
    throw trial !== undefined && error instanceof ProvisionError ? told(error, basename(trial), basename(file)) : error;
  } finally {
    release();
  }
}

function changedMeanwhile(file: string): ProvisionError {
  return new ProvisionError('file-unwritable', `${basename(file)} was changed by somebody else while it was checked`, {
    hint: 'Do it once more: it is then read as it is.',
  });
}

/** From the folder up to the topmost one that was made. */
function removeEmpty(folder: string, topmost: string | undefined): void {
  if (topmost === undefined || !folder.startsWith(topmost)) return;
  try {
    rmdirSync(folder);
  } catch {
    return;
  }
  removeEmpty(dirname(folder), topmost);
}

/** The same error with the name that the file would have had. */
function told(error: ProvisionError, trial: string, name: string): ProvisionError {
  const { code, parameter, host, task, cause } = error;
  const named = (text: string | undefined) => text?.replaceAll(trial, name);
  return new ProvisionError(code, error.message.replaceAll(trial, name), {
    location: named(error.location),
    hint: named(error.hint),
    detail: named(error.detail),
    parameter,
    host,
    task,
    cause,
  });
}
