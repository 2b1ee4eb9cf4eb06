/** The variable `stack` of the inventory: what may stand in it. */
import { BlockList, isIPv6 } from 'node:net';
import { fields, imageReference, isReplicaOf, Secret, type Text, z } from '../../src/index.ts';
import { containerUser, hostAddress, hostName, publishedPort, size, volume } from './container-fields.ts';
import { portProblems } from './host-ports.ts';

const { absolutePath, duration, line, password, plainText, simpleName, sqlName } = fields;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

const everyAddress = new BlockList();
everyAddress.addAddress('0.0.0.0');
everyAddress.addAddress('::', 'ipv6');

const urlPath = () => z.string().regex(/^\/[!-~]*$/, 'must be a path that starts with / and holds no spaces');
const port = () => z.int().min(1).max(65_535);
const variable = () => z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'must be the name of an environment variable');
const argv = () => z.array(line()).min(1);

/** One value of the environment. Numbers and booleans stand as YAML shows them. */
const value = () =>
  z
    .custom<Text | number | boolean>(
      (raw) => raw instanceof Secret || ['string', 'number', 'boolean'].includes(typeof raw),
      'must be a text, a number, true or false',
    )
    .meta({ type: ['string', 'number', 'boolean'] })
    .transform((raw): Text => (raw instanceof Secret ? raw : String(raw)))
    .refine((text) => !(text instanceof Secret) || password().safeParse(text).success, 'must not hold a NUL character')
    .refine((text) => text instanceof Secret || /^[^\p{Cc}\u2028\u2029]*$/u.test(text.replaceAll(/[\n\t]/g, '')), {
      error: 'must not hold control characters',
    });

/** One address of the host: replicas that answered on all of them would be open to everyone. */
const listenAddress = () =>
  z
    .union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address')
    .refine((address) => !everyAddress.check(address, familyOf(address)), 'must be one address, not all of the host');

const Build = z.union([
  z
    .string()
    .min(1)
    .transform((context) => ({ context })),
  z.strictObject({
    context: z.string().min(1),
    dockerfile: line().min(1).optional(),
    args: z.record(z.string(), plainText()).optional(),
    target: line().min(1).optional(),
  }),
]);

const Health = z.strictObject({
  path: urlPath().default('/'),
  status: z.int().min(100).max(599).default(200),
  /** The whole body, but for white space at its ends. */
  body: plainText().optional(),
  timeout: duration().default(60_000),
});

const Drain = z.strictObject({
  /** Called before a replica is stopped, on the replica's own port. */
  prepare: urlPath(),
  /** Asked until it answers with this status and body: then the replica may be stopped. */
  ready: urlPath(),
  status: z.int().min(100).max(599).default(200),
  body: plainText().optional(),
  timeout: duration().default(60_000),
});

/** How long each step of a redeploy may take. */
const Rollout = z.strictObject({
  /** For the migration; then it is stopped. */
  migrate: duration().default(30 * 60_000),
  /** For requests that are in flight when a replica is taken out; what is left then is cut off. */
  in_flight: duration().default(30_000),
  /** For the process to end after it was told to; then it is killed. */
  stop: duration().default(10_000),
  /** Until the load balancers have seen that a new replica is healthy. */
  balancer: duration().default(30_000),
  /** How long a new replica must have been healthy before the last older one is taken out. */
  steady: duration().default(10_000),
});

const Service = z
  .strictObject({
    /** A folder with a Dockerfile, relative to the inventory. */
    build: Build.optional(),
    image: imageReference().optional(),
    replicas: z.int().min(1).max(50).default(1),
    /** What it listens on, in its container: each replica gets a port of its own on the stack's `listen` address. */
    port: port().optional(),
    /** The first of the ports of its replicas on the host. Default: 18001 for the first service, 18101 for the next. */
    host_port: port().optional(),
    env: z.record(variable(), value()).default({}),
    command: argv().optional(),
    /** Run once for each image, before the first replica that has it. */
    migrate: argv().optional(),
    health: Health.optional(),
    drain: Drain.optional(),
    rollout: Rollout.prefault({}),
    volumes: z.array(volume()).default([]),
    user: containerUser().optional(),
    depends_on: z.array(simpleName()).default([]),
    read_only: z.boolean().default(false),
    tmpfs: z.array(absolutePath()).default([]),
    memory: size().optional(),
    publish: z.array(publishedPort()).default([]),
    extra_hosts: z.record(hostName(), hostAddress()).default({}),
  })
  .superRefine((service, refinement) => {
    const wrong = (path: string, message: string) => refinement.addIssue({ code: 'custom', path: [path], message });
    if ((service.build === undefined) === (service.image === undefined)) wrong('build', 'give either build or image');
    if (service.health && service.port === undefined) wrong('health', 'needs the port that answers: add `port`');
    if (service.drain && service.port === undefined) wrong('drain', 'needs the port that answers: add `port`');
    if (service.host_port !== undefined && service.port === undefined) {
      wrong('host_port', 'is where replicas answer on the host: add `port`, where they answer in their container');
    }
    if (service.publish.length > 0 && service.replicas > 1) wrong('publish', 'several replicas cannot share one port');
  });

