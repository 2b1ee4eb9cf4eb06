/**
 * The build context of an image: a folder on this machine. Its hash names the image, so that whether the image is up to date
 * is one look at the host and not a build.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type ContextFile, listContext, readable } from './context-files.ts';

/** What, besides the folder's content, makes the image. */
export interface BuildSettings {
  /** Path within the context; default `Dockerfile`. */
  readonly dockerfile?: string | undefined;
  /** Build arguments: they stay readable in the image's history, so no secrets. */
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** The stage to build; default is the last one. */
  readonly target?: string | undefined;
}

/** Labels a built image with its tag. */
export const CONTEXT_LABEL = 'provision.context';

/** To be raised when the way of hashing changes: it changes every tag. */
const HASH_VERSION = 1;
const CHUNK_BYTES = 1024 * 1024;

/**
 * The tag of the image that this folder builds: 16 hex digits of the hash of its files, Dockerfile, arguments and target.
 * Files that `.dockerignore` names do not count; neither do owners, times, or modes but for the executable bit.
 * It reads synchronously, and a file that has not changed since the last call is not read again.
 *
 * @param context absolute path of a folder on this machine
 * @throws ProvisionError `file-unreadable`, without a location: the caller knows where the path was written
 */
export function contextTag(context: string, settings: BuildSettings = {}): string {
  const { dockerfile = 'Dockerfile', args = {}, target = '' } = settings;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([HASH_VERSION, dockerfile, Object.entries(args).sort(byName), target]));
  for (const file of listContext(context, dockerfile)) {
    const content = file.type === 'file' ? digestOf(join(context, file.path), file) : file.linkTarget;
    hash.update(JSON.stringify([file.path, file.type, file.mode, content]));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Hosts share a context and roles are evaluated for each of them: this keeps a file from being read for each. */
const digests = new Map<string, { readonly signature: string; readonly digest: string }>();

function digestOf(path: string, { signature }: ContextFile): string {
  const known = digests.get(path);
  if (known?.signature === signature) return known.digest;
  const digest = readable(path, () => hashFile(path));
  digests.set(path, { signature, digest });
  return digest;
}

function hashFile(path: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    for (let size = readSync(descriptor, chunk); size > 0; size = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, size));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
