/** What an address and a user look like: a slip shows as it is typed, not when a run dials in vain. */
import { isIP } from 'node:net';
import { partsOf, SERVER } from '../notations.ts';
import type { View } from '../question.ts';

/** Any name will do, for ~/.ssh/config may know it; what can only be meant as an address must be one. */
export function addressRule(text: string): string | undefined {
  if (text.includes('@')) return 'must be the address alone, without a user';
  if (/^[^:]*:\d*$/.test(text)) return 'must be the address alone, without a port';
  if (text.includes(':'))
    return isIP(text) === 6 && !text.includes('%') ? undefined : 'must be an IPv6 address, as 2001:db8::1';
  if (/^[\d.]+$/.test(text))
    return isIP(text) === 4 ? undefined : 'must be four numbers from 0 to 255, as 203.0.113.10';
  return /^[^/[\]=,;]+$/.test(text) ? undefined : 'must be an address or a name';
}

export function userRule(text: string): string | undefined {
  return /^[^:/@=,;[\]]+$/.test(text) ? undefined : 'must be the name of a user alone, without : / or @';
}

export function hostNameRule(text: string, view: View): string | undefined {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(text)) return 'must be letters, digits, _, . and -';
  const taken = view.many('servers').some((server) => partsOf(SERVER, server).name === text);
  return taken ? `there is a host ${text} already` : undefined;
}
