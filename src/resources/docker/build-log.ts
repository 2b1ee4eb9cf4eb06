/** What a build told: its steps, the last lines of each, and where it failed. */
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { decodeBuildStatus } from './buildkit-status.ts';

const SHOWN_LINES = 15;

/** https://docs.docker.com/reference/api/engine/ : a message of the answer to `POST /build`. */
const Message = z.object({ id: z.string().optional(), aux: z.unknown().optional(), error: z.string().optional() });

export interface BuildFailure {
  /** `[2/3] RUN make`; undefined where it is no step that failed, as with a Dockerfile that cannot be read. */
  readonly step: string | undefined;
  /** `exit code 2`. */
  readonly reason: string;
  /** The last lines that the step printed. */
  readonly lines: readonly string[];
}

export interface BuildLog {
  /** Takes one message of the engine. */
  add(message: unknown): void;
  /** Undefined as long as nothing failed. */
  failure(): BuildFailure | undefined;
}

/** @param onProgress told the step that starts, and the last line that was printed */
export function buildLog(onProgress: (text: string) => void): BuildLog {
  /** By the step's digest. */
  const printed = new Map<string, readonly string[]>();
  let failedStep: { readonly name: string; readonly digest: string; readonly error: string } | undefined;
  let failure: string | undefined;

  function print(step: string, text: string): void {
    const lines = text.split(/[\r\n]+/).map((line) => stripVTControlCharacters(line).trimEnd());
    const some = lines.filter((line) => line !== '');
    printed.set(step, [...(printed.get(step) ?? []), ...some].slice(-SHOWN_LINES));
    const last = some.at(-1);
    if (last !== undefined) onProgress(last);
  }

  return {
    add(message) {
      const { id, aux, error } = Message.parse(message);
      failure ??= error;
      if (id !== 'moby.buildkit.trace' || typeof aux !== 'string') return;
      const { steps, logs } = decodeBuildStatus(aux);
      for (const { name, digest, isDone, error } of steps) {
        // When one step fails, those beside it are cancelled.
        if (error !== undefined && !/context cancell?ed/.test(error)) failedStep ??= { name, digest, error };
        if (!isDone && name !== '') onProgress(name);
      }
      for (const { step, text } of logs) print(step, text);
    },
    failure() {
      if (failure === undefined) return undefined;
      if (failedStep === undefined) return { step: undefined, reason: failure, lines: [] };
      const { name, digest, error } = failedStep;
      return { step: firstLine(name), reason: shortReason(error), lines: printed.get(digest) ?? [] };
    },
  };
}

/** The engine repeats the whole command before the status with which it ended. */
function shortReason(error: string): string {
  const [, code] = /exit code: (\d+)$/.exec(error) ?? [];
  return code === undefined ? error : `exit code ${code}`;
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
