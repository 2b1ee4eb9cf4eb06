import { fields, z } from '../../src/index.ts';

const { cryptHash, duration, line, password, simpleName } = fields;

/** A path in the one form in which requests are compared with it. */
const Path = line()
  .regex(/^\//, 'must begin with a slash')
  .regex(/^[^\\;?#%]*$/, 'must be a path alone, decoded: none of \\ ; ? # %')
  .refine((path) => path === '/' || !/\/(\.{0,2}\/|\.{1,2}$)/.test(path), 'must not hold empty, . or .. segments')
  .transform((path) => (path === '/' ? path : path.replace(/\/$/, '')));

const HostName = z
  .string()
  .toLowerCase()
  .regex(/^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a host name');

const HeaderName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be the name of a header');

/** Of a user in the browser's question for a password: no colon, which ends it there (RFC 7617). */
const LoginName = z.string().regex(/^[\w.@+-]{1,64}$/, 'must be 1 to 64 of letters, digits, _ . @ + and -');

const Port = z.int().min(1).max(65_535);

const Server = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$/,
    'must be host:port, with an IPv6 address in brackets',
  )
  .refine((server) => Port.safeParse(Number(server.slice(server.lastIndexOf(':') + 1))).success, {
    error: 'must have a port from 1 to 65535',
  });

const Route = z.strictObject({
  /** This path and all below it. */
  path: Path.default('/'),
  /** Only requests for this host name. */
  host: HostName.optional(),
  /** A service of the stack, or one of `backends`. */
  service: simpleName(),
  /** The application sees the path without the route's own: `/api/users` as `/users`. */
  strip_prefix: z.boolean().default(false),
});

const Denied = z
  .union([Path, z.strictObject({ path: Path, host: HostName.optional() })])
  .transform((denied) => (typeof denied === 'string' ? { path: denied } : denied));

const Password = z.union([password(), z.strictObject({ hash: cryptHash() })]);

const BasicAuth = z.strictObject({
  path: Path.default('/'),
  host: HostName.optional(),
  /** What the browser shows in its question. */
  realm: line()
    .regex(/^[^"\\]*$/, 'must hold no double quotes and backslashes')
    .default('Restricted'),
  /** Names with their passwords; or with `{ hash: ... }`, a crypt(3) hash of few rounds, for each request costs one. */
  users: z.record(LoginName, Password).refine((users) => Object.keys(users).length > 0, 'must name at least one user'),
});

const Health = z.strictObject({
  path: line().regex(/^\//, 'must begin with a slash').default('/'),
  status: z.int().min(100).max(599).default(200),
  /** The whole body, but for white space around it. */
  body: line().optional(),
});

const Backend = z
  .strictObject({
    /** `10.0.0.5:8080`; a name is looked up when haproxy starts. */
    servers: z.array(Server).min(1).optional(),
    /** Instead: the hosts in whose stacks the service of this name runs, as `--limit` names hosts and groups. */
    hosts: line()
      .regex(/[^\s,:]/, 'must name hosts or groups')
      .optional(),
    /** Default: that of the service; of `servers`, those that accept connections are taken as healthy. */
    health: Health.optional(),
    /** Requests that one server works on at a time; more wait in a queue. */
    maxconn: z.int().positive().optional(),
  })
  .superRefine(({ servers, hosts }, refinement) => {
    if ((servers === undefined) !== (hosts === undefined)) return;
    const path = [hosts === undefined ? 'servers' : 'hosts'];
    refinement.addIssue({ code: 'custom', path, message: 'give either servers or hosts' });
  });

const Timeouts = z.strictObject({
  /** To connect to a server. */
  connect: duration().default(5000),
  /** Silence of a client within a request or an answer. */
  client: duration().default(60_000),
  /** Silence of a server. */
  server: duration().default(60_000),
  /** Wait for a free server. */
  queue: duration().default(30_000),
  /** For a client to send all headers: what slow attacks are cut by. */
  http_request: duration().default(10_000),
  /** Between two requests on one connection. */
  keep_alive: duration().default(15_000),
  /** Silence in a WebSocket. */
  tunnel: duration().default(3_600_000),
  /** One health check. */
  check: duration().default(5000),
});

const Hsts = z.strictObject({
  /** A number of seconds, or a time span. Default two years, as Mozilla advises. */
  max_age: duration().default(63_072_000_000),
  include_subdomains: z.boolean().default(false),
});

function isDistinct(list: readonly { readonly path: string; readonly host?: string | undefined }[]): boolean {
  return new Set(list.map(({ path, host }) => `${host ?? ''}${path}`)).size === list.length;
}

export const HaproxyParams = z.strictObject({
  /** Who answers what. The most specific one counts: of those that name the host before others, the longest path. */
  routes: z.array(Route).min(1).refine(isDistinct, 'must not name the same path and host twice'),
  /** Answered with 403. The control paths of the stack's services are denied in any case. */
  deny: z.array(Denied).default([]),
  /** Answered for users with a password alone; the most specific entry counts. */
  basic_auth: z.array(BasicAuth).refine(isDistinct, 'must not name the same path and host twice').default([]),
  /** Applications that the stack of this host does not run. */
  backends: z.record(simpleName(), Backend).default({}),
  /** Addresses to listen on: `0.0.0.0`, or `::` for IPv6 and IPv4 both, where the host has IPv6. */
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .min(1)
    .default(['0.0.0.0']),
  http_port: Port.default(80),
  https_port: Port.default(443),
  /** HTTP is answered with the way to HTTPS. Default: where there is a certificate. */
  redirect: z.boolean().optional(),
  /** Mozilla's profiles: `modern` is TLS 1.3 alone. */
  tls: z.enum(['intermediate', 'modern']).default('intermediate'),
  hsts: z.union([Hsts, z.literal(false)]).prefault({}),
  /** The X-Forwarded-For header: `replace` what the client sent by its address, `append` to it, or leave it alone. */
  forwarded_for: z.enum(['replace', 'append', 'off']).default('replace'),
  /** Headers of every answer. */
  headers: z.record(HeaderName, line()).default({}),
  timeouts: Timeouts.prefault({}),
  /** Connections at a time. Default: what the limit of open files allows, some 30,000 at most. */
  maxconn: z.int().min(100).max(1_000_000).optional(),
  /** How long requests and WebSockets of before a reload may go on. */
  hard_stop_after: duration().default(60_000),
});

export type HaproxyParams = z.output<typeof HaproxyParams>;
export type HaproxyParamsInput = z.input<typeof HaproxyParams>;
