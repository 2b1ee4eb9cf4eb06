/** The hosts of a trial while they are worked on. */
import { resolve } from 'node:path';
import { evaluateRoles, type PlacedResource } from '../engine/evaluate.ts';
import { ASSUMED_FACTS, type Facts } from '../engine/facts.ts';
import type { FactsMemory } from '../engine/facts-memory.ts';
import type { HostTask } from '../engine/host-run.ts';
import { ProvisionError } from '../errors.ts';
import type { Connection } from '../transport/types.ts';
import type { TrialHost } from './hosts.ts';
import type { TrialHostSpec } from './inventory.ts';
import { createRunner, type Run } from './runner.ts';

export interface Bench {
  /** Plans or applies all hosts. */
  readonly run: Run;
  /** Does something over a connection of its own to the host of that name. */
  on<T>(host: string, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** What the roles of that host ask for, by what it told of itself. */
  resources(host: string): Promise<readonly PlacedResource[]>;
}

export interface BenchOptions {
  /** Who is at work: `alice@laptop`. */
  readonly by: string;
  readonly stop: AbortSignal;
  readonly note: (text: string) => void;
}

export function createBench(
  specs: readonly TrialHostSpec[],
  hosts: readonly TrialHost[],
  options: BenchOptions,
): Bench {
  const tasks = specs.map((spec) => taskOf(spec, hosts));
  const facts = newMemory();
  const { stop } = options;

  function taskNamed(host: string): HostTask {
    const task = tasks.find(({ name }) => name === host);
    if (task === undefined) throw new TypeError(`there is no host ${host}`);
    return task;
  }

  return {
    run: createRunner(tasks, { ...options, facts }),
    async on(host, work) {
      const connection = await taskNamed(host).connect();
      const cut = () => void connection.close();
      stop.addEventListener('abort', cut, { once: true });
      try {
        return await work(connection);
      } catch (error) {
        throw error instanceof ProvisionError ? error.at({ host }) : error;
      } finally {
        stop.removeEventListener('abort', cut);
        await connection.close();
      }
    },
    resources: async (host) => evaluateRoles(taskNamed(host), (await facts.recall(taskNamed(host))) ?? ASSUMED_FACTS),
  };
}

function taskOf(spec: TrialHostSpec, hosts: readonly TrialHost[]): HostTask {
  const { name, roles, secrets, inventoryDir, peers } = spec;
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) throw new TypeError(`the host ${name} was not started`);
  const { address, hostname } = host;
  const localPath = (path: string) => resolve(inventoryDir, path);
  return { name, address, hostname, roles, secrets, localPath, peers, connect: () => host.connect() };
}

/** Hosts that are gone in a moment are remembered here alone. */
function newMemory(): FactsMemory {
  const known = new Map<string, Facts>();
  return {
    recall: async ({ name }) => known.get(name),
    remember: async ({ name }, facts) => void known.set(name, facts),
  };
}
