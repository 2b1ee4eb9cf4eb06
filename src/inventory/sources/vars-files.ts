/** Variables that stand in files of their own, beside the sources of an inventory: `group_vars/` and `host_vars/`. */
import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type ErrorCode, ProvisionError, whyUnreadable } from '../../errors.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { checkVariables } from '../declarations.ts';
import type { Seal } from '../secrets/vaulted.ts';
import { veilScalars } from '../secrets/veil.ts';
import { isMapping, type Vars } from '../types.ts';
import { parseData, readText } from '../yaml/file.ts';

/** What one file sets. */
export interface VarsFile {
  /** As it is named in places. */
  readonly path: string;
  /** Its texts are secrets. */
  readonly isEncrypted: boolean;
  /** @throws ProvisionError why it cannot be decrypted: that concerns only who needs it */
  vars(): Vars;
}

/** The files for a group or host of that name, in the order in which they count. */
export type VarsFiles = ReadonlyMap<string, readonly VarsFile[]>;

/** In this order: the first that exists is taken, the others are not looked at. */
const ENDINGS = ['', '.yml', '.yaml', '.json'];

/**
 * Reads the files in a folder that are meant for one of these names: `NAME`, `NAME.yml`, `NAME.yaml`, `NAME.json`, or all files of the
 * folder `NAME/` and of those within it, by their names.
 *
 * @param folder `group_vars` or `host_vars`, which need not exist
 * @throws ProvisionError `file-unreadable`, `inventory-syntax`, `inventory-structure`, `vault-damaged`
 */
export async function readVarsFiles(
  folder: string,
  names: Iterable<string>,
  reading: { readonly keyring: Keyring; readonly seal: Seal },
): Promise<VarsFiles> {
  const files = new Map<string, readonly VarsFile[]>();
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return files;
  const present = new Set(readdirSync(folder));
  for (const name of names) {
    const entry = ENDINGS.map((ending) => name + ending).find((file) => present.has(file));
    if (entry === undefined) continue;
    const paths = pathsOf(join(folder, entry));
    const read: VarsFile[] = [];
    for (const path of paths) read.push(await readVarsFile(path, reading));
    files.set(name, read);
  }
  return files;
}

/** @throws ProvisionError `file-unreadable` for a link that leads nowhere, or in a circle, and for what is neither file nor folder */
function look(path: string): Stats {
  let found: Stats;
  try {
    found = statSync(path);
  } catch (cause) {
    const hint = 'Mend or remove it: a link must lead to a file or folder.';
    throw new ProvisionError('file-unreadable', `${path} cannot be read: ${whyUnreadable(cause)}`, { hint, cause });
  }
  if (found.isFile() || found.isDirectory()) return found;
  const hint = 'Variables are read from files: remove it from there.';
  throw new ProvisionError('file-unreadable', `${path} is neither a file nor a folder`, { hint });
}

/** A file is itself; a folder stands for what is in it, without hidden files and the copies that editors leave. */
function pathsOf(path: string): readonly string[] {
  if (!look(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .filter((name) => !name.startsWith('.') && !name.endsWith('~') && ENDINGS.includes(extname(name)))
    .flatMap((name) => {
      const inner = join(path, name);
      // As in Ansible: a folder whose name has an ending is none of variables.
      return look(inner).isDirectory() && extname(name) !== '' ? [] : pathsOf(inner);
    });
}

async function readVarsFile(path: string, { keyring, seal }: { keyring: Keyring; seal: Seal }): Promise<VarsFile> {
  let file: Awaited<ReturnType<typeof readText>>;
  try {
    file = await readText(path, keyring);
  } catch (error) {
    if (!(error instanceof ProvisionError) || !LACKS_PASSWORD.includes(error.code)) throw error;
    const reason = error.at({ location: path });
    return {
      path,
      isEncrypted: true,
      vars() {
        throw reason;
      },
    };
  }
  const vars = await parseVars(file.text, path, seal);
  const veiled = file.isEncrypted ? (veilScalars(vars) as Vars) : vars;
  return { path, isEncrypted: file.isEncrypted, vars: () => veiled };
}

/** Inventories hold what belongs to several people: who works on other hosts needs no password of these. */
const LACKS_PASSWORD: readonly ErrorCode[] = ['vault-password-missing', 'vault-password-wrong', 'vault-id-unknown'];

/**
 * The variables of a text; none where it is empty. Of a file that was encrypted each text and number is a secret.
 * @throws ProvisionError `inventory-syntax`, `inventory-structure`, `vault-damaged`
 */
export async function parseVars(text: string, file: string, seal: Seal): Promise<Vars> {
  const { value, start } = await parseData(text, file, seal);
  if (value === null) return {};
  if (!isMapping(value)) {
    const hint = 'Write one `name: value` a line.';
    throw new ProvisionError('inventory-structure', 'a file of variables is a mapping', { location: start, hint });
  }
  checkVariables(value);
  return value;
}
