/**
 * HAProxy on the host, in front of the applications of its stack and of others.
 *
 * @example
 * haproxy:
 *   routes:
 *     - { path: /, service: app }                       # a service of the stack
 *     - { path: /api, service: api, strip_prefix: true }
 *     - { host: files.example.com, service: files }     # one of `backends`
 *   deny: [/internal]
 *   basic_auth:
 *     - { path: /admin, users: { alice: "{{ secrets.admin_alice }}" } }
 *   backends:
 *     files: { servers: ["10.0.0.5:8080"], health: { path: /health } }
 *     shop: { hosts: shops }                          # the service of that name in the stacks of a group of hosts
 */
import {
  defineRole,
  file,
  isSharedPort,
  type ListenPort,
  type Peer,
  packages,
  port,
  service,
  shippedFile,
  template,
  z,
} from '../src/index.ts';
import { ANSWERS_FILE, ANSWERS_HEADER, obtained } from './certs/acme-client.ts';
import { CertsParams, certificatePath } from './certs/params.ts';
import { type Backend, joinAddress, listedBackend } from './haproxy/backend.ts';
import { checksOf, knownChecks } from './haproxy/known-checks.ts';
import { configModel } from './haproxy/model.ts';
import { HaproxyParams } from './haproxy/params.ts';
import {
  ADMIN_SOCKET,
  BACKUP_FILE,
  CONFIG_FILE,
  HOLD_FOLDER,
  LOADED_MARK,
  MASTER_SOCKET,
  reloadByHand,
  reloadHaproxy,
} from './haproxy/reload.ts';
import { STATE_FILE, startingState } from './haproxy/server-state.ts';
import { haproxyServers } from './haproxy/servers.ts';
import { siteOf } from './haproxy/site.ts';
import { formerServers, peerBackend, routableServices, stackBackends } from './haproxy/stack-backends.ts';
import { hostPorts, placeOf, sharing } from './stack/host-ports.ts';
import { StackParams } from './stack/params.ts';

/** Where visitors come in, as files/haproxy.cfg.hbs calls it. */
const FRONTEND = 'web';

const Params = z
  .object({
    haproxy: HaproxyParams,
    /** Its services can be routed to. */
    stack: StackParams.optional(),
    /** Without any there is no HTTPS. */
    certs: CertsParams.prefault([]),
  })
  .superRefine(({ haproxy, stack, certs }, refinement) => {
    const own = Object.keys(haproxy.backends);
    const fromStack = routableServices(stack);
    for (const [i, { service }] of haproxy.routes.entries()) {
      if (own.includes(service) || fromStack.includes(service)) continue;
      const known = [...fromStack, ...own].join(', ') || 'none';
      const path = ['haproxy', 'routes', i, 'service'];
      const message = `must be a service of the stack that has a port, or one of haproxy.backends (there are: ${known})`;
      refinement.addIssue({ code: 'custom', path, message });
    }
    // A group of hosts may well have this one among them, with the same stack.
    for (const name of own.filter((name) => fromStack.includes(name) && haproxy.backends[name]?.hosts === undefined)) {
      const path = ['haproxy', 'backends', name];
      refinement.addIssue({ code: 'custom', path, message: 'has the name of a service of the stack: choose another' });
    }
    // Only a stack that a route leads to is known to be on this host.
    const isHere = haproxy.routes.some(({ service }) => fromStack.includes(service) && !own.includes(service));
    const listening = listenPorts(haproxy, certs.length > 0);
    for (const taken of isHere && stack !== undefined ? hostPorts(stack) : []) {
      if (!listening.some((port) => isSharedPort(port, taken))) continue;
      const path = ['stack', ...placeOf(taken)];
      refinement.addIssue({ code: 'custom', path, message: sharing(taken, 'haproxy') });
    }
    if (haproxy.redirect === true && certs.length === 0) {
      const path = ['haproxy', 'redirect'];
      refinement.addIssue({ code: 'custom', path, message: 'needs a certificate for HTTPS: set certs' });
    }
  });

