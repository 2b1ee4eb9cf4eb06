import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import type { Target } from './contract.ts';
import { dockerOf, engineError, followStream } from './docker-connection.ts';
import { splitReference } from './image-name.ts';

const PATIENCE = { totalMs: 15 * 60_000, idleMs: 10 * 60_000 };

const Message = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
});

/** What a registry's refusal means, and the way out. */
const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/denied|unauthorized|authentication/i, 'Check the name; for a private registry an image must be public to this host.'],
  [/not found|manifest unknown|no such image/i, 'Check the name and the tag of the image.'],
  [/toomanyrequests|rate limit/i, 'The registry limits anonymous pulls: use a mirror, or try again later.'],
  [/lookup|dial tcp|connection refused|timeout|EOF/i, 'Check that the host reaches the registry, or set a mirror.'],
];

/** Lets the host's engine pull an image. @throws ProvisionError `pull-failed`, `disk-full`, `command-timed-out` */
export async function pullImage(reference: string, target: Target): Promise<void> {
  const { repository, tag } = splitReference(reference);
  const layers = new Map<string, boolean>();
  let failure: string | undefined;

  function onMessage(message: unknown): void {
    const { id, status, error } = Message.parse(message);
    if (error !== undefined) failure = error;
    if (id === undefined || status === undefined || /^Pulling from/.test(status)) return;
    layers.set(id, /^(Pull complete|Already exists)/.test(status));
    const done = [...layers.values()].filter(Boolean).length;
    target.progress(`pulling ${reference}: ${done} of ${layers.size} layers`);
  }

  target.progress(`pulling ${reference}`);
  try {
    await followStream(
      // The types know no signal for this request, dockerode does.
      (abortSignal) => dockerOf(target).createImage({ fromImage: repository, tag, abortSignal }),
      onMessage,
      { target, what: `the pull of ${reference}`, patience: PATIENCE },
    );
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    failure = engineError(cause);
  }
  if (failure !== undefined) throw pullFailed(reference, failure);
}

function pullFailed(reference: string, failure: string): ProvisionError {
  if (failure.includes('no space left on device')) {
    return new ProvisionError('disk-full', `no space is left for the image ${reference}`, {
      hint: 'Free some: `docker image prune` removes images that nothing uses.',
    });
  }
  const hint = HINTS.find(([pattern]) => pattern.test(failure))?.[1];
  return new ProvisionError('pull-failed', `${reference} cannot be pulled: ${failure}`, { hint });
}
