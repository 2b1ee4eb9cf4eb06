/** What comes from a host is printed only after this: a log line must not move the cursor or repaint the screen. */

/** Control characters, and the marks that reverse the direction of a text (CVE-2021-42574). Tabs and line ends stay. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** ECMA-48 SGR: the colours of a build log. */
const COLOUR_CODES = /\u001b\[[\d;:]*m/g;

/** The text with control characters written out: `\x1b`, `\r`, `\u202e`. Tabs and line feeds stay as they are. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, writeOut);
}

/** The output of a program as lines: without its colours, control characters written out, no empty lines at either end. */
export function outputLines(output: string): string[] {
  const text = output.replace(COLOUR_CODES, '').replaceAll('\r\n', '\n');
  return printable(text)
    .replace(/^\s*\n|\s+$/g, '')
    .split('\n');
}

/** The text as one line: line ends and runs of blanks become one blank. */
export function oneLine(text: string): string {
  const joined = text.replace(COLOUR_CODES, '').replace(/\s+/g, ' ');
  return printable(joined).trim();
}

function writeOut(character: string): string {
  if (character === '\n' || character === '\t') return character;
  if (character === '\r') return '\\r';
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** One line of a program's output: without its colours, control characters written out, its blanks as they are. */
export function logText(line: string): string {
  return printable(line.replace(COLOUR_CODES, '').replace(/\r$/, ''));
}
