/**
 * In what order the hosts of a run come to what concerns several of them. All are worked on side by side; a resource that is to
 * come after the peers waits for the hosts that its role has named. Hosts that wait do not wait for each other.
 */
import { ProvisionError } from '../errors.ts';
import type { HostSummary } from './events.ts';
import type { HostTask, PreparedHost } from './host-run.ts';

export interface PeerTurns {
  /** The hosts in the order in which they are begun: a host never waits for one that has no place to work. */
  readonly order: readonly PreparedHost[];
  /** A host is done, however that went. */
  finished(summary: HostSummary): void;
  /** A host is the same machine as another one, and comes after that: whoever waited for it would be waited for. */
  comesLater(host: string): void;
  /**
   * Ends when the peers of a host are done.
   * @param tell is given their names where there is anything to wait for
   * @returns why it must not go on: none of them is what it shall be
   */
  wait(host: string, tell: (names: readonly string[]) => void): Promise<ProvisionError | undefined>;
}

export function peerTurns(hosts: readonly PreparedHost[]): PeerTurns {
  const others = new Map(hosts.filter((host) => !waits(host)).map(({ task }) => [task.name, promised()]));
  const peers = new Map(
    hosts.filter(waits).map(({ task, placed }) => [task.name, peersOf(task, rolesThatWait(placed))]),
  );
  return {
    order: hosts.toSorted((a, b) => Number(waits(a)) - Number(waits(b))),
    finished: ({ host, status }) => others.get(host)?.resolve(status),
    comesLater: (host) => others.get(host)?.resolve('ok'),
    async wait(host, tell) {
      const names = (peers.get(host) ?? []).filter((name) => others.has(name));
      const open = names.filter((name) => others.get(name)?.isOpen());
      if (open.length > 0) tell(open);
      const outcomes = await Promise.all(names.flatMap((name) => others.get(name)?.promise ?? []));
      if (outcomes.length === 0 || outcomes.some(isDone)) return undefined;
      return new ProvisionError('apply-failed', `none of ${names.join(', ')} is what it shall be`, {
        host,
        hint: 'Visitors that are sent there would find nobody. Mend these first, and run again: it goes on where it stopped.',
      });
    },
  };
}

function isDone(status: HostSummary['status']): boolean {
  return status === 'ok' || status === 'changed';
}

function waits({ placed }: PreparedHost): boolean {
  return rolesThatWait(placed).size > 0;
}

function rolesThatWait(placed: PreparedHost['placed']): ReadonlySet<string> {
  return new Set(placed.filter(({ resource }) => resource.afterPeers).map(({ role }) => role));
}

function peersOf({ roles, peers }: HostTask, waiting: ReadonlySet<string>): readonly string[] {
  const patterns = roles
    .filter(({ definition }) => waiting.has(definition.name))
    .flatMap(({ definition, params }) => definition.peers?.(params as never) ?? []);
  return [...new Set(patterns.flatMap(({ pattern }) => peers(pattern).map(({ name }) => name)))];
}

function promised() {
  const { promise, resolve } = Promise.withResolvers<HostSummary['status']>();
  let open = true;
  return {
    promise,
    isOpen: () => open,
    resolve(status: HostSummary['status']) {
      open = false;
      resolve(status);
    },
  };
}
