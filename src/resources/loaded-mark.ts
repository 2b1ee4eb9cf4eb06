/**
 * Whether a program runs what is in its files. Files cannot tell: one that was changed, loaded and put back is as it shall be,
 * and the program goes on with what it has loaded. So it writes down what that is, in a file as sha256sum(1) makes it: the mark.
 */
import { type Script, sh } from '../shell/sh.ts';
import type { Change } from './contract.ts';

/** By mark and path: the hash of what was loaded. */
export type LoadedHashes = ReadonlyMap<string, string>;

/** Prints the marks, without a process of its own. */
export function probeMarks(marks: readonly (string | undefined)[]): Script {
  const all = [...new Set(marks.filter((mark) => mark !== undefined))];
  if (all.length === 0) return sh`:`;
  return sh`
    for mark in ${all}; do
      [ -f "$mark" ] || continue
      printf 'mark %s\n' "$mark"
      while IFS= read -r line; do printf 'loaded %s\n' "$line"; done <"$mark"
    done
  `;
}

/** What `probeMarks` printed; lines of other probes are passed over. */
export function parseMarks(output: string): LoadedHashes {
  const hashes = new Map<string, string>();
  let mark = '';
  for (const line of output.split('\n')) {
    const [, sum = '', path = ''] = /^loaded ([0-9a-f]{64}) {2}(\/.*)$/.exec(line) ?? [];
    if (line.startsWith('mark ')) mark = line.slice('mark '.length);
    else if (path !== '') hashes.set(keyOf(mark, path), sum);
  }
  return hashes;
}

/** @returns undefined where there is no mark, or where it does not tell of the file: then nothing is known */
export function loadedHash(hashes: LoadedHashes, mark: string | undefined, path: string): string | undefined {
  return mark === undefined ? undefined : hashes.get(keyOf(mark, path));
}

/** @param sha256 of the file as it is */
export function loadedChanges(loaded: string | undefined, sha256: string | undefined): Change[] {
  if (loaded === undefined || sha256 === undefined || loaded === sha256) return [];
  return [{ action: 'update', what: 'in use', from: 'another content', to: 'the file as it is' }];
}

/** What runs is not known until the handler has loaded the file, which is pending already and writes the mark anew. */
export function forgetMark(mark: string | undefined): Script {
  return mark === undefined ? sh`:` : sh`rm -f ${mark}`;
}

function keyOf(mark: string, path: string): string {
  return `${mark}\n${path}`;
}
