/**
 * Handlers and their memory. A handler that a change makes necessary is written down on the host before the change, and
 * crossed out after it ran: a crash in between loses no restart.
 */
import type { Handler } from '../resources/contract.ts';
import { raw, type Script, sh } from '../shell/sh.ts';
import type { PlacedResource } from './evaluate.ts';

const PENDING_FOLDER = '/var/lib/provision/pending';

/** Names the pending handlers, without a single fork. */
export const PENDING_PROBE: Script = sh`
  for file in ${PENDING_FOLDER}/*; do
    [ -f "$file" ] && printf '%s\n' "\${file##*/}"
  done
  :
`;

export function parsePending(output: string): ReadonlySet<string> {
  return new Set(output.split('\n').filter(Boolean).map(decodeURIComponent));
}

/** Writes the handlers down as pending; nothing at all where there are none. */
export function markPending(handlers: readonly Handler[]): Script {
  if (handlers.length === 0) return raw('');
  const files = handlers.map(pendingFile);
  return sh`mkdir -p ${PENDING_FOLDER} && touch ${files} && sync ${PENDING_FOLDER} || exit`;
}

/** Runs the handler and crosses it out. */
export function runHandler(handler: Handler): Script {
  return sh`
    (
    ${handler.script}
    ) || exit
    rm -f ${pendingFile(handler)}
  `;
}

/** The handlers that a role's resources name, each once, in order of first mention, and after those that they are to run after. */
export function handlersOf(placed: readonly PlacedResource[], role: string): readonly Handler[] {
  const named = placed.filter((entry) => entry.role === role).flatMap(({ resource }) => resource.notify);
  const ids = new Set(named.map(({ id }) => id));
  const seen = new Set<string>();
  const ordered: Handler[] = [];

  function add(handler: Handler): void {
    if (seen.has(handler.id)) return;
    seen.add(handler.id);
    for (const first of handler.after ?? []) add(first);
    if (ids.has(handler.id)) ordered.push(handler);
  }

  for (const handler of named) add(handler);
  return ordered;
}

/** Encoded so that no id can leave the folder or be hidden in it: a leading dot is encoded as well. */
function pendingFile({ id }: Handler): string {
  return `${PENDING_FOLDER}/${encodeURIComponent(id).replace(/^\./, '%2E')}`;
}
