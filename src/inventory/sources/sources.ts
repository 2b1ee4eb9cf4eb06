/** Where an inventory comes from: files of several kinds, programs, folders of those, and lists of names. */
import { closeSync, existsSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { ProvisionError, whyUnreadable } from '../../errors.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { createDeclarer, type Declarations, type Declarer } from '../declarations.ts';
import type { Seal } from '../secrets/vaulted.ts';
import { isMapping } from '../types.ts';
import { parseData, readText } from '../yaml/file.ts';
import { expandHostNames } from './host-names.ts';
import { readYamlSource } from './yaml.ts';

export interface Sources {
  readonly declarations: Declarations;
  /** Whether one of the files was encrypted as a whole. */
  readonly isEncrypted: boolean;
  /** The folders in which `group_vars` and `host_vars` may lie, as the user named them; what a later one says counts. */
  readonly folders: readonly string[];
}

export interface SourceReading {
  readonly keyring: Keyring;
  readonly seal: Seal;
  /** Whether programs may be run; else they are left out. */
  readonly mayRun: boolean;
}

/** What Ansible leaves out in a folder, `.ini` and `.cfg` among it; and what lies there for us: roles, keys, certificates. */
const IGNORED =
  /^\.|^(?:host_vars|group_vars|vars_plugins|roles)$|(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry|\.key|\.pem|\.crt|\.pub)$/;
const EXECUTABLE = 0o111;
const DATA_ENDINGS = ['.yml', '.yaml', '.json'];

/**
 * Reads all sources of an inventory, one after the other: what a later one says of a host or group counts.
 * @param paths each a file, a program, a folder, or names with commas: `web1,web2,`
 * @throws ProvisionError `inventory-not-found`, `inventory-script-failed`, and all that the kinds of sources throw
 */
export async function readSources(paths: readonly string[], reading: SourceReading): Promise<Sources> {
  const declarer = createDeclarer();
  const folders: string[] = [];
  let isEncrypted = false;

  async function readPath(path: string): Promise<void> {
    if (path.includes(',') && !existsSync(path)) return readList(path, declarer);
    const found = look(path);
    folders.push(found.isDirectory() ? path : dirname(path));
    if (found.isDirectory()) await readFolder(path);
    else await readFile(path, found);
  }

  /** In the order of their names, those of folders within it in their place. */
  async function readFolder(folder: string): Promise<void> {
    const names = readdirSync(folder).filter((name) => !IGNORED.test(name));
    if (names.length === 0) throw emptyFolder(folder);
    for (const name of names.sort()) {
      const path = join(folder, name);
      const found = look(path);
      if (found.isDirectory()) await readFolder(path);
      else await readFile(path, found);
    }
  }

  async function readFile(path: string, { mode }: Stats): Promise<void> {
    declarer.from(resolve(path));
    if ((mode & EXECUTABLE) !== 0 && isProgram(path)) {
      if (!reading.mayRun) return;
      const { readScriptSource } = await import('./script.ts');
      return readScriptSource(path, declarer, reading.seal);
    }
    const file = await readText(path, reading.keyring);
    isEncrypted ||= file.isEncrypted;
    if (!isData(path, file.text)) {
      const { readIniSource } = await import('./ini.ts');
      return readIniSource(file.text, path, declarer);
    }
    const data = await parseData(file.text, path, reading.seal);
    if (!isMapping(data.value) || !isMapping(data.value._meta)) return readYamlSource(data, declarer);
    // What `ansible-inventory --list` wrote, or a program.
    const { readListing } = await import('./script.ts');
    readListing(data.value, path, declarer);
  }

  for (const path of paths) await readPath(path);
  return { declarations: declarer.finish(), isEncrypted, folders: lastOfEach(folders) };
}

/** `web1,web2:2222,`: hosts in no group. */
function readList(list: string, declarer: Declarer): void {
  const location = `--inventory ${list}`;
  declarer.from(undefined);
  declarer.group('all', location);
  for (const written of list.split(',').map((name) => name.trim())) {
    if (written === '') continue;
    if (/\[.*:.*\](?!:)/.test(written)) throw rangeInList(written, location);
    const { names, port } = expandHostNames(written, location);
    for (const name of names) {
      if (!declarer.hasHost(name))
        declarer.addHost(declarer.group('ungrouped', location), name, { location, port, vars: {} });
    }
  }
}

function look(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      const hint = 'Check its permissions.';
      throw new ProvisionError('file-unreadable', `the inventory ${path} cannot be read: ${whyUnreadable(cause)}`, {
        hint,
        cause,
      });
    }
    const hint = 'Give the path of an inventory file: --inventory prod.yml.';
    throw new ProvisionError('inventory-not-found', `there is no inventory ${path}`, { hint, cause });
  }
}

/** How programs begin: `#!`, ELF, and the two of macOS. */
const PROGRAM_STARTS = ['2321', '7f454c46', 'cffaedfe', 'cafebabe'];

/**
 * Whether the file begins as programs do. Files of other systems are often executable without being programs, and to start one that
 * is none would let a shell run it line by line.
 */
function isProgram(path: string): boolean {
  const start = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, start.length, 0);
    return PROGRAM_STARTS.some((bytes) => start.toString('hex').startsWith(bytes));
  } finally {
    closeSync(file);
  }
}

/** Whether it is YAML or JSON rather than INI: by its name, else by the first line that says something. */
export function isData(path: string, text: string): boolean {
  const ending = extname(path).toLowerCase();
  if (DATA_ENDINGS.includes(ending)) return true;
  if (ending === '.ini') return false;
  const first = /^[ \t]*([^\s#;].*)$/m.exec(text)?.[1] ?? '';
  return /^(?:---|\{|(?:"[^"]*"|'[^']*'|[^\s:#[\]=]+)[ \t]*:(?:\s|$))/.test(first);
}

/** To read a folder twice gives what reading it the second time gives. */
function lastOfEach(folders: readonly string[]): readonly string[] {
  return folders.filter((folder, i) => folders.findLastIndex((other) => resolve(other) === resolve(folder)) === i);
}

function emptyFolder(folder: string): ProvisionError {
  return new ProvisionError('inventory-not-found', `the folder ${folder} holds no inventory`, {
    hint: 'Put files of hosts into it. As in Ansible, those that end in .ini, .cfg, .txt, .md, .bak or ~ are left out in a folder.',
  });
}

function rangeInList(name: string, location: string): ProvisionError {
  return new ProvisionError('inventory-structure', `${name}: a list of names takes no ranges`, {
    location,
    hint: 'Name each host, or write the range into a file.',
  });
}
