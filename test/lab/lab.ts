import { LabError } from './lab-error.ts';
import { APT_CACHE, findService, REGISTRY } from './services.ts';

/** What hosts of the lab need to know of it; addresses are as seen from inside a host. */
export interface Lab {
  /** For `registry-mirrors` of an engine on a host: `http://172.17.0.2:5000`. */
  readonly registryMirror: string;
  /** For `insecure-registries`, and as the prefix of images that a host pushes: `172.17.0.2:5000`. */
  readonly registry: string;
  /** URL of the cache for packages; every host is started with apt set to it. */
  readonly aptProxy: string;
}

/** The lab as it runs. @throws LabError when it does not: tests are run with it by `npm test` */
export async function lab(): Promise<Lab> {
  const [registry, aptCache] = await Promise.all([findService(REGISTRY), findService(APT_CACHE)]).catch((error) => {
    throw new LabError(`the lab is not up: ${(error as Error).message}`, 'Run `sh test/lab/setup.sh up`.', error);
  });
  if (!registry || !aptCache) throw new LabError('the lab is not up', 'Run `sh test/lab/setup.sh up`.');
  return {
    registryMirror: `http://${registry.fromHosts}`,
    registry: registry.fromHosts,
    aptProxy: `http://${aptCache.fromHosts}`,
  };
}
