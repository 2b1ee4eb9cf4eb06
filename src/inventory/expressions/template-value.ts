/** What a text with expressions in it comes to. */
import type { Text } from '../../shell/secret.ts';
import { joinTexts } from '../secrets/veil.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { pathOf } from './expression.ts';
import { unresolved } from './reference-errors.ts';
import type { Piece } from './template.ts';
import { present, toText, typeName } from './values.ts';

/**
 * The value of an expression that is the whole text, whatever its type; else a text.
 * @throws ProvisionError `inventory-unresolved-reference`
 */
export function evaluatePieces(pieces: readonly Piece[], scope: Scope): unknown {
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === 'object') return present(evaluate(only, scope));
  return joinTexts(pieces.map((piece) => pieceText(piece, scope)));
}

function pieceText(piece: Piece, scope: Scope): Text {
  if (typeof piece === 'string') return piece;
  const value = present(evaluate(piece, scope));
  const text = toText(value);
  if (text !== undefined) return text;
  const path = pathOf(piece);
  const what = path === undefined ? `the expression at character ${piece.at} of the text` : `{{ ${path.join('.')} }}`;
  const hint = 'Let the reference be the whole text, or refer to one value in it.';
  throw unresolved(`${what} is ${typeName(value)}, which cannot stand within a text`, hint);
}
