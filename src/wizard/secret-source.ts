/** Where a secret comes from, written as one text. What is given itself stands here only encrypted. */
import type { Choice } from './question.ts';

export type SecretSource =
  | { readonly from: 'none' }
  | { readonly from: 'generate' }
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'vault'; readonly envelope: string }
  /** As it stands in an inventory that was opened, in a way that the wizard does not know. */
  | { readonly from: 'kept' };

/** A text that means: to be encrypted now. It comes from flags; what follows is again a source. */
export const ENCRYPT = 'encrypt:';

/** @returns undefined where the text is none of these forms */
export function parseSource(text: string): SecretSource | undefined {
  const [, word = '', rest = ''] = /^(\w+)(?::(.+))?$/s.exec(text) ?? [];
  if (rest === '') return word === 'none' || word === 'generate' || word === 'kept' ? { from: word } : undefined;
  if (word === 'env') return /^\w+$/.test(rest) ? { from: 'env', name: rest } : undefined;
  if (word === 'file') return { from: 'file', path: rest };
  return word === 'vault' ? { from: 'vault', envelope: rest } : undefined;
}

export function formatSource(source: SecretSource): string {
  if (source.from === 'env') return `env:${source.name}`;
  if (source.from === 'file') return `file:${source.path}`;
  return source.from === 'vault' ? `vault:${source.envelope}` : source.from;
}

/** As the user sees it. */
export function describeSource(text: string): string {
  const source = parseSource(text);
  if (source?.from === 'vault') return 'encrypted in the inventory';
  if (source?.from === 'env') return `from the variable ${source.name}`;
  if (source?.from === 'file') return `from the file ${source.path}`;
  if (source?.from === 'kept') return 'as it stands in the file';
  return source?.from === 'none' ? 'none' : 'made on the host';
}

/** What can be chosen. `given`: not made on the host. @param canEncrypt whether there is a vault */
export function sourceChoices(kind: 'any' | 'given', canEncrypt: boolean): readonly Choice[] {
  const first =
    kind === 'any'
      ? { value: 'generate', name: 'made on the host and kept there: nobody types it' }
      : { value: 'none', name: 'no' };
  return [
    first,
    ...(canEncrypt ? [{ value: 'type', name: 'typed now, and written encrypted into the inventory' }] : []),
    { value: 'env', name: 'in an environment variable, at each run' },
    { value: 'file', name: 'in a file of this machine' },
  ];
}
