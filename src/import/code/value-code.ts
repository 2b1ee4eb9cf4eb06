/** Plain values of YAML as code. */

import { ENCRYPTED, isRecord } from '../playbook/yaml-source.ts';
import { quote } from './code.ts';
import { Fraction } from './fraction.ts';
import { array, type Doc, object } from './layout.ts';

/** The name of a property as an object has it. */
export function keyCode(name: string): string {
  return isIdentifier(name) ? name : quote(name);
}

/** A property of something, by its name. */
export function access(of: string, name: string): string {
  return isIdentifier(name) ? `${of}.${name}` : `${of}[${quote(name)}]`;
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** A plain value of YAML as TypeScript. */
export function valueCode(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value instanceof Fraction) return quote(String(value));
  if (value === ENCRYPTED || value === null || value === undefined) return 'undefined';
  if (Array.isArray(value)) return `[${value.map(valueCode).join(', ')}]`;
  if (!isRecord(value)) return String(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([key, entry]) => `${keyCode(key)}: ${octalDigits(key, entry) ?? valueCode(entry)}`).join(', ')} }`;
}

/** A plain value of YAML as code that can be broken into lines. */
export function valueDoc(value: unknown): Doc {
  if (Array.isArray(value)) return array(value.map(valueDoc));
  if (!isRecord(value)) return valueCode(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  return object(entries.map(([key, entry]) => [keyCode(key), octalDigits(key, entry) ?? valueDoc(entry)]));
}

/** People write a mode in octal digits, which YAML has read: so they stand in the role again. */
export function octalDigits(name: string, value: unknown): string | undefined {
  const isMode = /(^|_)mode$/i.test(name) && Number.isInteger(value) && Number(value) > 7 && Number(value) <= 0o7777;
  return isMode ? `0o${Number(value).toString(8)}` : undefined;
}
