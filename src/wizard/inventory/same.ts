import { isDeepStrictEqual } from 'node:util';
import { isTree } from './tree.ts';

export function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** Whether two entries of a list stand for the same thing: by name, or by path and host; others only when they are equal. */
export function sameThing(a: unknown, b: unknown): boolean {
  if (!isTree(a) || !isTree(b)) return isSame(a, b);
  if (a.name !== undefined || b.name !== undefined) return a.name === b.name;
  return (a.path ?? '/') === (b.path ?? '/') && a.host === b.host;
}
