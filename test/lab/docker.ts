import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { LabError, messageOf } from './lab-error.ts';
import type { Note } from './progress.ts';

/** The engine that DOCKER_HOST names, or the one at the usual socket. */
export const docker = new Docker();

const PING_LIMIT_MS = 5000;

/** Every container of the lab carries this label: `host` or `registry`. */
export const LAB_LABEL = 'provision.lab';
/** Those that `run` is to remove carry its id. */
export const RUN_LABEL = 'provision.lab.run';

interface ProgressEvent {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
}

/** Undefined when the engine answers, else why it does not. */
export function engineProblem(): Promise<string | undefined> {
  const answer = docker.ping().then(() => undefined, messageOf);
  return Promise.race([answer, sleep(PING_LIMIT_MS, `no answer within ${PING_LIMIT_MS / 1000} s`, { ref: false })]);
}

/** Reads the progress of a build, pull, import or push to its end. @throws Error with the engine's own message */
export async function follow(progress: NodeJS.ReadableStream, note: Note): Promise<void> {
  const lastLines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    function onEvent({ stream, status, id, progress, error }: ProgressEvent): void {
      const line = (stream ?? [id, status, progress].filter(Boolean).join(' ')).trim();
      if (line) {
        note(line);
        lastLines.push(line);
        if (lastLines.length > 15) lastLines.shift();
      }
      if (error) reject(new Error([error, ...lastLines].join('\n  ')));
    }
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()), onEvent);
  });
}

/** The value of a promise that must give what it asks for or nothing: undefined where the engine knows no such thing. */
export async function orUndefined<T>(inspected: Promise<T>): Promise<T | undefined> {
  try {
    return await inspected;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** The address of a running container on the network that it is on. */
export function addressOf({ NetworkSettings }: Docker.ContainerInspectInfo): string {
  return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell script as root in a container, through the engine. @throws LabError when it takes too long */
export async function execIn(containerId: string, script: string, timeoutMs = 120_000): Promise<ExecResult> {
  const exec = await docker.getContainer(containerId).exec({
    Cmd: ['/bin/sh', '-c', script],
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  docker.modem.demuxStream(stream, stdout, stderr);
  const timer = setTimeout(() => {
    stream.destroy(
      new LabError(`a script took over ${timeoutMs / 1000} s: ${script.slice(0, 200)}`, 'Give it more time.'),
    );
  }, timeoutMs);
  try {
    const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
    const out = Promise.all([textOf(stdout), textOf(stderr)]);
    await ended.finally(() => {
      stdout.end();
      stderr.end();
    });
    const [stdoutText, stderrText] = await out;
    const { ExitCode: code } = await exec.inspect();
    return { code: code ?? -1, stdout: stdoutText, stderr: stderrText };
  } finally {
    clearTimeout(timer);
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
