/** One command on many hosts. */
import { randomBytes } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditFunction } from '../engine/audit.ts';
import type { Emit } from '../engine/events.ts';
import type { HostTask } from '../engine/host-run.ts';
import { redact } from '../shell/redact.ts';
import { type Script, sh } from '../shell/sh.ts';
import type { Connection } from '../transport/types.ts';
import { type EachHostOptions, eachHost, type HostResult, withConnection } from './each-host.ts';
import { commandLine, newTeller } from './exec-events.ts';

/** How long the host has to end a command that was broken off. */
const END_LIMIT_MS = 3_000;

export interface CommandResult {
  /** Its exit status. */
  readonly code: number;
  /** Known secrets stand in both as `<secret>`. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions extends EachHostOptions<CommandResult> {
  /** How long the command may take on each host, milliseconds. */
  readonly timeoutMs: number;
  /** Who is at work: `alice@laptop`. It stands in the log of each host. */
  readonly by: string;
  readonly emit: Emit;
}

/**
 * Runs a command as root on all hosts, each over a connection of its own. Where the user breaks it off, what was started on
 * the hosts is ended as well.
 * @param words see `commandScript`
 */
export async function runOnHosts(
  tasks: readonly HostTask[],
  words: readonly string[],
  { timeoutMs, by, emit, onDone, ...options }: ExecOptions,
): Promise<readonly HostResult<CommandResult>[]> {
  const { stop } = options;
  const deed = { by, what: 'exec', detail: commandLine(words) };
  const teller = newTeller(words, emit);
  const tell = (result: HostResult<CommandResult>) => {
    teller.done(result);
    onDone?.(result);
  };
  teller.begin(tasks.map(({ name }) => name));
  const results = await eachHost(tasks, { ...options, onDone: tell }, (task, patiently) => {
    const group = `/run/provision-exec.${randomBytes(8).toString('hex')}`;
    teller.connecting(task);
    return withConnection(
      { connect: () => patiently(task.connect()) },
      stop,
      async (connection) => {
        teller.connected(task.name);
        const result = await connection.run(commandScript(words, group, deed), { timeoutMs });
        return { ...result, stdout: redact(result.stdout), stderr: redact(result.stderr) };
      },
      (connection) => endCommand(connection, group),
    );
  });
  teller.end(results);
  return results;
}

/**
 * The command as a script. Several words are a program and its arguments, which reach it as they are; one word alone is a line
 * of shell, as with ssh: `'df -h | tail -1'`. It starts in root's home, as a login does. However it ends, it leaves a line in the
 * host's log.
 * @param group where the process group that it runs in is written down, while it runs
 */
export function commandScript(
  words: readonly string[],
  group: string,
  deed: Parameters<typeof auditFunction>[0],
): Script {
  const [line = ''] = words;
  const command = words.length === 1 ? sh`sh -c ${line}` : sh`${words}`;
  return sh`
    ${auditFunction(deed)}
    provision_end() {
      # The command may hear of a signal, and end, before this shell does.
      case $? in
        0) provision_outcome=ok ;;
        129 | 130 | 143) provision_outcome=interrupted ;;
        *) provision_outcome=failed ;;
      esac
      rm -f ${group}
      provision_audit "$provision_outcome"
    }
    trap provision_end EXIT
    trap 'exit 143' HUP INT TERM
    # From here on it can be ended by its group.
    read -r _ _ _ _ group _ </proc/self/stat && printf '%s\n' "$group" >${group}
    cd "\${HOME:-/root}" 2>/dev/null || cd /
    ${command}
  `;
}

/**
 * Ends a command that runs, and all that it has started. What does not end within a second is killed: it may also be that a
 * shell was just starting it, and took the signal for its own.
 */
export function endScript(group: string): Script {
  return sh`
    read -r group <${group} || exit 0
    kill -TERM "-$group" 2>/dev/null
    for _ in 1 2 3 4 5; do
      sleep 0.2 2>/dev/null || sleep 1
      kill -0 "-$group" 2>/dev/null || exit 0
    done
    kill -KILL "-$group" 2>/dev/null
    rm -f ${group}
  `;
}

/** The end of a connection alone would leave the command running until its time limit. */
async function endCommand(connection: Connection, group: string): Promise<void> {
  try {
    const stream = await connection.stream(endScript(group));
    // Where it cannot be told in time, the time limit ends it.
    await Promise.race([finished(stream.resume()), sleep(END_LIMIT_MS, undefined, { ref: false })]);
  } catch {
    // The connection is gone, and its shell with it.
  }
}
