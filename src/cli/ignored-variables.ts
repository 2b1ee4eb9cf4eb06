import type { LeftVariable } from '../inventory/params.ts';
import type { ResolvedHost } from '../inventory/resolve.ts';

/** Of this process: hosts may be read more than once in a run. */
const told = new Set<string>();

/** Says once, on standard error, which variables are passed over: those of Ansible's that mean nothing here, and those that are left. */
export function tellIgnored(hosts: readonly Pick<ResolvedHost, 'ignored' | 'left'>[]): void {
  const names = [...new Set(hosts.flatMap(({ ignored }) => ignored))].filter((name) => !told.has(name));
  for (const name of names) told.add(name);
  if (names.length > 0) {
    const verb = names.length === 1 ? 'means nothing here, and is' : 'mean nothing here, and are';
    process.stderr.write(`note: ${names.join(', ')} ${verb} passed over\n`);
  }
  tellLeft(
    hosts.flatMap(({ left }) => left),
    'and no role reads it',
  );
}

/** Says once, on standard error, which variables stay as they are. */
export function tellLeft(variables: readonly LeftVariable[], consequence: string): void {
  for (const { name, location, reason } of variables) {
    const where = location === undefined ? '' : ` (${location})`;
    const line = `note: ${name}${where} cannot be resolved, ${consequence}: ${reason}\n`;
    if (told.has(line)) continue;
    told.add(line);
    process.stderr.write(line);
  }
}
