/** An image that one host has built goes to another through us: no registry is needed. */
import { type Duplex, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { ProvisionError } from '../../errors.ts';
import { sh } from '../../shell/sh.ts';
import type { Source, Target } from '../contract.ts';
import { formatSize } from './connection.ts';
import { recordImage } from './image-record.ts';

const LIMIT_MS = 30 * 60_000;
/** How often it tells how far it is. */
const TELL_MS = 1000;

/**
 * Sends an image from host to host, compressed on the way, and writes down which one it is. Where it is there already under
 * another name, as of two services that are built alike, it only gets this one.
 * @throws ProvisionError `command-failed`, `command-timed-out`, `interrupted`
 */
export async function sendImage(reference: string, from: Source, target: Target): Promise<void> {
  if (!(await isNamed(reference, from, target))) await transfer(reference, from, target);
  await recordImage(reference, target);
}

/** Gives the name to the image that the other host has under it, if that is here. */
async function isNamed(reference: string, from: Source, target: Target): Promise<boolean> {
  const asked = await from.stream(sh`docker image inspect --format '{{.Id}}' ${reference}`);
  const id = (await text(asked)).trim();
  return id !== '' && (await target.run(sh`docker tag ${id} ${reference}`)).code === 0;
}

async function transfer(reference: string, from: Source, target: Target): Promise<void> {
  const source = await from.stream(sh`docker save ${reference} | gzip -1`);
  let sink: Duplex;
  try {
    sink = await target.stream(sh`gunzip | docker load >&2`);
  } catch (error) {
    source.destroy();
    throw error;
  }
  let sentBytes = 0;
  let toldMs = Number.NEGATIVE_INFINITY;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length;
      if (performance.now() - toldMs >= TELL_MS) {
        toldMs = performance.now();
        target.progress(`${formatSize(sentBytes)} sent`);
      }
      done(null, chunk);
    },
  });
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const signal = AbortSignal.any([target.signal, limit]);
    await pipeline(source, count, sink, { signal });
    // All is sent; its end tells whether the image was taken.
    await finished(sink.resume(), { signal });
  } catch (cause) {
    if (target.signal.aborted)
      throw new ProvisionError('interrupted', `the transfer of ${reference} was interrupted`, { cause });
    if (limit.aborted)
      throw new ProvisionError('command-timed-out', `the transfer of ${reference} took longer than 30 min`, { cause });
    throw cause;
  }
}
