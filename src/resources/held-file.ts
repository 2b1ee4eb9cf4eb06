/** Files that are held: a note in a folder of theirs says why, and perhaps as what. */
import { type Script, sh } from '../shell/sh.ts';
import type { Change } from './contract.ts';

/** What keeps a file from becoming what it shall be. */
export interface Held {
  readonly why: string;
  /** What it stays; undefined where it is whatever it is. */
  readonly content: { readonly sha256: string; readonly copy: string } | undefined;
}

/** Without a process of its own. */
export function probeHolders(folders: readonly string[]): Script {
  if (folders.length === 0) return sh`:`;
  return sh`
    for folder in ${[...new Set(folders)]}; do
      for file in "$folder"/*; do
        [ -f "$file" ] || continue
        why='' held=
        read -r why <"$file"
        [ -f "$folder.as" ] && read -r held <"$folder.as"
        printf 'held by %s\n%s\nas %s\n' "$folder" "$why" "$held"
        break
      done
    done
  `;
}

/** By folder. */
export function parseHolders(output: string): ReadonlyMap<string, Held> {
  const found = output.matchAll(/^held by (.*)\n(.*)\nas (?:([0-9a-f]{64}) (\/.*))?$/gm);
  return new Map(
    [...found].map(([, folder = '', why = '', sha256, copy]) => [
      folder,
      { why, content: sha256 !== undefined && copy !== undefined ? { sha256, copy } : undefined },
    ]),
  );
}

/**
 * Whether a file that is held was changed by hand; one that is too long to be seen is taken as it is.
 * @param now the hash of its content
 */
export function differenceFromHeld({ content }: Held, now: string | undefined): Change[] {
  if (content === undefined || now === undefined || now === content.sha256) return [];
  return [{ action: 'update', what: 'content', from: 'changed by hand', to: 'as it is held' }];
}

export function putBack(path: string, copy: string): Script {
  return sh`cp -p ${path} ${`${path}.new`} && cat ${copy} >${`${path}.new`} && mv ${`${path}.new`} ${path} || exit`;
}