const User = z.strictObject({
  access: z.enum(['owner', 'read-write', 'read-only']),
  password: z
    .custom<Text>(
      (raw) => raw instanceof Secret || (typeof raw === 'string' && raw !== ''),
      'must be a text or a secret',
    )
    .pipe(password())
    .meta(fields.SECRET)
    .transform((raw) => (typeof raw === 'string' ? Secret.named('database password', raw) : raw)),
});

const Database = z
  .strictObject({
    engine: z.enum(['postgres', 'mariadb', 'mysql']),
    /** Tag of the official image. */
    version: z
      .union([z.string(), z.number().transform(String)])
      .pipe(z.string().regex(/^\w[\w.-]*$/, 'must be the tag of an image'))
      .optional(),
    /** An image that takes the same variables as the official one. */
    image: imageReference().optional(),
    /** Of the database in the server. */
    name: sqlName(),
    users: z.record(sqlName(), User),
    env: z.record(variable(), value()).default({}),
    command: argv().optional(),
    memory: size().optional(),
  })
  .superRefine(({ users, version, image }, refinement) => {
    const owners = Object.values(users).filter(({ access }) => access === 'owner');
    if (owners.length !== 1) {
      refinement.addIssue({ code: 'custom', path: ['users'], message: 'exactly one user must have `access: owner`' });
    }
    if (version !== undefined && image !== undefined) {
      refinement.addIssue({ code: 'custom', path: ['version'], message: 'give either version or image' });
    }
  });

/** An application: its services and databases, which reach each other by their names. */
export const StackParams = z
  .strictObject({
    name: simpleName(),
    /** Default: /opt/NAME. */
    directory: absolutePath().optional(),
    /**
     * The address of the host on which replicas answer. What Docker publishes there no firewall of the host holds back:
     * where it is not loopback, it should be that of a private network.
     */
    listen: listenAddress().default('127.0.0.1'),
    services: z.record(simpleName(), Service),
    databases: z.record(simpleName(), Database).default({}),
  })
  .superRefine(({ services, databases, listen }, refinement) => {
    const wrong = (path: string[], message: string) => refinement.addIssue({ code: 'custom', path, message });
    const names = new Set([...Object.keys(services), ...Object.keys(databases)]);
    for (const { path, message } of portProblems({ services, listen })) wrong(path, message);
    for (const [name, { depends_on }] of Object.entries(services)) {
      if (name in databases) wrong(['services', name], `a database has the name ${name} as well`);
      for (const other of depends_on) {
        if (!names.has(other)) wrong(['services', name, 'depends_on'], `there is no service or database ${other}`);
        else if (reaches(services, other, name))
          wrong(['services', name, 'depends_on'], `${other} depends on ${name} as well`);
      }
      const places = [...names].filter((other) => isReplicaOf(name, other));
      for (const other of places)
        wrong(['services', name], `its replicas are called like ${other}: choose another name`);
    }
  });

export type Stack = z.output<typeof StackParams>;
export type StackService = Stack['services'][string];
export type StackDatabase = Stack['databases'][string];

/** Whether only the host itself reaches that address. */
export function isLoopback(address: string): boolean {
  return loopback.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function reaches(
  services: Readonly<Record<string, { readonly depends_on: readonly string[] }>>,
  from: string,
  to: string,
  seen = new Set<string>(),
): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return (services[from]?.depends_on ?? []).some((next) => reaches(services, next, to, seen));
}
