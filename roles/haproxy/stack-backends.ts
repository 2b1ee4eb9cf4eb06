import type { Stack } from '../stack/params.ts';
import { replicasOf } from '../stack/replicas.ts';
import type { Backend } from './backend.ts';

/** The services of a stack that have a port, with their replicas on the host's loopback. */
export function stackBackends(stack: Stack | undefined): Backend[] {
  if (stack === undefined) return [];
  const replicas = replicasOf(stack);
  return Object.entries(stack.services).flatMap(([name, { port, health, drain }]) => {
    if (port === undefined) return [];
    const servers = (replicas[name] ?? []).flatMap(({ name, hostPort }) =>
      hostPort === undefined ? [] : [{ name, host: '127.0.0.1', port: hostPort }],
    );
    const controlPaths = drain === undefined ? [] : [drain.prepare, drain.ready].map(pathAlone);
    return [{ name, servers, health, maxconn: undefined, controlPaths }];
  });
}

/** Without query and the like, and decoded: as requests are compared with it. */
function pathAlone(reference: string): string {
  const { pathname } = new URL(reference.replace(/^\/+/, '/').replace(/;[^/]*/g, ''), 'http://localhost');
  return decodeURIComponent(pathname)
    .replaceAll(/\/+/g, '/')
    .replace(/(.)\/$/, '$1');
}
