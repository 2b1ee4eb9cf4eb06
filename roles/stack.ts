/**
 * An application in containers: its services in as many replicas as wanted, its databases with their users, by
 * Docker Compose. Replicas answer on ports of the host's loopback (see `slotsOf`); everything else is reached from
 * within the stack alone, by its name.
 *
 * @example
 * stack:
 *   name: shop
 *   services:
 *     app:
 *       build: ../app                     # or image: registry.example.com/app:1.4.2
 *       replicas: 2
 *       port: 5000
 *       env: { DATABASE_URL: "postgresql://shop:{{ secrets.db_shop }}@db:5432/shop" }
 *       migrate: [python3, create_db.py]  # once for each image
 *       health: { path: /status, status: 200, body: OK, timeout: 60s }
 *     redis: { image: "redis:8" }
 *   databases:
 *     db:
 *       engine: postgres
 *       name: shop
 *       users: { shop: { access: owner, password: "{{ secrets.db_shop }}" } }
 */
import {
  atParameter,
  type ComposeServiceInput,
  composeProject,
  composeService,
  databaseRole,
  defineRole,
  directory,
  type Peer,
  packages,
  port,
  type Resource,
  release,
  type Secret,
  STATE_FOLDER,
  z,
} from '../src/index.ts';
import { HaproxyParams } from './haproxy/params.ts';
import {
  databaseDefinition,
  dataVolume,
  definitionText,
  namedVolumes,
  replicaDefinition,
  volumeName,
} from './stack/compose-file.ts';
import { bytesOf } from './stack/container-fields.ts';
import { hostPorts, settingOf } from './stack/host-ports.ts';
import { databaseImage, type Image, serviceImage } from './stack/images.ts';
import { migration, migrationMark } from './stack/migration.ts';
import { isLoopback, type Stack, type StackDatabase, StackParams, type StackService } from './stack/params.ts';
import { hasSparePlace, type Slot, slotsOf, startOrder } from './stack/replicas.ts';

/** A service or database of the stack, and what stands around it. */
interface Part {
  readonly image: Image;
  readonly service: ComposeServiceInput;
  /** What its migration leaves behind. */
  readonly mark?: string;
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  readonly volumes: readonly string[];
}

/** The programs that listen for containers: without its proxy, the Engine itself. */
const DOCKER = ['docker-proxy', 'dockerd'];

export default defineRole({
  name: 'stack',
  params: z.object({
    stack: StackParams,
    /** Its routes tell who is asked by a load balancer. */
    haproxy: HaproxyParams.optional(),
  }),
  peers: ({ stack }) => (sharesDatabase(stack) ? [{ pattern: 'all', parameter: ['stack'] }] : []),
  resources({ params: { stack, haproxy }, facts, secret, localPath, host, peers }) {
    const migrates = !sharesDatabase(stack) || peers('all').find((peer) => isSameStack(peer, stack))?.name === host;
    const folder = stack.directory ?? `/opt/${stack.name}`;
    const slots = slotsOf(stack);
    const ports = hostPorts(stack).map(({ address, port, protocol, owner, isPublished }) => {
      return { address, port, protocol, owner, setting: settingOf(isPublished) };
    });
    const databases = Object.entries(stack.databases).map(([name, database]) =>
      databasePart(stack, folder, name, database, secret(`${stack.name}_${name}_root`)),
    );
    const services = startOrder(stack.services).map((name) => {
      const { migrate, ...service } = stack.services[name] as StackService;
      const settings = migrates && migrate ? { ...service, migrate } : service;
      const place = ['stack', 'services', name, service.image === undefined ? 'build' : 'image'];
      const image = atParameter(place, () => serviceImage(stack, name, settings, localPath));
      const part = servicePart(stack, folder, name, settings, image, slots[name] ?? []);
      const balanced = isBalanced(stack, name, haproxy);
      // Also where two cannot run side by side: its visitors are led elsewhere first, and one host is done after another.
      const rolling = hasSparePlace(service) || (balanced && service.port !== undefined);
      return { ...part, service: { ...part.service, balanced, rolling } };
    });
    const parts = [...databases, ...services];
    return [
      // What a container has of another project, the compose project tells.
      ...ports.filter(isTcp).map(({ protocol: _, ...taken }) => port({ ...taken, by: DOCKER })),
      packages({ names: ['curl'], manager: facts.packageManager, early: true }),
      ...new Map(parts.map(({ image }) => [image.reference, image.resource])).values(),
      directory({ path: folder, mode: '0750' }),
      directory({ path: `${folder}/${STATE_FOLDER}`, mode: '0700' }),
      // First: what is no longer wanted may hold a port that another now gets. What holds none that is needed goes last of all.
      composeProject({
        name: stack.name,
        directory: folder,
        services: Object.keys(stack.services),
        containers: parts.flatMap(({ service }) => service.slots.map(({ container }) => container)),
        definitions: parts.flatMap(({ service }) => service.slots.map(({ definition }) => definition)),
        volumes: [...new Set(parts.flatMap(({ volumes }) => volumes))].sort(),
        ports,
      }),
      ...parts.flatMap(({ service, before, after }) => [...before, composeService(service), ...after]),
      release({
        project: stack.name,
        directory: folder,
        services: Object.fromEntries(
          services.map(({ service, mark }) => [service.service, releasedService(service, mark)]),
        ),
        sources: services.flatMap(({ image }) => image.context ?? []),
      }),
    ];
  },
});

