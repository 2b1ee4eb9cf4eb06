/** Takes secrets through code that knows only strings: each goes in as a mark, and the marks become secrets again at the end. */
import { randomUUID } from 'node:crypto';
import { Secret, type Text } from '../../shell/secret.ts';

export interface SecretMarks {
  /** The mark that stands for a secret: letters, digits and dashes. */
  mark(secret: Secret): string;
  /** A copy of the value with marks for its secrets, without what is undefined, and without what every object has. */
  hide(value: unknown): unknown;
  /** Whether there is a mark in the text. */
  isMarked(text: string): boolean;
  /** The text with its secrets instead of their marks. */
  restore(text: string): Text;
  /** The text with each secret's mark exchanged for the mark of what `change` makes of it. */
  replace(text: string, change: (secret: Secret) => Text): string;
}

/** Stands where a mapping was written into a text. */
export const MAPPING = `mapping-${randomUUID()}`;

/** An object in which nothing is found but its own entries. */
function bare(entries: readonly (readonly [string, unknown])[]): object {
  const object = Object.assign(Object.create(null) as object, Object.fromEntries(entries));
  return Object.defineProperty(object, Symbol.toPrimitive, { value: () => MAPPING });
}

export function markSecrets(): SecretMarks {
  const secrets: Secret[] = [];
  // Nobody can write a mark into a template: it is another one each time.
  const start = `secret-${randomUUID()}-`;
  const pattern = new RegExp(`${start}(\\d+)-`);

  function mark(secret: Secret): string {
    return `${start}${secrets.push(secret) - 1}-`;
  }

  function hide(value: unknown): unknown {
    if (value instanceof Secret) return mark(value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return bare(entries.map(([key, entry]) => [key, hide(entry)]));
  }

  function restore(text: string): Text {
    // With one group in the pattern, split gives: text, number, text, number, …, text.
    const parts = text.split(pattern).map((part, i) => (i % 2 === 0 ? part : (secrets[Number(part)] ?? part)));
    return Secret.join(...parts);
  }

  function replace(text: string, change: (secret: Secret) => Text): string {
    return text.replaceAll(new RegExp(pattern, 'g'), (found, number: string) => {
      const secret = secrets[Number(number)];
      const changed = secret === undefined ? found : change(secret);
      return changed instanceof Secret ? mark(changed) : changed;
    });
  }

  return { mark, hide, isMarked: (text) => text.includes(start), restore, replace };
}
