/** Colour: whether to use it, and how. */
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** The text in that style, or the text itself where no colour is wanted. */
export type Paint = (style: Style, text: string) => string;

export interface ColourQuestion {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the stream is a terminal. */
  readonly isTTY: boolean;
  /** The user's `--no-color`. */
  readonly refused: boolean;
}

/** Whether to write colour to a stream: `--no-color`, FORCE_COLOR, NO_COLOR (no-color.org) and TERM count, in this order. */
export function wantsColour({ env, isTTY, refused }: ColourQuestion): boolean {
  if (refused) return false;
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return isTTY && term !== 'dumb';
}

export function createPaint(colour: boolean): Paint {
  if (!colour) return (_style, text) => text;
  // Whether the stream takes colour was decided before: Node would ask process.stdout, whatever we write to.
  return (style, text) => (text === '' ? '' : styleText(style, text, { validateStream: false }));
}
