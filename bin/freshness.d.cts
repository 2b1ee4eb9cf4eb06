/** Name, size and times of everything that the bundle of the checkout at `root` is made from. */
export function fingerprint(root: string): string;
/** Whether the bundle was made from what is there now. */
export function isFresh(root: string): boolean;
/** Absolute path of the file that keeps the fingerprint of the bundle. */
export function stampFile(root: string): string;
