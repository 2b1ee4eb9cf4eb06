import { baseImage, ensureBaseImage } from './base-image.ts';
import { ensureEngine } from './engine.ts';
import { hostImage } from './host.ts';
import { ensureBuilt, ensurePulledOrBuilt } from './images.ts';
import { labKey } from './keys.ts';
import { ensurePushed } from './publish.ts';
import { ensureRegistry } from './registry.ts';
import { RELEASES, type Release } from './releases.ts';

/** What stacks on throwaway hosts use under its public name, and the folder of ours that it is built from otherwise. */
const STACK_IMAGES = { 'postgres:17': 'postgres', 'mariadb:11': 'mariadb', 'redis:8': 'redis' };

/** Sets up all that throwaway hosts need, as much at a time as can be; what is there already is left as it is. */
export async function up(): Promise<void> {
  labKey();
  await ensureEngine();
  const bases = { trixie: ensureBaseImage('trixie'), bookworm: ensureBaseImage('bookworm') };
  const registry = bases.trixie.then(ensureRegistry);

  async function serve(image: string, source: string): Promise<void> {
    await ensurePushed((await registry).fromHere, image, source);
  }
  async function setUpRelease(release: Release): Promise<void> {
    await bases[release];
    await Promise.all([ensureHostImage(release), serve(baseImage(release), baseImage(release))]);
  }
  async function setUpStackImage(image: string, folder: string): Promise<void> {
    await bases.trixie;
    const recipe = { image: `provision-lab/${image}`, context: `test/lab/images/${folder}` };
    await serve(image, await ensurePulledOrBuilt(image, recipe));
  }

  await Promise.all([
    registry,
    ...RELEASES.map(setUpRelease),
    ...Object.entries(STACK_IMAGES).map(([image, folder]) => setUpStackImage(image, folder)),
  ]);
}

function ensureHostImage(release: Release): Promise<void> {
  return ensureBuilt({
    image: hostImage(release),
    context: 'files/testhost',
    dockerfile: 'Dockerfile.testhost',
    args: { BASE: baseImage(release) },
  });
}
