/** Text in columns of a terminal: wide characters take two, combining marks none, colours none. */
import { stripVTControlCharacters } from 'node:util';

/** Wide by Unicode's East Asian Width (UAX #11), as far as names and messages need it, and emoji. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u;
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
const ASCII = /^[\x20-\x7e]*$/;

const ELLIPSIS = '…';

let segmenter: Intl.Segmenter | undefined;

/** How many columns the text takes. */
export function textWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (ASCII.test(plain)) return plain.length;
  return graphemes(plain).reduce((columns, grapheme) => columns + graphemeWidth(grapheme), 0);
}

/** The text cut to so many columns, with `…` where something was cut. For texts without colour. */
export function truncate(text: string, columns: number, where: 'end' | 'middle' = 'end'): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return '';
  const characters = graphemes(text);
  const tailColumns = where === 'end' ? 0 : Math.floor((columns - 1) / 2);
  const head = takeColumns(characters, columns - 1 - tailColumns);
  const tail = takeColumns(characters.toReversed(), tailColumns).toReversed();
  return [...head, ELLIPSIS, ...tail].join('');
}

/** The text broken between words into lines of at most so many columns. A longer word has a line of its own, unbroken. */
export function wrap(text: string, columns: number): string[] {
  return fill(text.split(' '), columns);
}

/** The same for phrases that are not to be broken themselves. */
export function fill(phrases: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const phrase of phrases) {
    const longer = line === '' ? phrase : `${line} ${phrase}`;
    if (line !== '' && textWidth(longer) > columns) {
      lines.push(line);
      line = phrase;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - textWidth(text))) + text;
}

function takeColumns(characters: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let left = columns;
  for (const character of characters) {
    left -= graphemeWidth(character);
    if (left < 0) break;
    taken.push(character);
  }
  return taken;
}

/** What a reader sees as one character: a letter with its accents, an emoji of several code points. */
function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en');
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
