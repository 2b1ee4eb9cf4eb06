/** The steps of a redeploy, told as they happen. */
import type { Emit } from '../engine/events.ts';
import { ProvisionError } from '../errors.ts';
import type { Change, Target } from '../resources/contract.ts';
import { redactError } from '../shell/redact.ts';
import { type DeployHost, targetOf } from './deploy-host.ts';
import { blameRestart } from './restarted.ts';

export interface Steps {
  /**
   * Runs one step on a host and reports it.
   * @param id names it: `app-3: start`
   * @param work may return changes to tell of, besides that the step is done
   */
  run(host: DeployHost, id: string, work: (target: Target) => Promise<unknown>): Promise<void>;
  /** So many more come on a host, as far as can be told: before that, and where nobody knows, the steps are counted without a total. */
  expect(host: DeployHost, more: number | undefined): void;
  /** A step that was not among those. */
  expectOneMore(host: DeployHost): void;
  /** How many steps were taken on a host. */
  taken(host: DeployHost): number;
  /** Aborted by the first interrupt: the replica in hand is made whole, and that is all. */
  readonly stop: AbortSignal;
}

/** How a rolling redeploy goes about it. */
export interface RollOptions {
  readonly steps: Steps;
  /** On the way back from a failure: what does not get ready to be stopped is stopped all the same, and no interrupt ends it. */
  readonly goingBack?: boolean;
  /** It goes on where an earlier one was broken off: what that one has started is no better known than what we start. */
  readonly resumed?: boolean;
}

export interface StepsOptions {
  readonly role: string;
  readonly emit: Emit;
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

export function newSteps({ role, emit, stop, abort }: StepsOptions): Steps {
  const counts = new Map<string, number>();
  const totals = new Map<string, number>();
  return {
    stop,
    expect({ name }, more) {
      if (more === undefined) totals.delete(name);
      else totals.set(name, (counts.get(name) ?? 0) + more);
    },
    expectOneMore({ name }) {
      const total = totals.get(name);
      if (total !== undefined) totals.set(name, total + 1);
    },
    taken: ({ name }) => counts.get(name) ?? 0,
    async run(host, id, work) {
      const step = (counts.get(host.name) ?? 0) + 1;
      counts.set(host.name, step);
      const about = { host: host.name, role, id };
      const total = totals.get(host.name);
      // More were taken than could be told before: a total that grows along with them tells nothing.
      const isKnown = total !== undefined && step <= total;
      emit({ type: 'step-started', ...about, step, ...(isKnown && { total }) });
      const started = performance.now();
      const { startOfHost } = host.connection;
      const elapsed = () => performance.now() - started;
      try {
        const told = await work(targetOf(host, id, { emit, abort }));
        emit({
          type: 'step-finished',
          ...about,
          status: 'changed',
          changes: [told].flat().filter(isChange),
          durationMs: elapsed(),
        });
      } catch (cause) {
        if (!(cause instanceof ProvisionError)) throw cause;
        const blamed = abort.aborted ? brokenOff(cause) : blameRestart(cause, host, startOfHost);
        const error = redactError(blamed.at({ host: host.name, task: id }));
        emit({ type: 'step-finished', ...about, status: 'failed', changes: [], durationMs: elapsed(), error });
        throw abort.aborted ? cause : error;
      }
    },
  };
}

/** That we ended the connection ourselves is not told as its loss. */
function brokenOff(cause: ProvisionError): ProvisionError {
  return new ProvisionError('interrupted', 'broken off', { cause });
}

function isChange(told: unknown): told is Change {
  return typeof told === 'object' && told !== null && 'action' in told;
}
