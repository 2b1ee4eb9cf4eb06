/** Files of this machine, replaced as a whole or not at all. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProvisionError, whyUnreadable } from '../errors.ts';

/** A new file is its owner's alone: what is in it was worth encrypting. */
const NEW_MODE = 0o600;
const PERMISSIONS = 0o7777;

/** @throws ProvisionError `file-unreadable` */
export async function readLocal(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new ProvisionError('file-unreadable', `${path} cannot be read: ${whyUnreadable(cause)}`, { cause });
  });
}

/** As `readLocal`; undefined where there is no such file. */
export async function readLocalIfAny(path: string): Promise<Buffer | undefined> {
  return readLocal(path).catch((error: unknown) => {
    if (error instanceof ProvisionError && (error.cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Writes a file anew. Mode and owner stay as they were; a new file is 0600 unless `newMode` says otherwise. Where the path is a link, what it leads to is written.
 * @throws ProvisionError `file-unwritable`
 */
export async function replaceLocal(path: string, content: string | Uint8Array, newMode = NEW_MODE): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path);
    const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}`);
    try {
      await writeNew(temporary, content, await metadataOf(target, newMode));
      await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ProvisionError('file-unwritable', `${path} cannot be written: ${code}`, { cause });
  }
}

interface Metadata {
  readonly mode: number;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

async function metadataOf(path: string, newMode: number): Promise<Metadata> {
  try {
    const { mode, uid, gid } = await stat(path);
    return { mode: mode & PERMISSIONS, owner: { uid, gid } };
  } catch {
    return { mode: newMode, owner: undefined };
  }
}

async function writeNew(path: string, content: string | Uint8Array, { mode, owner }: Metadata): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL, NEW_MODE);
  try {
    await file.writeFile(content);
    await giveTo(file, owner);
    // After the owner: a change of that takes setuid bits away.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Only root can give a file away: to anybody else it is theirs from now on. */
async function giveTo(file: FileHandle, owner: Metadata['owner']): Promise<void> {
  const { uid, gid } = await file.stat();
  if (owner === undefined || (owner.uid === uid && owner.gid === gid)) return;
  await file.chown(owner.uid, owner.gid).catch(() => undefined);
}
