import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import { sh } from '../../shell/sh.ts';
import type { Target } from '../contract.ts';
import { baseImages } from './base-images.ts';
import { type BuildSettings, CONTEXT_LABEL, contextTag } from './build-context.ts';
import { type BuildFailure, buildLog } from './build-log.ts';
import { dockerOf, engineError, followStream, formatSize } from './connection.ts';
import { recordImage } from './image-record.ts';
import { packContext } from './pack-context.ts';
import { pullImage } from './pull.ts';

const PATIENCE = { totalMs: 30 * 60_000, idleMs: 10 * 60_000 };
const LARGE_CONTEXT_BYTES = 500 * 1024 ** 2;

export interface Build extends BuildSettings {
  readonly context: string;
  readonly tag: string;
}

/**
 * Streams the context to the host's engine and builds it there with BuildKit: over the API that takes neither the buildx
 * plugin nor a session, and works with every engine since 18.09. Writes down which image it is.
 *
 * @throws ProvisionError `build-failed`, `pull-failed`, `disk-full`, `file-unreadable`, `command-failed`, `command-timed-out`,
 * `interrupted`
 */
export async function buildImage(reference: string, build: Build, target: Target): Promise<void> {
  const { context, tag, dockerfile, args, target: stage } = build;
  if (contextTag(context, build) !== tag) {
    throw new ProvisionError('build-failed', `the files in ${context} have changed since this run began`, {
      hint: 'Run again.',
    });
  }
  const unpulled = await pullBaseImages(build, target);
  const archive = packContext(context, build);
  const log = buildLog(target.progress);
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
          ...(dockerfile === undefined ? {} : { dockerfile }),
          ...(stage === undefined ? {} : { target: stage }),
          ...(args === undefined ? {} : { buildargs: args }),
        }),
      log.add,
      { target, what: `the build of ${reference}`, patience: PATIENCE },
    );
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    throw buildFailed(reference, { step: undefined, reason: engineError(cause), lines: [] });
  } finally {
    archive.stream.destroy();
  }
  const failure = log.failure();
  if (failure === undefined) return recordImage(reference, target);
  const lacksImage = failure.step?.includes('load metadata for');
  throw lacksImage && unpulled ? unpulled : buildFailed(reference, failure);
}

/**
 * The engine pulls what the build starts from, where it is missing: BuildKit, which would do it, has no credentials there,
 * and in engine 20.10 it does not know how to reach a mirror without TLS.
 *
 * @returns the failure of a pull: it counts if the build then misses the image, for `FROM` may stand in other text as well
 */
async function pullBaseImages(build: Build, target: Target): Promise<ProvisionError | undefined> {
  const { context, dockerfile = 'Dockerfile', args } = build;
  const images = baseImages(readFileSync(join(context, dockerfile), 'utf8'), args);
  const { stdout } = await target.run(sh`
    for image in ${images}; do
      docker image inspect "$image" >/dev/null 2>&1 || printf '%s\n' "$image"
    done
  `);
  try {
    for (const image of stdout.split('\n').filter(Boolean)) await pullImage(image, target);
    return undefined;
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'pull-failed') return error;
    throw error;
  }
}

function buildFailed(reference: string, { step, reason, lines }: BuildFailure): ProvisionError {
  const detail = lines.join('\n');
  if (/no space left on device/i.test(`${reason}\n${detail}`)) {
    return new ProvisionError('disk-full', `no space is left for building ${reference}`, {
      hint: 'Free some: `docker builder prune` removes what earlier builds left.',
      detail,
    });
  }
  const where = step === undefined ? '' : ` at ${step}`;
  return new ProvisionError('build-failed', `the build of ${reference} failed${where}: ${reason}`, {
    hint: 'Correct the Dockerfile or what it copies, and run again.',
    detail: detail === '' ? undefined : detail,
  });
}

function sending(sizeBytes: number): string {
  const text = `sending ${formatSize(sizeBytes)} of build context`;
  return sizeBytes < LARGE_CONTEXT_BYTES ? text : `${text}: name what the build does not need in .dockerignore`;
}
