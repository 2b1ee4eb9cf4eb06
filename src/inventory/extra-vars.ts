/** Variables of the command line, `--extra-vars`: they count before all others. */
import { ProvisionError } from '../errors.ts';
import type { Keyring } from '../vault/keyring.ts';
import { checkVariables } from './declarations.ts';
import { rememberPlace } from './origins.ts';
import type { Seal } from './secrets/vaulted.ts';
import { veilScalars } from './secrets/veil.ts';
import { parseVars } from './sources/vars-files.ts';
import type { Vars } from './types.ts';
import { readText } from './yaml/file.ts';

export interface ExtraVars {
  readonly vars: Vars;
  /** Whether they come from a file that was encrypted: its texts are secrets. */
  readonly isEncrypted: boolean;
}

const OPTION = '--extra-vars';
/** As Ansible decodes it in pairs. */
const ESCAPE = /\\(?:U([\da-fA-F]{8})|u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\\'"abfnrtv]))/g;
const ESCAPED: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * Reads what one `--extra-vars` gives: `name=value` pairs, whose values are texts; JSON or YAML in braces; `@FILE` with either.
 *
 * @example await readExtraVars('version=1.2 motd="two words"', reading)
 * @throws ProvisionError `usage`, `file-unreadable`, `inventory-syntax`, `inventory-structure`, and what opening a vault throws
 */
export async function readExtraVars(
  given: string,
  { keyring, seal }: { readonly keyring: Keyring; readonly seal: Seal },
): Promise<ExtraVars> {
  if (given.startsWith('@')) {
    const path = given.slice(1);
    const { text, isEncrypted } = await readText(path, keyring);
    const vars = await parseVars(text, path, seal);
    return { vars: isEncrypted ? (veilScalars(vars) as Vars) : vars, isEncrypted };
  }
  if (/^[./]/.test(given)) throw usage(`a file is given without @`, `Write ${OPTION} @${given}.`);
  const vars = /^[{[]/.test(given) ? await parseVars(given, OPTION, seal) : readPairs(given);
  return { vars, isEncrypted: false };
}

function readPairs(given: string): Vars {
  const vars = Object.fromEntries(splitPairs(given).map(readPair));
  rememberPlace(vars, OPTION);
  checkVariables(vars);
  return vars;
}

/** None of the value shows in an error: it may be a secret. */
function readPair(word: string): [string, string] {
  const decoded = word.replace(ESCAPE, (_, long?: string, four?: string, two?: string, one = '') => {
    const hex = long ?? four ?? two;
    return hex === undefined
      ? (ESCAPED[one] ?? one)
      : String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
  });
  const equals = /(?<=.)(?<!\\)=/s.exec(decoded)?.index;
  if (equals === undefined)
    throw usage('a word is no name=value', 'Put a value that holds blanks in quotes: name="a b".');
  const value = decoded.slice(equals + 1).trim();
  return [
    decoded.slice(0, equals).trim(),
    /^(["']).*(?<!\\)\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value,
  ];
}

/** Splits at blanks outside of quotes and braces, and leaves both where they are. */
function splitPairs(given: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let depth = 0;
  for (let i = 0; i < given.length; i += 1) {
    const char = given[i] ?? '';
    if (/["']/.test(char) && given[i - 1] !== '\\') {
      if (quote === '') quote = char;
      else if (quote === char) quote = '';
    }
    if (/^(?:\{\{|\{%|\{#)/.test(given.slice(i, i + 2))) depth += 1;
    if (/^(?:\}\}|%\}|#\})/.test(given.slice(i, i + 2))) depth -= 1;
    if (quote === '' && depth <= 0 && /[ \n]/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      word += char;
    }
  }
  if (quote !== '' || depth > 0)
    throw usage('a quote or brace is not closed', 'Put the whole of it in quotes for your shell.');
  return word === '' ? words : [...words, word];
}

function usage(message: string, hint: string): ProvisionError {
  return new ProvisionError('usage', `${OPTION}: ${message}`, { hint });
}
