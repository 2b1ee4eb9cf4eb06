import { baseImage, ensureBaseImage } from './base-image.ts';
import { ensureEngine } from './engine.ts';
import { hostImage } from './host.ts';
import { ensureBuilt, ensurePulledOrBuilt } from './images.ts';
import { labKey } from './keys.ts';
import { ensurePushed } from './registry.ts';
import type { Release } from './releases.ts';
import { APT_CACHE, ensureService, ensureServicesImage, REGISTRY } from './services.ts';

/** What stacks on throwaway hosts use under its public name, and the folder of ours that it is built from otherwise. */
const STACK_IMAGES = { 'postgres:17': 'postgres', 'mariadb:11': 'mariadb', 'redis:8': 'redis' };

/** Sets up all that throwaway hosts need; what is there already is left as it is. */
export async function up(): Promise<void> {
  labKey();
  await ensureEngine();
  const trixie = ensureBaseImage('trixie');
  const bookworm = ensureBaseImage('bookworm');
  const registry = trixie.then(ensureServices);
  await Promise.all([
    trixie.then(() => ensureHostImage('trixie')),
    bookworm.then(() => ensureHostImage('bookworm')),
    ...Object.entries(STACK_IMAGES).map(async ([image, name]) => {
      await trixie;
      const source = await ensurePulledOrBuilt(image, {
        image: `provision-lab/${image}`,
        context: `test/lab/images/${name}`,
      });
      await ensurePushed(await registry, image, source);
    }),
    trixie.then(async () => ensurePushed(await registry, baseImage('trixie'), baseImage('trixie'))),
    bookworm.then(async () => ensurePushed(await registry, baseImage('bookworm'), baseImage('bookworm'))),
  ]);
}

/** Starts the registry and the cache for packages; the registry's address on this machine. */
async function ensureServices(): Promise<string> {
  await ensureServicesImage();
  const [registry] = await Promise.all([ensureService(REGISTRY), ensureService(APT_CACHE)]);
  return registry.fromHere;
}

function ensureHostImage(release: Release): Promise<void> {
  return ensureBuilt({
    image: hostImage(release),
    context: 'test/lab/images/host',
    dockerfile: 'Dockerfile.testhost',
    args: { RELEASE: release },
  });
}
