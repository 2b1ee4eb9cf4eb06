/** What of a request decides: its path, and on which host name. */
import { type Word, word } from './config-word.ts';

export interface RequestMatch {
  /** Without a slash at its end; `/` is everything. */
  readonly path: string;
  readonly host?: string | undefined;
}

/**
 * The conditions under which a request is for this path, or for one below it.
 *
 * They look at `txn.path`, which the configuration derives from the request: decoded, with single slashes, without `.`
 * segments and parameters, and with a slash at its end, so that `/admin/` is the beginning of `/admin` and of `/admin/x`
 * but not of `/administrator`.
 *
 * @param options.anyCase protect `/ADMIN` as `/admin`: there are applications that take the one for the other
 */
export function condition({ path, host }: RequestMatch, options: { anyCase: boolean }): Word {
  const beginning = word(path.endsWith('/') ? path : `${path}/`);
  const onPath = `{ var(txn.path) ${options.anyCase ? '-i ' : ''}-m beg ${beginning} }`;
  const onHost = host === undefined ? '' : ` { var(txn.host) -m str ${word(host)} }`;
  return `${onPath}${onHost}` as Word;
}

/** From the least to the most specific: those of any host first, then by the length of the path. */
export function bySpecificity(a: RequestMatch, b: RequestMatch): number {
  const hosts = Number(a.host !== undefined) - Number(b.host !== undefined);
  return hosts || a.path.length - b.path.length || (a.path < b.path ? -1 : 1);
}
