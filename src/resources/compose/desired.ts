/** What a compose service shall be. */
import * as z from 'zod';
import { imageReference } from '../docker/image-name.ts';
import { absolutePath, containerName, plainText, secretText, simpleName } from '../fields.ts';
import { hostPort } from './container.ts';

/** A path of an application, and the answer that is waited for there. */
const CHECK_LIMIT_MS = 60_000;

const answer = (timeoutMs: number) =>
  z.strictObject({
    path: z.string().regex(/^\/[!-~]*$/, 'must be a path that starts with / and holds no spaces'),
    status: z.int().min(100).max(599).default(200),
    /** The whole body, but for white space at both ends. Not looked at where it is not given. */
    body: plainText().max(1000).optional(),
    /** How long to wait for it, milliseconds. */
    timeoutMs: z.int().positive().default(timeoutMs),
  });

const slot = z.strictObject({
  /** The compose service: `app-1`. */
  name: simpleName(),
  /** The `container_name` that the definition gives it. */
  container: containerName(),
  /** A compose file with this one service. */
  definition: secretText(),
  /** Where it answers, on the service's `address`. */
  port: z.int().min(1).max(65_535).optional(),
});

/** How long each step of a rolling redeploy may take, milliseconds. */
const limits = z.strictObject({
  /** For requests that are in flight when a replica is taken out; what is left then is cut off. */
  inFlightMs: z.int().positive().default(30_000),
  /** For the process to end by itself after it was told to; then it is killed. */
  stopMs: z.int().positive().default(10_000),
  /** Until the load balancers have seen that a new replica is healthy. */
  balancerMs: z.int().positive().default(30_000),
  /** How long a new replica must have been healthy before the last one that is older is taken out. */
  steadyMs: z.int().min(0).default(10_000),
});

export const composeServiceSchema = z
  .strictObject({
    project: simpleName(),
    /** The folder of the compose file, which is called compose.yml. */
    directory: absolutePath(),
    service: simpleName(),
    replicas: z.int().min(1).default(1),
    /** The places for its containers: one more than replicas where it is `rolling`, and two can run side by side. */
    slots: z.array(slot).min(1),
    image: imageReference(),
    /** The restart policy that the definition gives it. */
    restart: z.enum(['unless-stopped', 'always', 'on-failure', 'no']).default('unless-stopped'),
    /** The limit of memory that the definition gives each container, in bytes; 0: none. */
    memoryBytes: z.int().min(0).default(0),
    /** Whether releases have it: databases are no part of them. */
    released: z.boolean().default(true),
    /**
     * It answers requests that a load balancer sends: another version is brought out by a rolling redeploy, beside the old one
     * where there is a place more than replicas. Anything else is replaced in its place, at once.
     */
    rolling: z.boolean().default(false),
    /** Whether a load balancer of ours can ask it its health: it asks the replicas of all versions alike. */
    balanced: z.boolean().default(true),
    /** On which its ports answer. */
    address: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
    /** How it answers when it is healthy. */
    health: answer(CHECK_LIMIT_MS).optional(),
    /** How it is asked to get ready to be stopped: `prepare` is called once, then `path` until the answer is the wanted one. */
    drain: answer(CHECK_LIMIT_MS)
      .extend({ prepare: z.string().startsWith('/') })
      .optional(),
    limits: limits.prefault({}),
    /** The ids of resources that must be there before a new version starts: its image, its migration. */
    needs: z.array(z.string()).default([]),
  })
  .refine(({ slots, replicas }) => slots.length >= replicas, 'there must be a slot for each replica');

const check = z.object(answer(CHECK_LIMIT_MS).omit({ timeoutMs: true }).shape);

/** What a replica is asked while it runs, and before it is stopped: written down with it, for a later version may be asked otherwise. */
export const Checks = z.object({
  health: check.optional(),
  drain: check.extend({ prepare: z.string() }).optional(),
});
export type Checks = z.output<typeof Checks>;

export type ComposeServiceInput = z.input<typeof composeServiceSchema>;
export type ComposeService = z.output<typeof composeServiceSchema>;
export type Slot = ComposeService['slots'][number];

export function checksOf({ health, drain }: Pick<ComposeServiceInput, 'health' | 'drain'>): Checks {
  return Checks.parse({ health, drain });
}

/** The service, asked as it was when that was written down; how long it may take is up to the inventory. */
export function askedAs<Service extends Pick<ComposeService, 'health' | 'drain'>>(
  service: Service,
  { health, drain }: Checks,
): Service {
  const timed = <Check extends Checks['health']>(one: Check, timeoutMs = CHECK_LIMIT_MS) =>
    one && { ...one, timeoutMs };
  return {
    ...service,
    health: timed(health, service.health?.timeoutMs),
    drain: timed(drain, service.drain?.timeoutMs),
  };
}

/** The URL at which a replica answers for itself, past every load balancer; undefined where it has no port. */
export function replicaUrl(service: ComposeService, slot: Slot, path: string): string | undefined {
  const place = placeOf(service, slot);
  return place === undefined ? undefined : `http://${place}${path}`;
}

/** Where a replica answers on the host: `127.0.0.1:18001`; undefined where it has no port. */
export function placeOf({ address }: ComposeService, { port }: Slot): string | undefined {
  return port === undefined ? undefined : hostPort(address, port);
}