function isTcp({ protocol }: { readonly protocol: string }): boolean {
  return protocol === 'tcp';
}

/** Whether the database is somewhere else: then one host migrates it for all that have the stack. */
function sharesDatabase({ databases, services }: Stack): boolean {
  return Object.keys(databases).length === 0 && Object.values(services).some(({ migrate }) => migrate !== undefined);
}

function isSameStack({ roles, param }: Peer, { name }: Stack): boolean {
  return roles.includes('stack') && (param('stack') as Stack | undefined)?.name === name;
}

/** Whether a load balancer can reach a service: the one of this host where it has a route, those of others where it listens for them. */
function isBalanced({ listen }: Stack, service: string, haproxy: HaproxyParams | undefined): boolean {
  return !isLoopback(listen) || haproxy?.routes.some((route) => route.service === service) === true;
}

/** A database: its server, and when that runs, its users; the owner of the tables first. */
function databasePart(stack: Stack, folder: string, name: string, database: StackDatabase, rootPassword: Secret): Part {
  const container = `${stack.name}-${name}-1`;
  const image = databaseImage(database);
  const definition = databaseDefinition(name, database, container, image.reference, rootPassword);
  const users = Object.entries(database.users);
  const [owner = ''] = users.find(([, { access }]) => access === 'owner') ?? [];
  const ownerFirst = [...users].sort(([a], [b]) => Number(b === owner) - Number(a === owner));
  return {
    image,
    service: {
      ...serviceOf(stack, folder, name, image, database),
      released: false,
      slots: [{ name, container, definition: definitionText(name, definition) }],
    },
    before: [],
    after: ownerFirst.map(([user, { access, password }]) =>
      databaseRole({
        engine: database.engine,
        container,
        volume: volumeName(stack, dataVolume(name, database)),
        database: database.name,
        name: user,
        access,
        password,
        owner,
      }),
    ),
    volumes: namedVolumes(definition),
  };
}

/** A service with its replicas, and before them the migration. */
function servicePart(
  stack: Stack,
  folder: string,
  name: string,
  settings: StackService,
  image: Image,
  slots: readonly Slot[],
): Part {
  const { migrate, health, drain, rollout, replicas } = settings;
  const definitions = slots.map((slot) =>
    replicaDefinition(name, settings, slot, { image: image.reference, listen: stack.listen }),
  );
  const places = slots.map(({ name, container, hostPort }, i) => {
    const definition = definitionText(name, definitions[i] ?? {});
    return { name, container, definition, ...(hostPort !== undefined && { port: hostPort }) };
  });
  const migrations =
    migrate && places[0] ? [migration(stack, folder, name, { migrate, rollout }, places[0], image)] : [];
  return {
    image,
    service: {
      ...serviceOf(stack, folder, name, image, settings),
      replicas,
      slots: places,
      address: stack.listen,
      health: health && { path: health.path, status: health.status, body: health.body, timeoutMs: health.timeout },
      drain: drain && {
        prepare: drain.prepare,
        path: drain.ready,
        status: drain.status,
        body: drain.body,
        timeoutMs: drain.timeout,
      },
      limits: {
        inFlightMs: rollout.in_flight,
        stopMs: rollout.stop,
        balancerMs: rollout.balancer,
        steadyMs: rollout.steady,
      },
      needs: [image.resource, ...migrations].map(({ id }) => id),
    },
    ...(migrate && { mark: migrationMark(name, migrate, image) }),
    before: migrations,
    after: [],
    volumes: definitions.flatMap(namedVolumes),
  };
}

function serviceOf(
  { name: project }: Stack,
  directory: string,
  service: string,
  { reference: image }: Image,
  { memory }: Pick<StackService, 'memory'>,
) {
  return { project, directory, service, image, memoryBytes: memory === undefined ? 0 : bytesOf(memory) };
}

function releasedService({ image, replicas = 1, slots, health, drain }: ComposeServiceInput, migration?: string) {
  return { ...(migration && { migration }), image, replicas, slots: [...slots], checks: { health, drain } };
}
