import { spawn } from 'node:child_process';
import type { Channel, Link } from './types.ts';

/** A link to this very machine: programs are started directly. For hosts with `transport: local`. */
export function openLocalLink(shell = '/bin/sh'): Link {
  const channels = new Set<Channel>();
  const closed = Promise.withResolvers<string>();
  return {
    closed: closed.promise,
    async open(command) {
      const channel = startProcess(shell, ['-c', command]);
      channels.add(channel);
      void channel.closed.then(() => channels.delete(channel));
      return channel;
    },
    async close() {
      for (const channel of channels) channel.destroy();
      closed.resolve('it was closed');
    },
  };
}

/**
 * A process of this machine as a channel. Its environment is ours; its process group is not, for Ctrl-C on a terminal goes to
 * the whole group, and what runs on a host shall end the step it is at.
 */
export function startProcess(file: string, args: readonly string[]): Channel {
  const child = spawn(file, args, { stdio: 'pipe', detached: true });
  const closed = Promise.withResolvers<{ code: number | undefined; reason: string | undefined }>();
  child.on('error', (error) => closed.resolve({ code: undefined, reason: error.message }));
  child.on('close', (code, signal) => {
    closed.resolve({ code: code ?? undefined, reason: signal === null ? undefined : `ended by ${signal}` });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed: closed.promise,
    destroy() {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill();
    },
  };
}
