/** Which translator is for which module, and what to say where there is none. */
import { authorizedKey } from './authorized-key.ts';
import { command } from './command.ts';
import { compose } from './compose.ts';
import { copy } from './copy.ts';
import { cron } from './cron.ts';
import { file } from './file.ts';
import { group } from './group.ts';
import { lineInFile } from './line-in-file.ts';
import type { Module } from './module.ts';
import { nothing } from './nothing.ts';
import { packages } from './packages.ts';
import { service } from './service.ts';
import { sysctl } from './sysctl.ts';
import { template } from './template.ts';
import { user } from './user.ts';

const MODULES: readonly Module[] = [
  authorizedKey,
  command,
  compose,
  copy,
  cron,
  file,
  group,
  lineInFile,
  nothing,
  packages,
  service,
  sysctl,
  template,
  user,
];

const BY_NAME: ReadonlyMap<string, Module> = new Map(
  MODULES.flatMap((module) => module.names.map((name) => [name, module])),
);

export function moduleNamed(name: string): Module | undefined {
  return BY_NAME.get(name);
}

/** What to use instead, where there is something. */
const INSTEAD: Readonly<Record<string, string>> = {
  apt_key: 'Use aptRepository, which brings the key as well.',
  apt_repository: 'Use aptRepository.',
  deb822_repository: 'Use aptRepository.',
  blockinfile: 'Use lineInFile for each line, or file for the whole file.',
  replace: 'Use lineInFile, or file for the whole file.',
  docker_container: 'Use the role stack, or a compose project.',
  docker_image: 'Use dockerImage.',
  get_url: 'Use a command with `creates`.',
  unarchive: 'Use a command with `creates`.',
  git: 'Use a command with `creates`.',
  uri: 'Use httpCheck.',
  wait_for: 'Use httpCheck or port.',
  hostname: 'Use a command with `unless`.',
  postgresql_db: 'Use databaseRole.',
  postgresql_user: 'Use databaseRole.',
  mysql_db: 'Use databaseRole.',
  mysql_user: 'Use databaseRole.',
  reboot: 'Reboot the host by hand.',
};

export function insteadOf(module: string): string {
  return INSTEAD[module] ?? 'Write it by hand: docs/resources.md tells what there is.';
}
