/** How all hosts are: each looked at by itself, then put together with what the load balancers say of their replicas. */
import { isDeepStrictEqual } from 'node:util';
import type { FactsMemory } from '../engine/facts-memory.ts';
import { type HostTask, prepareHost } from '../engine/host-run.ts';
import type { Place } from '../engine/places.ts';
import type { ProvisionError } from '../errors.ts';
import type { Connection } from '../transport/types.ts';
import { type EachHostOptions, eachHost, type HostResult, openConnection } from './each-host.ts';
import { type HostState, lookAtState, type ReplicaState } from './host-status.ts';
import { type Problem, problemsOf } from './problems.ts';

/** One host, and what is not well with it. */
export interface HostStatus {
  readonly host: string;
  /** For people: `root@203.0.113.10:22`. */
  readonly address: string;
  /** `ok`; `problems`: there are some; `unreachable`, `failed`: the look did not succeed, `error` says why. */
  readonly status: 'ok' | 'problems' | 'unreachable' | 'failed' | 'interrupted';
  readonly problems: readonly Problem[];
  readonly state: HostState | undefined;
  readonly error: ProvisionError | undefined;
  readonly durationMs: number;
}

/** Looks again and again at the same hosts, over connections that are kept. */
export interface StatusWatch {
  look(): Promise<readonly HostStatus[]>;
  close(): Promise<void>;
}

export interface StatusOptions extends EachHostOptions<HostState> {
  readonly facts: FactsMemory;
}

export function watchStatus(tasks: readonly HostTask[], options: StatusOptions): StatusWatch {
  const connections = new Map<string, Connection>();

  async function lookAt(task: HostTask, patiently: Place['lend']): Promise<HostState> {
    const prepared = await prepareHost(task, options.facts);
    const connect = () => patiently(task.connect());
    const connection = connections.get(task.name) ?? (await openConnection({ connect }, options.stop));
    connections.set(task.name, connection);
    try {
      const state = await patiently(lookAtState(prepared, connection));
      if (!isDeepStrictEqual(prepared.remembered, state.facts)) await options.facts.remember(task, state.facts);
      return state;
    } catch (error) {
      // Whatever it was: the next look begins with a new login.
      connections.delete(task.name);
      void connection.close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    await Promise.all([...connections.values()].map((connection) => connection.close()));
  }

  options.stop.addEventListener('abort', () => void close(), { once: true });
  return {
    look: async () => joinStatus(tasks, await eachHost(tasks, options, lookAt), new Date()),
    close,
  };
}

/** Puts together what was seen on all hosts. */
export function joinStatus(
  tasks: readonly Pick<HostTask, 'name' | 'address'>[],
  results: readonly HostResult<HostState>[],
  now: Date,
): readonly HostStatus[] {
  const balancers = results.flatMap(({ host, value }) =>
    (value?.balancer?.servers ?? []).flatMap(({ replica, state, isUp }) =>
      replica === undefined ? [] : [{ key: [replica.host, replica.stack, replica.name].join('\0'), host, state, isUp }],
    ),
  );
  const byReplica = Map.groupBy(balancers, ({ key }) => key);
  return results.map(({ host, value, error, durationMs }, i): HostStatus => {
    const state = value && withBalancers(value, (name, stack) => byReplica.get([host, stack, name].join('\0')) ?? []);
    const problems = state === undefined ? [] : problemsOf(state, now);
    const { address = '' } = tasks[i] ?? {};
    return { host, address, status: statusOf(problems, error), problems, state, error, durationMs };
  });
}

function statusOf(problems: readonly Problem[], error: ProvisionError | undefined): HostStatus['status'] {
  if (error === undefined) return problems.length > 0 ? 'problems' : 'ok';
  if (error.code === 'interrupted') return 'interrupted';
  return error.exitCode === 4 ? 'unreachable' : 'failed';
}

/** The spare place of a rolling service has a server in each balancer as well: only replicas that are there count. */
function withBalancers(
  state: HostState,
  serversOf: (replica: string, stack: string) => readonly { host: string; state: string; isUp: boolean }[],
): HostState {
  const services = state.services.map((service) => ({
    ...service,
    replicas: service.replicas.map((replica): ReplicaState => {
      const balancers = serversOf(replica.name, service.project);
      return { ...replica, balancers: balancers.map(({ host, state, isUp }) => ({ host, state, isUp })) };
    }),
  }));
  return { ...state, services };
}
