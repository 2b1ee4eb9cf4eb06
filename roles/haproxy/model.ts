import { isIPv4, isIPv6 } from 'node:net';
import { type Secret, type Text, text } from '../../src/index.ts';
import { type Backend, joinAddress } from './backend.ts';
import { checkLines } from './check-lines.ts';
import { formatWord, timeWord, type Word, word } from './config-word.ts';
import type { HaproxyParams } from './params.ts';
import { passwordHash } from './password.ts';
import { ADMIN_SOCKET } from './reload.ts';
import { bySpecificity, condition } from './request-match.ts';
import { STATE_FILE } from './server-state.ts';
import { TLS_PROFILES } from './tls.ts';

export interface ModelInput {
  readonly haproxy: HaproxyParams;
  /** Those that a route leads to. */
  readonly backends: readonly Backend[];
  /** Paths of the certificates on the host; the first is for clients that name no host. */
  readonly certificates: readonly string[];
  /** Path of the map with answers to challenges of certificate authorities; undefined where none is asked. */
  readonly answers: string | undefined;
  /** Kept by the host, for the hashes of passwords. */
  readonly salt: Secret;
}

/** What files/haproxy.cfg.hbs lays out. All that stands in it is quoted for the place where it goes. */
export function configModel({ haproxy, backends, certificates, answers, salt }: ModelInput) {
  const { timeouts } = haproxy;
  return {
    maxconn: haproxy.maxconn ?? 0,
    adminSocket: word(ADMIN_SOCKET),
    stateFile: word(STATE_FILE),
    hardStopAfter: timeWord(haproxy.hard_stop_after),
    tls: TLS_PROFILES[haproxy.tls],
    timeouts: {
      connect: timeWord(timeouts.connect),
      client: timeWord(timeouts.client),
      server: timeWord(timeouts.server),
      queue: timeWord(timeouts.queue),
      httpRequest: timeWord(timeouts.http_request),
      keepAlive: timeWord(timeouts.keep_alive),
      tunnel: timeWord(timeouts.tunnel),
      check: timeWord(timeouts.check),
    },
    binds: bindModels(haproxy, certificates),
    certificates: certificates.map(word),
    answers: answers === undefined ? '' : word(answers),
    redirect: redirects(haproxy, certificates),
    redirectPort: haproxy.https_port === 443 ? '' : word(`:${haproxy.https_port}`),
    denied: haproxy.deny.map((denied) => condition(denied, { anyCase: true })),
    credentials: credentialModels(haproxy, salt),
    forwardedFor: haproxy.forwarded_for,
    hsts: certificates.length > 0 && haproxy.hsts !== false ? hstsModel(haproxy.hsts) : '',
    headers: Object.entries(haproxy.headers).map(([name, value]) => ({ name: word(name), value: formatWord(value) })),
    routes: routeModels(haproxy),
    backends: backends.map(backendModel),
  };
}

/** Whether HTTP is answered with the way to HTTPS: as the inventory says, or where there is HTTPS. */
function redirects({ redirect }: HaproxyParams, certificates: readonly string[]): boolean {
  return redirect ?? certificates.length > 0;
}

function bindModels({ addresses, http_port, https_port }: HaproxyParams, certificates: readonly string[]) {
  const ports = [
    { port: http_port, tls: false },
    ...(certificates.length > 0 ? [{ port: https_port, tls: true }] : []),
  ];
  return addresses.flatMap((address) => {
    // `::` takes IPv4 in as well, unless that has an address of its own.
    const family = isIPv6(address) ? ` ${addresses.some(isIPv4) ? 'v6only' : 'v4v6'}` : '';
    return ports.map(({ port, tls }) => ({ listen: `${word(`${address}:${port}`)}${family}`, tls }));
  });
}

function hstsModel({ max_age, include_subdomains }: Exclude<HaproxyParams['hsts'], false>): Word {
  return formatWord(`max-age=${Math.round(max_age / 1000)}${include_subdomains ? '; includeSubDomains' : ''}`);
}

function credentialModels({ basic_auth }: HaproxyParams, salt: Secret) {
  return basic_auth.toSorted(bySpecificity).map(({ path, host, realm, users }, i) => ({
    number: i + 1,
    list: word(`users-${i + 1}`),
    realm: word(realm),
    condition: condition({ path, host }, { anyCase: true }),
    users: Object.entries(users).map(([name, password]) => ({
      name: word(name),
      password: quotedHash(isHash(password) ? password.hash : passwordHash(name, password, salt)),
    })),
  }));
}

/** Quoted even where it is not known yet: no crypt(3) hash holds a single quote, and the schema lets none in. */
function quotedHash(hash: Text): Text {
  return text`'${hash}'`;
}

function isHash(password: Text | { readonly hash: Text }): password is { readonly hash: Text } {
  return typeof password === 'object' && 'hash' in password;
}

function routeModels({ routes }: HaproxyParams) {
  return routes.toSorted(bySpecificity).map(({ path, host, service, strip_prefix }, i) => ({
    number: i + 1,
    condition: condition({ path, host }, { anyCase: false }),
    backend: word(service),
    strip: strip_prefix && path !== '/' ? stripModel(path) : false,
  }));
}

/**
 * The path that goes to the server is still encoded, the one that conditions look at is not. Where an odd encoding keeps the
 * first from being stripped, the application is asked for a path that it does not have.
 */
function stripModel(path: string) {
  const encoded = encodeURI(path).replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return { pattern: word(`^${encoded}(?:/+(.*))?$`), bytes: Buffer.byteLength(path) };
}

function backendModel({ name, servers, health, maxconn, controlPaths }: Backend) {
  return {
    name: word(name),
    controlPaths: controlPaths.map((path) => condition({ path }, { anyCase: true })),
    checks: health === undefined ? [] : checkLines(health),
    maxconn: maxconn ?? 0,
    servers: servers.map((server) => ({ name: word(server.name), address: word(joinAddress(server)) })),
  };
}
