/** Scripts in a container through the engine: another way than the one that is being tested. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { ProvisionError } from '../errors.ts';

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a shell script as root in a container. @throws ProvisionError `command-timed-out`, `interrupted` */
export async function execIn(
  docker: Docker,
  containerId: string,
  script: string,
  { timeoutMs, signal }: ExecOptions,
): Promise<ExecResult> {
  if (signal?.aborted) throw interrupted();
  const exec = await docker.getContainer(containerId).exec({
    Cmd: ['/bin/sh', '-c', script],
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, stdout, stderr);
  const timer = setTimeout(() => stream.destroy(timedOut(script, timeoutMs)), timeoutMs);
  const stop = () => stream.destroy(interrupted());
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
    const output = Promise.all([text(stdout), text(stderr)]);
    await ended.finally(() => {
      stdout.end();
      stderr.end();
    });
    const [out, err] = await output;
    const { ExitCode: code } = await exec.inspect();
    return { code: code ?? -1, stdout: out, stderr: err };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function interrupted(): ProvisionError {
  return new ProvisionError('interrupted', 'interrupted in a script on a throwaway host');
}

function timedOut(script: string, timeoutMs: number): ProvisionError {
  return new ProvisionError('command-timed-out', `a script took over ${timeoutMs / 1000} s: ${script.slice(0, 200)}`, {
    hint: 'Look into the container for what hangs, or give it more time.',
  });
}
