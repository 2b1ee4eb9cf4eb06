/** Files of variables and of inventories: YAML or JSON, which may be encrypted as a whole, or hold encrypted values. */
import { readFileSync } from 'node:fs';
import { ProvisionError, whyUnreadable } from '../../errors.ts';
import { isVault } from '../../vault/envelope.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { openFile, type Seal } from '../secrets/vaulted.ts';
import { namedSource, textSource } from '../text-source.ts';
import { readBlockYaml, type YamlValue } from './block.ts';

export interface FileText {
  readonly text: string;
  /** Whether all of it was encrypted: none of its values is to be shown. */
  readonly isEncrypted: boolean;
}

export interface Data {
  /** Plain data; `originOf` tells where each entry stands. */
  readonly value: unknown;
  /** `prod.yml:1:1`. */
  readonly start: string;
}

/**
 * The text of a file, decrypted where it is encrypted as a whole.
 * @throws ProvisionError `file-unreadable`, `inventory-syntax` for what is not UTF-8, and as `openVault` and `unlock` of the keyring
 */
export async function readText(path: string, keyring: Keyring): Promise<FileText> {
  // There may be thousands of small files, for which the overhead of asynchronous calls is most of the time.
  const content = readBytes(path);
  const isEncrypted = isVault(content);
  return { text: decode(isEncrypted ? await openFile(content, path, keyring) : content, path), isEncrypted };
}

/**
 * Reads YAML or JSON; `file` is what places in it are called by. What is JSON as a whole is read as that, as Ansible does.
 * @param seal makes secrets of encrypted values
 * @throws ProvisionError `inventory-syntax`, `inventory-structure` (duplicate key, key that is no text), `vault-damaged`
 */
export async function parseData(text: string, file: string, seal: Seal): Promise<Data> {
  const source = file.startsWith('-') ? namedSource(file) : textSource(file, text);
  const json = /^\s*[{[]/.test(text) ? await tryJson() : undefined;
  if (json !== undefined && 'value' in json) return { ...json, start: source.place(text.search(/\S/)) };
  try {
    const { value, start } = readBlockYaml(text, source) ?? (await readDocument());
    return { value, start: source.place(start) };
  } catch (error) {
    // What is called .json was meant to be that.
    throw json !== undefined && file.endsWith('.json') ? json.error : error;
  }

  async function tryJson(): Promise<{ value: unknown } | { error: unknown }> {
    const { readJson } = await import('../sources/json-text.ts');
    try {
      return { value: readJson(text, source, seal) };
    } catch (error) {
      if (error instanceof ProvisionError && error.code === 'inventory-syntax') return { error };
      throw error;
    }
  }

  async function readDocument(): Promise<YamlValue> {
    const { readYamlDocument } = await import('./document.ts');
    return readYamlDocument(text, source, seal);
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ProvisionError('file-unreadable', `${path} cannot be read: ${whyUnreadable(cause)}`, { cause });
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProvisionError('inventory-syntax', 'the file is not UTF-8 text', {
      location: path,
      hint: 'Save it with the encoding UTF-8.',
    });
  }
}
