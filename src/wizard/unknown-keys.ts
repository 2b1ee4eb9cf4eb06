/** Hosts of an inventory that exists whose key nobody knows as yet: the plan would stop at the first of them. */
import { confirm } from './asking/ask-host-keys.ts';
import { BACK, type Back, type Prompter } from './asking/prompter.ts';
import type { Meeting } from './meet-host.ts';
import { NAMED_VALUE, partsOf, SERVER } from './notations.ts';
import type { View } from './question.ts';

/** More than these nobody compares one by one: `known_hosts` or `--host-key` are for them. */
const MOST_HOSTS = 20;

/**
 * Has the keys confirmed that neither the inventory nor known_hosts has. A host that does not answer is left to the plan.
 * @param declined names of hosts that were asked for before; what is declined is added
 * @returns the answer `hostKeys`, where it changes
 */
export async function confirmUnknownKeys(
  view: View,
  declined: Set<string>,
  { prompter, meeting }: { readonly prompter: Prompter; readonly meeting: Meeting },
): Promise<readonly string[] | Back | undefined> {
  const pinned = view.many('hostKeys');
  const names = new Set([...declined, ...pinned.map((entry) => partsOf(NAMED_VALUE, entry).name ?? '')]);
  const servers = view.many('servers').map((server) => partsOf(SERVER, server));
  const unpinned = servers.filter(({ name = '' }) => !names.has(name));
  if (unpinned.length === 0 || unpinned.length > MOST_HOSTS) return undefined;
  const sshKey = view.one('sshKey');
  const looks = unpinned.map((server) =>
    // Nobody logs in for this.
    meeting.showKey({ server, sshKey, loginPassword: 'none', sudoPassword: 'none' }),
  );
  const shown = await prompter.wait('looking for the keys of hosts', Promise.allSettled(looks));
  const confirmed: string[] = [];
  for (const [at, result] of shown.entries()) {
    const { name = '' } = unpinned[at] ?? {};
    if (result.status === 'rejected' || result.value.isKnown) continue;
    const answer = await confirm(name, result.value.fingerprint, prompter);
    if (answer === BACK) return BACK;
    if (answer) confirmed.push(NAMED_VALUE.format({ name, value: result.value.key }));
    else declined.add(name);
  }
  return confirmed.length === 0 ? undefined : [...pinned, ...confirmed];
}
