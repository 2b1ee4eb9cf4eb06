/** HTML that is escaped by construction: whatever is filled in is text, unless it is HTML of this template itself. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A piece of HTML. Made by `html` alone, and by `embedded` for files of our own. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static fromTemplate(strings: TemplateStringsArray, values: readonly Fill[]): Html {
    return new Html(strings.map((string, i) => (i === 0 ? '' : fill(values[i - 1])) + string).join(''));
  }

  /** @throws TypeError where the text would end the element that it stands in */
  static embedded(text: string): Html {
    if (/<\/?(?:script|style|!--)/i.test(text)) throw new TypeError('this text would end its element');
    return new Html(text);
  }

  toString(): string {
    return this.#text;
  }
}

/** What may be filled in; nothing stands for `undefined` and `false`. */
export type Fill = string | number | Html | undefined | false | readonly Fill[];

/**
 * HTML with values filled in as text, in content and in quoted attributes.
 *
 * @example html`<p title="${host}">${message}</p>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Fill[]): Html {
  return Html.fromTemplate(strings, values);
}

/** A style sheet or script of our own as the content of its element, where nothing is escaped. */
export function embedded(text: string): Html {
  return Html.embedded(text);
}

/** Data as the content of a `script` element of type `application/json`: no text in it can end the element. */
export function embeddedJson(data: unknown): Html {
  const json = JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Html.embedded(json);
}

function fill(value: Fill): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(fill).join('');
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
