import type { Balancer } from '../../src/index.ts';
import type { Backend } from './backend.ts';
import type { HaproxyParams } from './params.ts';

/** What a visitor may ask for: the health check of the first application of a stack that a route leads to. */
export function siteOf(
  { routes, http_port, https_port }: HaproxyParams,
  backends: readonly Backend[],
  tls: boolean,
): Balancer['site'] {
  const port = tls ? https_port : http_port;
  for (const { path, service, strip_prefix } of routes) {
    const backend = backends.find(({ name }) => name === service);
    if (!backend?.servers.some(({ slot }) => slot)) continue;
    const prefix = strip_prefix && path !== '/' ? path : '';
    return { tls, port, path: `${prefix}${backend.health?.path ?? '/'}` };
  }
  return { tls, port, path: '/' };
}
