import { hostname, userInfo } from 'node:os';

/** Who is at work: `alice@laptop`. */
export function personHere(): string {
  return `${userInfo().username}@${hostname()}`;
}
