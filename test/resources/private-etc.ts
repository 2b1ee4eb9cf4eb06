/** Lets scripts change users and everything in /etc and /home, on copies that no one else sees. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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

/** What the tools for users and sudo read and write. */
const FILES = [
  ...['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid', 'login.defs', 'default/useradd', 'skel'],
  ...['nsswitch.conf', 'ld.so.cache', 'pam.d', 'security', 'sudo.conf', 'sudoers', 'sudoers.d'],
];

const ENTER = 'mount -o bind "$0/etc" /etc && mount -o bind "$0/home" /home && exec "$@"';

/** A copy of what matters of this machine's /etc, and an empty /home, for scripts that run in this shell. Takes root. */
export function privateEtc({ shell = ['sh'], env = {} }: LocalOptions = {}): PrivateEtc {
  const folder = mkdtempSync(join(tmpdir(), 'etc-'));
  const [etc, home] = [join(folder, 'etc'), join(folder, 'home')];
  for (const file of FILES.filter((name) => existsSync(join('/etc', name)))) {
    cpSync(join('/etc', file), join(etc, file), { recursive: true, verbatimSymlinks: true });
  }
  mkdirSync(home);
  return {
    options: { shell: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', ENTER, folder, ...shell], env },
    etc,
    home,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
