/** What a release is called where its source tells no version: by the image that it runs. */
import { splitReference } from '../docker/image-name.ts';
import type { Release } from './release.ts';

export interface ReleaseImage {
  /** As the inventory names it. */
  readonly name: string;
  /** `sha256:…`, once the host has it. */
  readonly id?: string | undefined;
}

/** As Docker shows it. */
const DIGITS = 12;

/** @param images by service; those that serve visitors count, where there are any */
export function imageVersion(images: Readonly<Record<string, ReleaseImage>>, services: Release['services']): string {
  const all = Object.entries(images);
  const serving = all.filter(([service]) => services[service]?.slots.some(({ port }) => port !== undefined));
  const versions = (serving.length === 0 ? all : serving).map(([, image]) => versionOf(image));
  return [...new Set(versions.filter(Boolean))].join(', ');
}

/** Its tag; its digest where it is named by that. `latest` alone tells nothing. */
function versionOf({ name, id }: ReleaseImage): string {
  const { tag } = splitReference(name);
  if (tag.startsWith('sha256:')) return tag.slice(0, 'sha256:'.length + DIGITS);
  if (tag !== 'latest') return tag;
  return id === undefined ? '' : `latest@${id.replace('sha256:', '').slice(0, DIGITS)}`;
}
