/** The Docker Engine of this machine, which throwaway hosts run in. */
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { ProvisionError } from '../errors.ts';

const PING_LIMIT_MS = 5_000;

/** Gets the line that a long step is at. */
export type Note = (line: string) => void;

/**
 * The engine that DOCKER_HOST names, or the one at the usual socket, if it answers.
 * @throws ProvisionError `engine-missing`
 */
export async function openEngine(dockerHost: string | undefined): Promise<Docker> {
  const where = dockerHost || '/var/run/docker.sock';
  let problem: string | undefined;
  try {
    const docker = new Docker();
    problem = await engineProblem(docker);
    if (problem === undefined) return docker;
  } catch (error) {
    problem = (error as Error).message;
  }
  throw new ProvisionError('engine-missing', `no Docker Engine answers at ${where}: ${problem}`, {
    hint: hintFor(problem, dockerHost),
  });
}

/** Undefined when the engine answers, else why it does not. */
export function engineProblem(docker: Docker): Promise<string | undefined> {
  const answer = docker.ping().then(
    () => undefined,
    (error: Error) => error.message.trim(),
  );
  return Promise.race([answer, sleep(PING_LIMIT_MS, `no answer within ${PING_LIMIT_MS / 1000} s`, { ref: false })]);
}

function hintFor(problem: string, dockerHost: string | undefined): string {
  if (/EACCES/.test(problem)) return 'Let your user use it, and log in anew: sudo usermod -aG docker "$USER".';
  if (dockerHost) return 'Start the engine that DOCKER_HOST names, or unset DOCKER_HOST.';
  return (
    'Install and start Docker (https://docs.docker.com/engine/install/; on Debian: apt-get install docker.io), ' +
    'or let DOCKER_HOST name an engine that listens elsewhere.'
  );
}

interface ProgressEvent {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
}

const KEPT_LINES = 15;

/** Reads the progress of a build, pull, import or push to its end. @throws Error with the engine's own message and the last lines */
export async function follow(docker: Docker, progress: NodeJS.ReadableStream, note: Note): Promise<void> {
  const lastLines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    function onEvent({ stream, status, id, progress, error }: ProgressEvent): void {
      const line = (stream ?? [id, status, progress].filter(Boolean).join(' ')).trim();
      if (line) {
        note(line);
        lastLines.push(line);
        if (lastLines.length > KEPT_LINES) lastLines.shift();
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
