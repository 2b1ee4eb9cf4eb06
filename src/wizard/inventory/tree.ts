/** What an inventory says, as plain data: what the wizard makes and compares. */

export type Tree = { readonly [key: string]: TreeValue };
export type TreeValue = string | number | boolean | VaultText | Kept | readonly TreeValue[] | Tree;

/** An encrypted value: `!vault |`. */
export class VaultText {
  readonly envelope: string;
  constructor(envelope: string) {
    this.envelope = envelope;
  }
}

/** A value of the inventory that the wizard does not know the form of: it stays as it is. */
export const KEPT = Symbol('kept');
export type Kept = typeof KEPT;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof VaultText);
}
