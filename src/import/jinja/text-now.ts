/** Texts of a playbook that are known when it is imported. */

import { NotTranslated } from '../not-translated.ts';
import { type Scope, translate } from './expressions.ts';
import { hasJinja, parseText } from './jinja.ts';

/** A text with its references as constants; undefined where one of them depends on what the inventory sets. */
export function textNow(text: string, scope: Scope): string | undefined {
  const parts = piecesNow(text, scope);
  const isKnown = parts.every((part) => typeof part === 'string' || typeof part === 'number');
  return isKnown ? parts.join('') : undefined;
}

/** The constant that a text refers to; undefined for everything else. */
export function valueNow(text: string, scope: Scope): unknown {
  const [only, ...others] = piecesNow(text, scope);
  return others.length === 0 ? only : undefined;
}

function piecesNow(text: string, scope: Scope): readonly unknown[] {
  if (!hasJinja(text)) return [text];
  try {
    return parseText(text).map((piece) => {
      if (typeof piece === 'string') return piece;
      const { literal, constant } = translate(piece, scope);
      return literal ?? constant;
    });
  } catch (error) {
    if (error instanceof NotTranslated) return [undefined];
    throw error;
  }
}
