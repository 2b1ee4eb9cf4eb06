import * as z from 'zod';
import { ProvisionError } from '../../errors.ts';
import type { Target } from '../contract.ts';
import { dockerOf, engineError, followStream, formatSize } from './connection.ts';
import { registryOf, splitReference } from './image-name.ts';
import { recordImage } from './image-record.ts';
import { registryCredentials } from './registry-credentials.ts';

const PATIENCE = { totalMs: 15 * 60_000, idleMs: 10 * 60_000 };

const Message = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
  error: z.string().optional(),
});

interface Layer {
  readonly isDone: boolean;
  readonly currentBytes: number;
  readonly totalBytes: number;
}

/** What a refusal means, and the way out. `REGISTRY` stands for the registry of the image. */
const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/does not answer/, 'Look at it on the host: systemctl status docker'],
  [
    /server gave HTTP response to HTTPS client/,
    'The registry speaks plain HTTP. Name it in docker.insecure_registries: [REGISTRY]; with provision init by --insecure-registry REGISTRY.',
  ],
  [
    /x509:/,
    "The host does not trust the registry's certificate. Put the certificate of its authority into /etc/docker/certs.d/REGISTRY/ca.crt on the host, or name the registry in docker.insecure_registries: [REGISTRY] (provision init: --insecure-registry REGISTRY).",
  ],
  [
    /denied|unauthorized|authentication|no basic auth/i,
    'Check the name. Where the registry is private, log in on the host as root: docker login REGISTRY',
  ],
  [/not found|manifest unknown|no such image/i, 'Check the name and the tag of the image.'],
  [
    /toomanyrequests|rate limit/i,
    'The registry limits pulls without login: use a mirror, or log in on the host as root: docker login REGISTRY',
  ],
  [
    /lookup|dial tcp|connection refused|timeout|EOF/i,
    'Check that the host reaches REGISTRY, and that a registry answers there. For docker.io a mirror helps too: docker.registry_mirrors.',
  ],
];

/**
 * Lets the host's engine pull an image, with the credentials that root has there, and writes down which one it is.
 *
 * @throws ProvisionError `pull-failed`, `disk-full`, `command-failed`, `command-timed-out`, `interrupted`
 */
export async function pullImage(reference: string, target: Target): Promise<void> {
  const { repository, tag } = splitReference(reference);
  const layers = new Map<string, Layer>();
  let failure: string | undefined;

  function onMessage(message: unknown): void {
    const { id, status = '', progressDetail: { current = 0, total = 0 } = {}, error } = Message.parse(message);
    failure ??= error;
    if (id === undefined || status.startsWith('Pulling from')) return;
    const known = layers.get(id) ?? { isDone: false, currentBytes: 0, totalBytes: 0 };
    const isDone = /^(Pull complete|Already exists)/.test(status);
    // What is told of extracting counts the same bytes again.
    const isDownload = status === 'Downloading';
    const bytes = isDownload ? { currentBytes: current, totalBytes: total } : { currentBytes: known.totalBytes };
    layers.set(id, { ...known, isDone, ...bytes });
    target.progress(`pulling ${reference}: ${describe([...layers.values()])}`);
  }

  target.progress(`pulling ${reference}`);
  try {
    const credentials = await registryCredentials(reference, target);
    await followStream(
      (abortSignal) => dockerOf(target).createImage(credentials ?? {}, { fromImage: repository, tag, abortSignal }),
      onMessage,
      { target, what: `the pull of ${reference}`, patience: PATIENCE },
    );
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    failure = engineError(cause);
  }
  if (failure !== undefined) throw pullFailed(reference, failure);
  await recordImage(reference, target);
}

/** `2 of 5 layers, 12.3 MiB of 40.1 MiB` */
function describe(layers: readonly Layer[]): string {
  const done = `${layers.filter(({ isDone }) => isDone).length} of ${layers.length} layers`;
  const total = layers.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  const current = layers.reduce((sum, { currentBytes }) => sum + currentBytes, 0);
  return total === 0 ? done : `${done}, ${formatSize(current)} of ${formatSize(total)}`;
}

function pullFailed(reference: string, failure: string): ProvisionError {
  if (failure.includes('no space left on device')) {
    return new ProvisionError('disk-full', `no space is left for the image ${reference}`, {
      hint: 'Free some: `docker image prune` removes images that nothing uses.',
    });
  }
  const registry = registryOf(reference);
  const hint = HINTS.find(([pattern]) => pattern.test(failure))?.[1].replaceAll('REGISTRY', registry);
  return new ProvisionError('pull-failed', `${reference} cannot be pulled: ${failure}`, { hint });
}
