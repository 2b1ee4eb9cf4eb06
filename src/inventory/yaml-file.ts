import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { ProvisionError } from '../errors.ts';
import { isVault } from '../vault/envelope.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Source } from './origins.ts';
import { createSeals, openFile, type Seal, VAULT_TAGS } from './vaulted.ts';
import { readNode } from './yaml-nodes.ts';

export interface YamlFile {
  /** Plain data; `originOf` tells where each entry stands. */
  readonly value: unknown;
  /** `prod.yml:1:1`. */
  readonly start: string;
  /** Whether all of it was encrypted: none of its values is to be shown. */
  readonly isEncrypted: boolean;
}

/**
 * Reads a YAML file, which may be encrypted as a whole, or hold encrypted values: these become secrets.
 * @throws ProvisionError `inventory-not-found`, `file-unreadable`, `inventory-syntax`, `inventory-structure` (duplicate key),
 *   `vault-damaged`, and what the keyring throws
 */
export async function readYamlFile(path: string, keyring: Keyring): Promise<YamlFile> {
  const content = await readContent(path);
  const isEncrypted = isVault(content);
  const text = decode(isEncrypted ? await openFile(content, path, keyring) : content, path);
  const seals = createSeals();
  const file = { ...parseYaml(text, path, seals.seal), isEncrypted };
  await seals.unlock(keyring);
  return file;
}

/** Reads YAML from a text; `file` is what places in it are called. @throws ProvisionError as `readYamlFile` */
function parseYaml(text: string, file: string, seal: Seal): Pick<YamlFile, 'value' | 'start'> {
  const lineCounter = new LineCounter();
  // `failsafe` leaves scalars as they are written, and duplicate keys are found below: the parser's own search is quadratic.
  const document = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
    customTags: (tags) => [...tags, ...VAULT_TAGS],
  });
  const source: Source = {
    place(offset) {
      const { line, col } = lineCounter.linePos(offset);
      return `${file}:${line}:${col}`;
    },
  };
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw syntaxError(problem, source.place(problem.pos[0]));
  const start = source.place(document.contents?.range?.[0] ?? 0);
  return { value: document.contents === null ? null : readNode(document.contents, source, seal), start };
}

/** What the parser's messages leave open. None repeats a value of the file, for that may be a secret. */
const PROBLEMS: Readonly<Record<string, { message: string; hint: string }>> = {
  TAB_AS_INDENT: { message: 'a tab is used as indentation', hint: 'Indent with spaces.' },
  MULTIPLE_DOCS: {
    message: 'the file holds more than one document',
    hint: 'Remove the line `---` and what follows it.',
  },
  UNEXPECTED_TOKEN: {
    message: 'something stands here that does not belong to what is before it',
    hint: 'Check the indentation, and put texts with special characters in quotes.',
  },
  RESOURCE_EXHAUSTION: { message: 'values are nested too deeply here', hint: 'Nest them less.' },
  BAD_DQ_ESCAPE: {
    message: 'what follows the backslash is no escape',
    hint: 'Write \\\\ for a backslash, or use single quotes.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a mapping cannot start here',
    hint: 'Put a text that holds `: ` in quotes, and check the indentation of the next line.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key must stand on one line',
    hint: 'Is a colon missing, or is a line not indented?',
  },
};

function syntaxError(error: YAMLError, location: string): ProvisionError {
  if (error.code === 'TAG_RESOLVE_FAILED') {
    if (/!vault(-encrypted)?$/.test(error.message)) {
      return new ProvisionError('inventory-syntax', 'the tag !vault stands before something other than a text', {
        location,
        hint: 'Encrypt each text by itself, with `provision vault encrypt-string`, or the whole file.',
      });
    }
    // Any other tag may be a password that starts with !, and lacks its quotes.
    const tag = /!unsafe$/.exec(error.message)?.[0];
    const message = tag === undefined ? 'a tag stands here' : `the tag ${tag} is not supported`;
    return new ProvisionError('inventory-syntax', message, {
      location,
      hint: 'Remove the tag, or put a text that starts with ! in quotes.',
    });
  }
  const known = PROBLEMS[error.code];
  const message = known?.message ?? `this is not valid YAML: ${error.message}`;
  return new ProvisionError('inventory-syntax', message, {
    location,
    hint: known?.hint ?? 'Check quotes, brackets and indentation here and on the line before.',
  });
}

async function readContent(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause);
  });
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProvisionError('inventory-syntax', 'the inventory is not UTF-8 text', {
      location: path,
      hint: 'Save it with the encoding UTF-8.',
    });
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): ProvisionError {
  if (cause.code === 'ENOENT') {
    const hint = 'Give the path of an inventory file: --inventory prod.yml.';
    return new ProvisionError('inventory-not-found', `there is no inventory ${path}`, { hint, cause });
  }
  if (cause.code === 'EISDIR') {
    const hint = 'Give the path of a file in it: --inventory prod.yml.';
    return new ProvisionError('inventory-not-found', `the inventory ${path} is a folder`, { hint, cause });
  }
  const hint = 'Check its permissions.';
  return new ProvisionError('file-unreadable', `the inventory ${path} cannot be read: ${cause.code}`, { hint, cause });
}
