import { inspect } from 'node:util';
import { MASK, rememberSecret } from './redact.ts';

/** The place that holds one secret's value; it may be filled later, when the host has told what it keeps. */
interface Leaf {
  readonly names: readonly string[];
  readonly derived: boolean;
  value: string | undefined;
}

/**
 * A text that is secret, or of which a part is. Printed, logged, serialised or compared by accident it shows as
 * `<secret>`; only `reveal()` gives the value, and only script inputs (see `input`) call that on its way to a host.
 *
 * A secret that is generated on the host is known after the first exchange: until then `isKnown` is false.
 */
export class Secret {
  readonly #parts: readonly (string | Leaf)[];

  private constructor(parts: readonly (string | Leaf)[]) {
    this.#parts = parts;
  }

  /** A secret of that name; without a value it stays unknown until `learn` is called. */
  static named(name: string, value?: string): Secret {
    if (value !== undefined) rememberSecret(value);
    return new Secret([{ names: [name], derived: false, value }]);
  }

  /** The texts one after another: a plain string where none of them is secret. */
  static join(...texts: readonly Text[]): Text {
    if (texts.every((text) => typeof text === 'string')) return texts.join('');
    return new Secret(texts.flatMap((text) => (typeof text === 'string' ? [text] : text.#parts)));
  }

  /**
   * A secret that is computed from other texts once all of them are known: a digest of a password, its hash.
   *
   * @example Secret.derive([salt, password], (salt, password) => crypt(password, salt))
   */
  static derive(sources: readonly Text[], compute: (...values: string[]) => string): Secret {
    return new Secret([derivedLeaf(sources, compute)]);
  }

  /** A secret of that name whose value is computed when it is first asked for: a text that is decrypted only then. */
  static lazy(name: string, compute: () => string): Secret {
    return new Secret([derivedLeaf([], compute, [name])]);
  }

  /**
   * The text with every stretch of it escaped by itself, so that what is not secret stays readable.
   * For escapes that work character by character.
   */
  static escape(text: Text, rewrite: (stretch: string) => string): Text {
    if (typeof text === 'string') return rewrite(text);
    return new Secret(
      text.#parts.map((part) =>
        typeof part === 'string' ? rewrite(part) : derivedLeaf([new Secret([part])], rewrite),
      ),
    );
  }

  /** Fills in the value of a secret made by `named`. */
  learn(value: string): void {
    const [leaf] = this.#parts;
    if (this.#parts.length !== 1 || leaf === undefined || typeof leaf === 'string' || leaf.derived) {
      throw new TypeError('only a secret made by Secret.named can learn its value');
    }
    rememberSecret(value);
    leaf.value = value;
  }

  get isKnown(): boolean {
    return this.#parts.every((part) => typeof part === 'string' || part.value !== undefined);
  }

  /** The names of the secrets in it. */
  get names(): readonly string[] {
    return this.#parts.flatMap((part) => (typeof part === 'string' ? [] : part.names));
  }

  /** The value itself. Call it only where the value leaves for its destination. */
  reveal(): string {
    return this.#parts.map(revealPart).join('');
  }

  /** The text with every secret part shown as `<secret>`. */
  toString(): string {
    return this.#parts.map((part) => (typeof part === 'string' ? part : MASK)).join('');
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** A text that may be secret. */
export type Text = string | Secret;

/** The text's real value. */
export function reveal(text: Text): string {
  return typeof text === 'string' ? text : text.reveal();
}

/** The text as it may be shown: secrets as `<secret>`. */
export function mask(text: Text): string {
  return text.toString();
}

/** Whether the text's value is known by now. */
export function isKnown(text: Text): boolean {
  return typeof text === 'string' || text.isKnown;
}

/** Tagged template for texts that may hold secrets: text`postgresql://app:${password}@db/app`. */
export function text(strings: TemplateStringsArray, ...values: readonly (Text | number)[]): Text {
  const parts = strings.flatMap((string, i): Text[] => {
    const value = values[i];
    return value === undefined ? [string] : [string, typeof value === 'number' ? String(value) : value];
  });
  return Secret.join(...parts);
}

function revealPart(part: string | Leaf): string {
  if (typeof part === 'string') return part;
  const { value } = part;
  if (value === undefined) throw new TypeError(`the secret ${part.names.join(', ')} is not known yet`);
  return value;
}

/** Computed once for the same values, for it may cost as much as a password hash does. */
function derivedLeaf(
  sources: readonly Text[],
  compute: (...values: string[]) => string,
  names = [...new Set(sources.flatMap((source) => (typeof source === 'string' ? [] : source.names)))],
): Leaf {
  let known: { readonly from: string; readonly value: string } | undefined;
  return {
    names,
    derived: true,
    get value() {
      if (!sources.every(isKnown)) return undefined;
      const values = sources.map(reveal);
      const from = JSON.stringify(values);
      if (known?.from === from) return known.value;
      known = { from, value: compute(...values) };
      rememberSecret(known.value);
      return known.value;
    },
  };
}
