import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LabError } from './lab-error.ts';
import { step } from './progress.ts';
import { aptInstall } from './run-process.ts';

/** Programs that tests run for real on this machine, and the Debian packages that they come in. */
const TOOLS = {
  dash: 'dash',
  bash: 'bash',
  busybox: 'busybox',
  curl: 'curl',
  openssl: 'openssl',
  perl: 'perl',
  setfacl: 'acl',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  tmux: 'tmux',
  visudo: 'sudo',
} as const;

/** Shells whose completion is tested: where nobody may install them, these tests are skipped. */
const SHELLS = { fish: 'fish', zsh: 'zsh' } as const;

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
const POLICY = '/usr/sbin/policy-rc.d';

/** Sees to it that no unit test has to be skipped: installs what is missing where it may, else tells what to install. */
export async function ensureTestTools(): Promise<void> {
  const missing = missingOf(TOOLS);
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    const packages = [...missing, ...missingOf(SHELLS)].map(([, name]) => name);
    if (packages.length === 0) return;
    await step(`test tools: install ${packages.join(', ')}`, (note) => withoutStarts(() => aptInstall(packages, note)));
  } else if (missing.length > 0) {
    const [programs, packages] = [0, 1].map((i) => missing.map((tool) => tool[i]).join(', '));
    throw new LabError(`the tests need ${programs}`, `Install ${packages} (names of Debian packages).`);
  }
}

function missingOf(tools: Readonly<Record<string, string>>): [program: string, packageName: string][] {
  return Object.entries(tools).filter(([program]) => !isInstalled(program));
}

function isInstalled(program: string): boolean {
  return FOLDERS.some((folder) => existsSync(join(folder, program)));
}

/** The tests start an sshd of their own on loopback: installing it must not start one that the network can reach. */
async function withoutStarts(install: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY)) return install();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    rmSync(POLICY);
  }
}
