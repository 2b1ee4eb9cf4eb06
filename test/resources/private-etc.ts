/** Lets scripts change users and everything in /etc and /home, on copies that no one else sees. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalOptions } from './local-target.ts';

export interface PrivateEtc {
  /** What to run scripts with: they see `etc` as /etc and `home` as /home. */
  readonly options: LocalOptions;
  readonly etc: string;
  readonly home: string;
  remove(): void;
}

const ENTER = 'mount -o bind "$0/etc" /etc && mount -o bind "$0/home" /home && exec "$@"';

/** A copy of this machine's /etc and an empty /home, for scripts that run in this shell. Takes root. */
export function privateEtc({ shell = ['sh'], env = {} }: LocalOptions = {}): PrivateEtc {
  const folder = mkdtempSync(join(tmpdir(), 'etc-'));
  const [etc, home] = [join(folder, 'etc'), join(folder, 'home')];
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  mkdirSync(home);
  return {
    options: { shell: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', ENTER, folder, ...shell], env },
    etc,
    home,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
