/** Which image each service and database runs, and how it comes to the host. */
import { builtImage, dockerImage, type Resource } from '../../src/index.ts';
import type { Stack, StackDatabase, StackService } from './params.ts';

export interface Image {
  readonly reference: string;
  readonly resource: Resource;
  /** The folder of this machine that it is built from. */
  readonly context?: string;
}

/** Versions of the official images that are used where the inventory names none. */
const DEFAULT_VERSIONS: Record<StackDatabase['engine'], string> = { postgres: '17', mariadb: '11', mysql: '8.4' };

/** @param localPath makes a path of the inventory absolute */
export function serviceImage(
  { name: stack }: Stack,
  name: string,
  { build, image }: StackService,
  localPath: (path: string) => string,
): Image {
  if (image !== undefined) return pulled(image);
  if (build === undefined) throw new TypeError(`the service ${name} has neither an image nor a build`);
  // The schema of the inventory allows what is undefined to be left out, and nothing else.
  const settings = { ...build, context: localPath(build.context) };
  return {
    reference: builtImage(`${stack}/${name}`, settings),
    resource: dockerImage({ name: `${stack}/${name}`, build: settings }),
    context: settings.context,
  };
}

export function databaseImage({ engine, version = DEFAULT_VERSIONS[engine], image }: StackDatabase): Image {
  return pulled(image ?? `${engine}:${version}`);
}

function pulled(reference: string): Image {
  return { reference, resource: dockerImage({ pull: reference }) };
}
