/** What changes in a text, as people may see it. */
import { redact } from '../shell/redact.ts';
import { isKnown, mask, reveal, Secret, type Text } from '../shell/secret.ts';
import type { Change } from './contract.ts';
import { replaceCryptHashes } from './crypt-hash.ts';

/** Stands for a line of the host that may hold a secret which is not known here: an older one. */
const HIDDEN = '<hidden>';

/**
 * The change of a content.
 * @param before what is there now, undefined where it is not known; left out of the change where it is no text
 * @param options.sensitive hide what was in it before, also where nothing in the new content is secret
 * @param options.secretLines the lines that alone may hold a secret: all others are shown
 */
export function contentChange(
  what: string,
  before: Buffer | undefined,
  after: Text,
  { sensitive = after instanceof Secret, secretLines = /^/ }: { sensitive?: boolean; secretLines?: RegExp } = {},
): Change {
  const change = { action: 'update', what } as const;
  const old = before === undefined ? undefined : decode(before);
  if (old === undefined) return change;
  return {
    ...change,
    text: { before: sensitive ? hideSecrets(old, [after], secretLines) : withoutSecrets(old), after: mask(after) },
  };
}

/** What is a secret of this run, and what looks like one, was there before it became a text that anybody may see. */
function withoutSecrets(before: string): string {
  return replaceCryptHashes(redact(before), HIDDEN);
}

/**
 * A text of the host. Of lines that may hold a secret only those are shown that the desired texts hold too: those without a
 * secret as they are, those with one masked. Every other one may hold what was secret before.
 * @param secretLines the lines that may hold one
 */
export function hideSecrets(found: string, desired: readonly Text[], secretLines: RegExp): string {
  const shown = new Map<string, string>();
  for (const text of desired) {
    const masked = mask(text).split('\n');
    const revealed = isKnown(text) ? reveal(text).split('\n') : [];
    for (const [i, line] of masked.entries()) {
      if (!line.includes('<secret>')) shown.set(line, line);
      // A secret of several lines would shift those that follow.
      else if (revealed.length === masked.length) shown.set(revealed[i] ?? '', line);
    }
  }
  return found
    .split('\n')
    .map((line) => shown.get(line) ?? (secretLines.test(line) ? HIDDEN : withoutSecrets(line)))
    .join('\n');
}

/** @returns undefined for what is no UTF-8 text */
function decode(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
