import { engineProblem } from './docker.ts';
import { LabError } from './lab-error.ts';
import { findRegistry } from './registry.ts';

/** What hosts of the lab need to know of it; addresses are as seen from inside a host. */
export interface Lab {
  /** For `registry-mirrors` of an engine on a host: `http://172.17.0.2:5000`. */
  readonly registryMirror: string;
  /** For `insecure-registries`, without which BuildKit asks the mirror by https; also the prefix of images to push: `172.17.0.2:5000`. */
  readonly registry: string;
}

/** The lab as it runs. @throws LabError when it does not */
export async function lab(): Promise<Lab> {
  const registry = (await engineProblem()) === undefined ? await findRegistry() : undefined;
  if (!registry) throw new LabError('the lab is not up', 'Run `sh test/lab/setup.sh up`, or the tests by `npm test`.');
  return { registryMirror: `http://${registry.fromHosts}`, registry: registry.fromHosts };
}
