/** Names of images: https://github.com/distribution/reference has the grammar `[host[:port]/]path[:tag][@digest]`. */
import * as z from 'zod';

const PART = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
/** Only a dot, a port or `localhost` tells a host from a part of the path. */
const HOST = `(?:localhost(?::\\d+)?|${LABEL}(?:\\.${LABEL})+(?::\\d+)?|${LABEL}:\\d+)`;
const NAME = `(?:${HOST}/)?${PART}(?:/${PART})*`;
const REFERENCE = new RegExp(`^(${NAME})(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`);

/** The name of an image with or without tag and digest. */
export const imageReference = () =>
  z.string().max(400).regex(REFERENCE, 'must be the name of an image, such as redis:8');

/** The name of an image without tag and digest. */
export const imageRepository = () =>
  z
    .string()
    .max(200)
    .regex(new RegExp(`^${NAME}$`), 'must be the name of an image without a tag, such as shop/app');

/** An image's name and what selects one of that name: its digest, its tag, or `latest`. */
export function splitReference(reference: string): { repository: string; tag: string } {
  const [, repository = reference, tag = 'latest', digest] = REFERENCE.exec(reference) ?? [];
  return { repository, tag: digest ?? tag };
}

/** The name as Docker shows it: `docker.io/library/redis` is `redis:latest`; beside a digest a tag does not count. */
export function familiarName(reference: string): string {
  const { repository, tag } = splitReference(reference);
  const short = repository.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
  return `${short}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`;
}

/** The registry that has the image: `docker.io` where the name tells none. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost && first !== 'index.docker.io' ? first : 'docker.io';
}
