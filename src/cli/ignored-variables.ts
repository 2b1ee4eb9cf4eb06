import type { ResolvedHost } from '../inventory/resolve.ts';

/** Of this process: hosts may be read more than once in a run. */
const told = new Set<string>();

/** Says once, on standard error, which variables of Ansible's mean nothing here. */
export function tellIgnored(hosts: readonly Pick<ResolvedHost, 'ignored'>[]): void {
  const names = [...new Set(hosts.flatMap(({ ignored }) => ignored))].filter((name) => !told.has(name));
  if (names.length === 0) return;
  for (const name of names) told.add(name);
  const verb = names.length === 1 ? 'means nothing here, and is' : 'mean nothing here, and are';
  process.stderr.write(`note: ${names.join(', ')} ${verb} passed over\n`);
}
