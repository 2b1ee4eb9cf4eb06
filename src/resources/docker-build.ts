import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { type BuildSettings, contextTag, packContext } from './build-context.ts';
import { decodeBuildStatus } from './buildkit-status.ts';
import type { Target } from './contract.ts';
import { dockerOf, engineError, followStream } from './docker-connection.ts';

/** Labels a built image with its tag. */
export const CONTEXT_LABEL = 'provision.context';

const PATIENCE = { totalMs: 30 * 60_000, idleMs: 10 * 60_000 };
const SHOWN_LINES = 15;
const LARGE_CONTEXT_BYTES = 500 * 1024 ** 2;

const Message = z.object({
  id: z.string().optional(),
  aux: z.unknown().optional(),
  error: z.string().optional(),
});

interface BuildLog {
  /** The last lines of each step, by the step's digest. */
  readonly lines: Map<string, string[]>;
  failedStep: { name: string; digest: string; error: string } | undefined;
  error: string | undefined;
}

/**
 * Streams the context to the host's engine and builds it there with BuildKit, which every engine has had since 18.09:
 * over the API it takes neither the buildx plugin nor a session.
 *
 * @throws ProvisionError `build-failed`, `disk-full`, `file-unreadable`, `command-timed-out`
 */
export async function buildImage(
  reference: string,
  { context, tag, ...settings }: BuildSettings & { readonly context: string; readonly tag: string },
  target: Target,
): Promise<void> {
  if (contextTag(context, settings) !== tag) {
    throw new ProvisionError('build-failed', `the files in ${context} have changed since this run began`, {
      hint: 'Run again.',
    });
  }
  const log: BuildLog = { lines: new Map(), failedStep: undefined, error: undefined };
  const archive = packContext(context, settings);
  target.progress(sending(archive.sizeBytes));
  try {
    await followStream(
      (abortSignal) =>
        dockerOf(target).buildImage(archive.stream, {
          t: reference,
          labels: { [CONTEXT_LABEL]: tag },
          abortSignal,
          // As a number: for '2' dockerode opens a session, which only passwords of registries would need.
          version: 2 as unknown as '2',
          ...(settings.dockerfile === undefined ? {} : { dockerfile: settings.dockerfile }),
          ...(settings.target === undefined ? {} : { target: settings.target }),
          ...(settings.args === undefined ? {} : { buildargs: settings.args }),
        }),
      (message) => record(message, log, target),
      { target, what: `the build of ${reference}`, patience: PATIENCE },
    );
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    log.error ??= engineError(cause);
  } finally {
    archive.stream.destroy();
  }
  if (log.error !== undefined) throw buildFailed(reference, log, log.error);
}

function record(message: unknown, log: BuildLog, target: Target): void {
  const { id, aux, error } = Message.parse(message);
  log.error ??= error;
  if (id !== 'moby.buildkit.trace' || typeof aux !== 'string') return;
  const { steps, logs } = decodeBuildStatus(aux);
  for (const { name, digest, isDone, error } of steps) {
    // When one step fails, those beside it are cancelled.
    const isCause = error !== undefined && !/context cancell?ed/.test(error);
    if (isCause) log.failedStep ??= { name, digest, error };
    if (!isDone && name !== '') target.progress(name);
  }
  for (const { step, text } of logs) {
    const lines = text.split(/[\r\n]+/).map((line) => stripVTControlCharacters(line).trimEnd());
    const printed = [...(log.lines.get(step) ?? []), ...lines.filter((line) => line !== '')];
    log.lines.set(step, printed.slice(-SHOWN_LINES));
    const last = printed.at(-1);
    if (last !== undefined) target.progress(last);
  }
}

function buildFailed(reference: string, { failedStep, lines }: BuildLog, error: string): ProvisionError {
  const detail = failedStep === undefined ? undefined : lines.get(failedStep.digest)?.join('\n');
  if (/no space left on device/i.test(`${error}\n${detail}`)) {
    return new ProvisionError('disk-full', `no space is left for building ${reference}`, {
      hint: 'Free some: `docker builder prune` removes what earlier builds left.',
      detail,
    });
  }
  const where = failedStep === undefined ? '' : ` at ${failedStep.name}`;
  return new ProvisionError('build-failed', `the build of ${reference} failed${where}: ${failedStep?.error ?? error}`, {
    hint: 'Correct the Dockerfile or what it copies; the same build on your machine shows all of its output.',
    detail,
  });
}

function sending(sizeBytes: number): string {
  const size = `${(sizeBytes / 1024 ** 2).toFixed(1)} MiB`;
  if (sizeBytes < LARGE_CONTEXT_BYTES) return `sending ${size} of build context`;
  return `sending ${size} of build context: name what the build does not need in .dockerignore`;
}
