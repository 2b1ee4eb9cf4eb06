/** Texts as Python's own functions write and read them. */
import { Secret, type Text } from '../../shell/secret.ts';
import { isMapping } from '../types.ts';
import { refused } from './tokens.ts';

/** shlex.quote */
export function shellWord(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]*$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** @param what what needs it, for the error: `the filter b64decode` */
export function fromBase64(encoded: string, what: string, at: number): string {
  const bytes = Buffer.from(encoded, 'base64');
  const isRight = bytes.toString('base64') === encoded.replaceAll(/\s/g, '');
  try {
    if (isRight) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(`${what} gives bytes that are no text`, at, 'Leave it as it is, and decode it where it is used.');
  }
  throw refused(`${what} needs Base64`, at, 'Correct the text.');
}

/** json.dumps: a blank behind commas and colons, and no letters beyond ASCII. A secret's value is told only where it is used. */
export function jsonText(value: unknown): Text {
  if (value instanceof Secret) return Secret.derive([value], jsonString);
  if (typeof value === 'string') return jsonString(value);
  if (Array.isArray(value)) return Secret.join('[', ...value.flatMap((item, i) => [...comma(i), jsonText(item)]), ']');
  if (!isMapping(value)) return JSON.stringify(value);
  const entries = Object.entries(value);
  const parts = entries.flatMap(([key, entry], i) => [...comma(i), `${jsonString(key)}: `, jsonText(entry)]);
  return Secret.join('{', ...parts, '}');
}

function comma(i: number): readonly string[] {
  return i === 0 ? [] : [', '];
}

function jsonString(text: string): string {
  const toEscape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, toEscape);
}
