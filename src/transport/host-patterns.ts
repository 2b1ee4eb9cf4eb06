/** Patterns as ssh uses them in known_hosts and ssh_config, ssh_config(5) "PATTERNS". */

/** Whether one of the patterns matches the name, and none of those that begin with `!`. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const denied = patterns.filter((pattern) => pattern.startsWith('!'));
  if (denied.some((pattern) => wildcard(pattern.slice(1)).test(name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && wildcard(pattern).test(name));
}

/** `*` stands for any characters, `?` for one. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