export default defineRole({
  name: 'haproxy',
  params: Params,
  peers: ({ haproxy }) =>
    Object.entries(haproxy.backends).flatMap(([name, { hosts }]) =>
      hosts === undefined ? [] : [{ pattern: hosts, parameter: ['haproxy', 'backends', name, 'hosts'] }],
    ),
  resources(context) {
    const { params, facts, secret } = context;
    const { haproxy, certs } = params;
    const backends = routedBackends(context);
    const certificates = certs.map(certificatePath);
    const fromAcme = certs.filter(({ provider }) => provider === 'acme');
    const ports = [haproxy.http_port, ...(certificates.length > 0 ? [haproxy.https_port] : [])];
    return [
      ...listenAddresses(haproxy.addresses).flatMap((address) =>
        ports.map((number) => port({ port: number, address, by: ['haproxy'] })),
      ),
      // socat speaks to haproxy's sockets: for reloads, and for taking servers out and in. curl asks servers what a new check would.
      packages({ names: ['curl', 'haproxy', 'socat'], manager: facts.packageManager, early: true }),
      knownChecks({
        socket: ADMIN_SOCKET,
        configFile: CONFIG_FILE,
        holdFolder: HOLD_FOLDER,
        backends: checksOf(backends),
      }),
      ...reloadByHand(),
      file({ path: STATE_FILE, content: startingState(backends) }),
      ...(fromAcme.length > 0 ? [file({ path: ANSWERS_FILE, content: ANSWERS_HEADER })] : []),
      template(
        {
          path: CONFIG_FILE,
          template: shippedFile('haproxy.cfg.hbs'),
          vars: configModel({
            haproxy,
            backends,
            certificates,
            answers: fromAcme.length > 0 ? ANSWERS_FILE : undefined,
            salt: secret('haproxy_salt'),
          }),
          // It holds the hashes of passwords.
          mode: '0640',
          validate: ['haproxy', '-c', '-f', '%s'],
          secretLines: '\\bpassword\\b',
          backup: BACKUP_FILE,
          heldBy: HOLD_FOLDER,
          loadedMark: LOADED_MARK,
        },
        // Visitors find there who shall answer them.
        { notify: reloadHaproxy, afterPeers: true },
      ),
      service({ name: 'haproxy', state: 'running', enabled: true }),
      haproxyServers({
        socket: ADMIN_SOCKET,
        config: CONFIG_FILE,
        loadedMark: LOADED_MARK,
        frontends: [FRONTEND],
        servers: serversOf(backends),
      }),
      ...fromAcme.map(obtained),
    ];
  },
  balancer(context) {
    const { haproxy, certs } = context.params;
    const backends = routedBackends(context);
    return {
      adminSocket: ADMIN_SOCKET,
      masterSocket: MASTER_SOCKET,
      configFile: CONFIG_FILE,
      backupFile: BACKUP_FILE,
      holdFolder: HOLD_FOLDER,
      reload: reloadHaproxy,
      servers: backends.flatMap(({ name: backend, servers }) =>
        servers.flatMap(({ name: server, slot }) =>
          slot === undefined ? [] : [{ backend, server, host: slot.host, stack: slot.stack, slot: slot.name }],
        ),
      ),
      formerServers: (former) => formerServers(former, context.host),
      site: siteOf(haproxy, backends, certs.length > 0),
    };
  },
});

interface Context {
  readonly params: z.output<typeof Params>;
  readonly host: string;
  peers(pattern: string): readonly Peer[];
}

/** The applications that a route leads to. */
function routedBackends({ params: { haproxy, stack }, host, peers }: Context): readonly Backend[] {
  const routed = new Set(haproxy.routes.map(({ service }) => service));
  return [
    ...stackBackends(stack, host).filter(({ name }) => routed.has(name) && !(name in haproxy.backends)),
    ...Object.entries(haproxy.backends)
      .filter(([name]) => routed.has(name))
      .map(([name, backend]) =>
        backend.hosts === undefined
          ? listedBackend(name, backend)
          : peerBackend(name, backend, peers(backend.hosts), host),
      ),
  ];
}

/** Those of a stack are for nobody to take out but a redeploy; what the inventory lists may be in maintenance for good reasons. */
function serversOf(backends: readonly Backend[]) {
  return backends.flatMap(({ name: backend, servers }) =>
    servers.map(({ name, slot, ...address }) => ({
      backend,
      server: name,
      address: joinAddress(address),
      isReplica: slot !== undefined,
    })),
  );
}

function listenPorts({ addresses, http_port, https_port }: HaproxyParams, tls: boolean): readonly ListenPort[] {
  const ports = tls ? [http_port, https_port] : [http_port];
  return addresses.flatMap((address) => ports.map((port) => ({ address, port, protocol: 'tcp' })));
}

/** Undefined is every address of the host. */
function listenAddresses(addresses: readonly string[]): readonly (string | undefined)[] {
  return addresses.includes('0.0.0.0') || addresses.includes('::') ? [undefined] : addresses;
}
