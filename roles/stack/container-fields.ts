/** Values of a service that Docker would refuse only when it starts the container: they are refused before. */
import { isIP } from 'node:net';
import { z } from '../../src/index.ts';

const HIGHEST_PORT = 65_535;
/** Docker takes no user or group above it. */
const HIGHEST_ID = 2 ** 31 - 1;
const LEAST_MEMORY = 6 * 1024 ** 2;

/** Who runs the processes, as the image's own /etc/passwd and /etc/group name them, or by number. */
export const containerUser = () =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
      'must be a name, UID, UID:GID or NAME:GROUP: letters, digits and any of _ . -',
    )
    .refine((user) => user.split(':').every((part) => !/^\d+$/.test(part) || Number(part) <= HIGHEST_ID), {
      error: `must not hold a number above ${HIGHEST_ID}`,
    });

/** A line of /etc/hosts begins with the address, and `host-gateway` stands for that of the host. */
export const hostAddress = () =>
  z.string().refine((address) => isIP(address) > 0 || address === 'host-gateway', {
    error: 'must be an IPv4 or IPv6 address, or host-gateway for the host itself',
  });

/** A name in /etc/hosts of a container. */
export const hostName = () =>
  z
    .string()
    .max(253)
    .regex(
      /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/,
      'must be a host name',
    );

/** A limit of memory. */
export const size = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}[kmgKMG]$/, 'must be a size such as 512m or 2g')
    .refine((limit) => bytesOf(limit) >= LEAST_MEMORY, 'must be at least 6m: Docker takes no lower limit');

const UNITS = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** @param limit as the parameters have it: `512m` */
export function bytesOf(limit: string): number {
  return Number(limit.slice(0, -1)) * UNITS[limit.slice(-1).toLowerCase() as keyof typeof UNITS];
}

/** A volume as compose files write it: `data:/var/lib/data`, `/srv/files:/files:ro`. */
export const volume = () =>
  z
    .string()
    .regex(
      /^([a-z0-9][a-z0-9_.-]*|\/[^:\p{Cc}]*):\/[^:\p{Cc}]+(:ro)?$/u,
      'must be name:/path or /folder/on/the/host:/path, with :ro at its end to make it read-only',
    );

/** A port for others than the load balancer: on loopback, unless it begins with an address. */
export const publishedPort = () =>
  z
    .string()
    .regex(
      /^(\d{1,3}(\.\d{1,3}){3}:)?\d{1,5}:\d{1,5}(\/(tcp|udp))?$/,
      'must be HOST_PORT:CONTAINER_PORT, or ADDRESS:HOST_PORT:CONTAINER_PORT',
    )
    .transform((published) => (published.includes('.') ? published : `127.0.0.1:${published}`))
    .refine((published) => z.ipv4().safeParse(published.split(':')[0]).success, 'must begin with an IPv4 address')
    .refine(
      (published) =>
        published
          .replace(/\/.*/, '')
          .split(':')
          .slice(1)
          .every((port) => Number(port) >= 1 && Number(port) <= HIGHEST_PORT),
      `must name ports from 1 to ${HIGHEST_PORT}`,
    );
