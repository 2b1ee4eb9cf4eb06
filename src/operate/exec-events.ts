/** What a command on many hosts tells of itself, in the events of any run: its log and its page are made of them. */
import type { Emit, HostSummary } from '../engine/events.ts';
import type { HostTask } from '../engine/host-run.ts';
import { ProvisionError } from '../errors.ts';
import type { Change } from '../resources/contract.ts';
import { redact } from '../shell/redact.ts';
import { quote } from '../shell/sh.ts';
import type { HostResult } from './each-host.ts';
import type { CommandResult } from './exec.ts';

/** A longer command is cut where it only stands for itself, in characters. */
const LONGEST_COMMAND = 300;
/** The log holds the end of a longer output, in characters: it tells how the command ended. */
const LONGEST_OUTPUT = 1024 * 1024;

type Result = HostResult<CommandResult>;

export interface Teller {
  begin(hosts: readonly string[]): void;
  connecting(task: Pick<HostTask, 'name' | 'address'>): void;
  connected(host: string): void;
  done(result: Result): void;
  end(results: readonly Result[]): void;
}

/** The command as one would type it, known secrets masked. */
export function commandLine(words: readonly string[]): string {
  const line = redact(words.length === 1 ? words.join('') : words.map(quote).join(' '));
  return line.length > LONGEST_COMMAND ? `${line.slice(0, LONGEST_COMMAND)}…` : line;
}

/** Tells of each host as of one with a single step: the command. */
export function newTeller(words: readonly string[], emit: Emit): Teller {
  const step = { role: 'exec', id: `command:${commandLine(words)}` };
  const started = performance.now();
  const elapsedMs = () => performance.now() - started;
  const dialled = new Map<string, number>();
  const reached = new Map<string, number>();

  function summaryOf(result: Result): HostSummary {
    const { host, durationMs } = result;
    const error = failureOf(result, step.id);
    const status = statusOf(error);
    return {
      host,
      status,
      ok: status === 'ok' ? 1 : 0,
      changed: 0,
      unknown: 0,
      failed: status === 'failed' ? 1 : 0,
      skipped: 0,
      exchanges: reached.has(host) ? 1 : 0,
      durationMs,
      error: status === 'interrupted' ? undefined : error,
    };
  }

  return {
    begin: (hosts) => emit({ type: 'run-started', mode: 'exec', hosts }),
    connecting({ name: host, address }) {
      dialled.set(host, elapsedMs());
      emit({ type: 'host-connecting', host, address });
    },
    connected(host) {
      const atMs = elapsedMs();
      reached.set(host, atMs);
      emit({ type: 'host-connected', host, durationMs: atMs - (dialled.get(host) ?? atMs) });
      emit({ type: 'step-started', host, ...step, step: 1, total: 1 });
    },
    done(result) {
      const { host } = result;
      const summary = summaryOf(result);
      const { status, error } = summary;
      const since = reached.get(host);
      if (since !== undefined && status !== 'interrupted') {
        const ended = error ? ({ status: 'failed', error } as const) : ({ status: 'changed' } as const);
        const changes = error ? [] : changesOf(result.value);
        emit({ type: 'step-finished', host, ...step, ...ended, changes, durationMs: elapsedMs() - since });
      }
      emit({ type: 'host-finished', host, summary });
    },
    end: (results) => emit({ type: 'run-finished', summaries: results.map(summaryOf), durationMs: elapsedMs() }),
  };
}

/** Of a command that failed, what it printed tells why. */
function failureOf({ host, value, error }: Result, task: string): ProvisionError | undefined {
  if (value === undefined || value.code === 0) return error;
  return new ProvisionError('command-failed', `the command exited with ${value.code}`, {
    host,
    task,
    detail: outputOf(value),
    hint: 'See what it printed, mend the cause, and run it again.',
  });
}

function statusOf(error: ProvisionError | undefined): HostSummary['status'] {
  if (error === undefined) return 'ok';
  if (error.code === 'interrupted') return 'interrupted';
  return error.exitCode === 4 ? 'unreachable' : 'failed';
}

/** What it printed is shown as a text that was not there before. */
function changesOf(value: CommandResult | undefined): readonly Change[] {
  const output = value === undefined ? '' : outputOf(value);
  return output === '' ? [] : [{ action: 'run', what: 'output', text: { before: '', after: output } }];
}

function outputOf({ stdout, stderr }: CommandResult): string {
  const output = [stdout, stderr].map((text) => text.replace(/([^\n])$/, '$1\n')).join('');
  const left = output.length - LONGEST_OUTPUT;
  return left > 0 ? `… ${left} characters before\n${output.slice(left)}` : output;
}
