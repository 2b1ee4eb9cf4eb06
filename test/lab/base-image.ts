import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, follow } from './docker.ts';
import { hasImage, tryPull } from './images.ts';
import { LabError } from './lab-error.ts';
import { type Note, step } from './progress.ts';
import type { Release } from './releases.ts';
import { aptInstall, runProcess } from './run-process.ts';

/** The comment of an image that we imported: its name is not ours, so that `down --all` finds it by this. */
export const IMPORT_COMMENT = 'imported by the lab of provision';

const FINISH = join(import.meta.dirname, 'images', 'base', 'finish');
const BOOTSTRAP_LIMIT_MS = 900_000;

/** Sees to it that `debian:RELEASE-slim` is there: pulled, or where no registry answers, made from Debian's packages. */
export async function ensureBaseImage(release: Release): Promise<void> {
  const image = baseImage(release);
  if ((await hasImage(image)) || (await tryPull(image))) return;
  if (process.getuid?.() !== 0) {
    const hint = `Run \`docker pull ${image}\` where a registry can be reached, or run the set-up as root.`;
    throw new LabError(`${image} cannot be pulled, and only root can make it from Debian's packages`, hint);
  }
  await step(`image ${image} from Debian's packages`, (note) => bootstrap(release, note));
}

/** The name of a release's base image. */
export function baseImage(release: Release): string {
  return `debian:${release}-slim`;
}

let toolInstalled: Promise<void> | undefined;

async function bootstrap(release: Release, note: Note): Promise<void> {
  // The keyring of an older Debian may not yet know the keys of a newer one.
  toolInstalled ??= aptInstall(['mmdebstrap', 'debian-archive-keyring'], note);
  await toolInstalled;
  const folder = await mkdtemp(join(tmpdir(), 'provision-lab-'));
  try {
    const tarball = join(folder, `${release}.tar`);
    const leaveOut = ['doc', 'info', 'locale', 'man'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
    // The tool would remove its own policy-rc.d at the end, and ours with it.
    const finish = [`--customize-hook=${FINISH}`, '--skip=chroot/policy-rc.d'];
    // No mirror is named: the tool knows Debian's own, and which suites of updates belong to a release.
    const args = ['--variant=minbase', '--include=ca-certificates', ...leaveOut, ...finish, release, tarball];
    const hint = 'Is the Debian mirror reachable?';
    await runProcess('mmdebstrap', args, { timeoutMs: BOOTSTRAP_LIMIT_MS, note, hint });
    const [repo, tag] = baseImage(release).split(':');
    const options = { repo, tag, message: IMPORT_COMMENT, changes: 'CMD ["bash"]' };
    await follow(await docker.importImage(createReadStream(tarball), options), note);
  } finally {
    await rm(folder, { recursive: true });
  }
}
