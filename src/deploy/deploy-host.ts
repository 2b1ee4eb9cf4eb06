/** A host that takes part in a redeploy: reached, looked at, locked. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit } from '../engine/events.ts';
import type { Finding, Survey } from '../engine/plan.ts';
import type { Balancer } from '../engine/role.ts';
import { ProvisionError } from '../errors.ts';
import type { Resource, ResourceKind, Source, Target } from '../resources/contract.ts';
import { redact } from '../shell/redact.ts';
import type { Connection, RunOptions } from '../transport/types.ts';

/** How often a lost connection is dialled again, and how long to wait before, milliseconds. */
const REDIALS = 5;
const REDIAL_DELAY_MS = 2_000;

export interface DeployHost {
  readonly name: string;
  readonly connection: Connection;
  /** What was seen of everything on it when the lock had been taken. */
  readonly survey: Survey;
  /** Set where it is a load balancer. */
  readonly balancer: Balancer | undefined;
  /** Not so where it is a load balancer alone, for others: what else runs there stays as it is. */
  readonly isChosen: boolean;
}

/** The findings of one kind of resource. */
export function findingsOf<Desired, Actual>(
  { survey }: Pick<DeployHost, 'survey'>,
  kind: ResourceKind<Desired, Actual>,
): readonly (Finding & { readonly resource: Resource<Desired, Actual>; readonly actual: Actual })[] {
  // Kinds are compared by name: what a builder makes refers to its kind without the builder.
  const found = survey.findings.filter(({ resource }) => resource.kind.kind === kind.kind);
  return found as never;
}

export interface SteadyOptions {
  readonly lock: string;
  readonly onLost: (error: ProvisionError) => void;
  /** Connected again, after so many milliseconds. */
  readonly onBack: (durationMs: number) => void;
  readonly stop: AbortSignal;
}

/**
 * A connection that is dialled again when it is lost. What was being run is run once more: everything that a redeploy does can
 * be done twice. The lock is taken again as well: the host knows us by our token.
 */
export async function steadyConnection(
  connect: () => Promise<Connection>,
  { lock, onLost, onBack, stop }: SteadyOptions,
): Promise<Connection> {
  let current = await connect();
  let before = 0;

  async function run(script: Parameters<Connection['run']>[0], options: RunOptions = {}) {
    for (let redials = 0; ; redials += 1) {
      try {
        return await current.run(script, { ...options, lock });
      } catch (error) {
        if (!(error instanceof ProvisionError) || error.code !== 'connection-lost') throw error;
        if (redials === REDIALS || stop.aborted) throw error;
        onLost(error);
        await redial(error);
      }
    }
  }

  async function redial(lost: ProvisionError): Promise<void> {
    const lostAt = performance.now();
    before += current.exchanges;
    await current.close();
    for (let attempt = 1; ; attempt += 1) {
      await sleep(REDIAL_DELAY_MS);
      try {
        current = await connect();
        onBack(performance.now() - lostAt);
        return;
      } catch {
        if (attempt === REDIALS || stop.aborted) throw lost;
      }
    }
  }

  return {
    get host() {
      return current.host;
    },
    get startOfHost() {
      return current.startOfHost;
    },
    get exchanges() {
      return before + current.exchanges;
    },
    run,
    stream: (command) => current.stream(command),
    close: () => current.close(),
  };
}

/** The host as others see it that fetch from it. */
export function sourceOf({ name, connection }: DeployHost): Source {
  return { host: name, stream: (command) => connection.stream(command) };
}

/** The host as `perform` of a resource sees it. */
export function targetOf(
  { name, connection }: Pick<DeployHost, 'name' | 'connection'>,
  id: string,
  { emit, abort }: { emit: Emit; abort: AbortSignal },
): Target {
  return {
    run: (script, options) => connection.run(script, options),
    stream: (command) => connection.stream(command),
    progress: (text) => emit({ type: 'step-progress', host: name, id, text: redact(text) }),
    signal: abort,
  };
}
