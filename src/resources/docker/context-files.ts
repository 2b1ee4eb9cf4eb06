/** Which files of a folder make a build context: what `.dockerignore` leaves of it. */
import { type BigIntStats, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import dockerignore, { type Ignore } from '@balena/dockerignore';
import { ProvisionError, whyUnreadable } from '../../errors.ts';

export interface ContextFile {
  /** Within the context, with `/` between its parts. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** 0755 or 0644: other bits depend on the umask of whoever checked the folder out. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modified: Date;
  /** Of a symlink alone. */
  readonly linkTarget: string | undefined;
  /** Differs when the content may differ. */
  readonly signature: string;
}

/**
 * All that goes to the builder, each folder before what is in it, in an order that depends on names alone.
 * The Dockerfile is part of it even where it is ignored, as with the docker command.
 *
 * @param context absolute path of a folder on this machine
 * @throws ProvisionError `file-unreadable`
 */
export function listContext(context: string, dockerfile: string): ContextFile[] {
  const found = readable(context, () => statSync(context, { throwIfNoEntry: false }));
  if (found === undefined) throw unreadable(`there is no build context ${context}`, CHECK_PATH);
  if (!found.isDirectory()) throw unreadable(`the build context ${context} is not a folder`, CHECK_PATH);
  const file = normalize(dockerfile);
  if (isAbsolute(file) || file.startsWith('..')) {
    throw unreadable(`${dockerfile} is not within the build context ${context}`, 'Name a file of the context.');
  }
  if (!existsSync(join(context, file))) {
    throw unreadable(`the build context ${context} has no ${dockerfile}`, 'Add it, or name another one: dockerfile.');
  }
  const { ignore, hasExceptions } = ignoreRules(context, file);
  const files: ContextFile[] = [];

  function walk(folder: string): void {
    const names = readable(join(context, folder), () => readdirSync(join(context, folder)));
    for (const name of names.sort()) {
      const path = join(folder, name);
      const isSent = path === file || !ignore.ignores(path);
      // A rule such as `!a/b` brings back files of an ignored folder; else there is no need to look into one.
      if (!isSent && !hasExceptions && !file.startsWith(`${path}/`)) continue;
      const stat = readable(join(context, path), () => lstatSync(join(context, path), { bigint: true }));
      if (isSent) files.push(describe(context, path, stat));
      if (stat.isDirectory()) walk(path);
    }
  }

  walk('');
  return files;
}

/** What `read` returns. @throws ProvisionError `file-unreadable` where it fails */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unreadable(`${path} cannot be read: ${whyUnreadable(cause)}`, CHECK_PATH, cause);
  }
}

const CHECK_PATH = 'Check the path, which is relative to the inventory, and its permissions.';

function describe(context: string, path: string, stat: BigIntStats): ContextFile {
  const common = {
    path,
    modified: stat.mtime,
    signature: [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':'),
    linkTarget: undefined,
    sizeBytes: 0,
  };
  if (stat.isDirectory()) return { ...common, type: 'directory', mode: 0o755 };
  if (stat.isSymbolicLink()) {
    return { ...common, type: 'symlink', mode: 0o777, linkTarget: readlinkSync(join(context, path)) };
  }
  if (stat.isFile()) {
    const isExecutable = (stat.mode & 0o100n) !== 0n;
    return { ...common, type: 'file', mode: isExecutable ? 0o755 : 0o644, sizeBytes: Number(stat.size) };
  }
  const what = `${join(context, path)} is a device, socket or pipe, which cannot be part of a build context`;
  throw unreadable(what, 'Remove it, or name it in .dockerignore.');
}

/** `NAME.dockerignore` beside the Dockerfile goes before `.dockerignore`, as with BuildKit. */
function ignoreRules(context: string, dockerfile: string): { ignore: Ignore; hasExceptions: boolean } {
  const name = [`${dockerfile}.dockerignore`, '.dockerignore'].find((name) => existsSync(join(context, name)));
  // Docker tells upper from lower case, the library by default does not.
  const ignore = dockerignore.default({ ignorecase: false });
  if (name === undefined) return { ignore, hasExceptions: false };
  const path = join(context, name);
  const rules = readable(path, () => readFileSync(path, 'utf8'));
  try {
    ignore.add(rules);
    // A pattern is compiled when it is first used: here, where the file's name can be told.
    ignore.ignores('x');
  } catch (cause) {
    throw unreadable(`${path} holds a pattern that is not valid: ${messageOf(cause)}`, 'Correct the pattern.', cause);
  }
  return { ignore, hasExceptions: /^\s*!/m.test(rules) };
}

function unreadable(message: string, hint: string, cause?: unknown): ProvisionError {
  return new ProvisionError('file-unreadable', message, { hint, cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
