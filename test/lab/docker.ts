/** The engine of the lab. */
import Docker from 'dockerode';
import * as engine from '../../src/throwaway/engine.ts';
import type { ExecResult } from '../../src/throwaway/exec.ts';
import * as containers from '../../src/throwaway/exec.ts';
import type { Note } from './progress.ts';

export { orUndefined } from '../../src/throwaway/engine.ts';
export type { ExecResult } from '../../src/throwaway/exec.ts';
export { addressOf } from '../../src/throwaway/host.ts';

/** The engine that DOCKER_HOST names, or the one at the usual socket. */
export const docker = new Docker();

/** Every container of the lab carries this label: `host` or `registry`. */
export const LAB_LABEL = 'provision.lab';
/** Those that `run` is to remove carry its id. */
export const RUN_LABEL = 'provision.lab.run';

/** Undefined when the engine answers, else why it does not. */
export function engineProblem(): Promise<string | undefined> {
  return engine.engineProblem(docker);
}

/** Reads the progress of a build, pull, import or push to its end. @throws Error with the engine's own message */
export function follow(progress: NodeJS.ReadableStream, note: Note): Promise<void> {
  return engine.follow(docker, progress, note);
}

/** Runs a shell script as root in a container, through the engine. @throws ProvisionError `command-timed-out` */
export function execIn(containerId: string, script: string, timeoutMs = 120_000): Promise<ExecResult> {
  return containers.execIn(docker, containerId, script, { timeoutMs });
}
