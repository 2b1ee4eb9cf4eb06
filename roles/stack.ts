/**
 * An application in containers: its services in as many replicas as wanted, its databases with their users, by
 * Docker Compose. Replicas answer on ports of the host's loopback (see `replicaPorts`); everything else is reached from
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
import { createHash } from 'node:crypto';
import {
  COMPOSE,
  command,
  composeProject,
  composeService,
  databaseRole,
  defineRole,
  directory,
  file,
  httpCheck,
  packages,
  type Resource,
  type Secret,
  STATE_FOLDER,
  sh,
  z,
} from '../src/index.ts';
import {
  type ComposeDefinition,
  composeFile,
  databaseDefinition,
  dataVolume,
  definitionDigest,
  replicaDefinition,
  volumeName,
} from './stack/compose-file.ts';
import { databaseImage, type Image, serviceImage } from './stack/images.ts';
import { type Stack, type StackDatabase, StackParams, type StackService } from './stack/params.ts';
import { type Replica, replicasOf, startOrder } from './stack/replicas.ts';

/** One service of the compose file, and what stands around it. */
interface Part {
  /** As the compose file calls it: `app-1`, `db`. */
  readonly name: string;
  readonly container: string;
  readonly image: Image;
  readonly definition: ComposeDefinition;
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  readonly health?: ReturnType<typeof healthOf> | undefined;
}

export default defineRole({
  name: 'stack',
  params: z.object({ stack: StackParams }),
  resources({ params: { stack }, facts, secret, localPath }) {
    const folder = stack.directory ?? `/opt/${stack.name}`;
    const replicas = replicasOf(stack);
    const parts = [
      ...Object.entries(stack.databases).map(([name, database]) =>
        databasePart(stack, name, database, secret(`${stack.name}_${name}_root`)),
      ),
      ...startOrder(stack.services).flatMap((name) => {
        const service = stack.services[name] as StackService;
        const image = serviceImage(stack, name, service, localPath);
        return replicaParts(stack, folder, name, service, image, replicas[name] ?? []);
      }),
    ];
    const digestKey = secret(`${stack.name}_digest_key`);
    return [
      packages({ names: ['curl'], manager: facts.packageManager }),
      ...new Map(parts.map(({ image }) => [image.reference, image.resource])).values(),
      directory({ path: folder, mode: '0750' }),
      directory({ path: `${folder}/${STATE_FOLDER}`, mode: '0700' }),
      file({
        path: `${folder}/compose.yml`,
        content: composeFile(Object.fromEntries(parts.map(({ name, definition }) => [name, definition]))),
        mode: '0600',
      }),
      // First what is no longer wanted: it may hold a port that another now gets.
      composeProject({ name: stack.name, directory: folder, containers: parts.map(({ container }) => container) }),
      ...parts.flatMap(({ name, container, image, definition, health, before, after }) => [
        ...before,
        composeService({
          project: stack.name,
          directory: folder,
          service: name,
          container,
          image: image.reference,
          definition: definitionDigest(definition, digestKey),
          health,
        }),
        ...after,
      ]),
    ];
  },
});

/** A database: its server, and when that runs, its users; the owner of the tables first. */
function databasePart(stack: Stack, name: string, database: StackDatabase, rootPassword: Secret): Part {
  const container = `${stack.name}-${name}-1`;
  const image = databaseImage(database);
  const users = Object.entries(database.users);
  const [owner = ''] = users.find(([, { access }]) => access === 'owner') ?? [];
  const ownerFirst = [...users].sort(([a], [b]) => Number(b === owner) - Number(a === owner));
  return {
    name,
    container,
    image,
    definition: databaseDefinition(name, database, container, image.reference, rootPassword),
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
  };
}

/** The replicas of a service: before the first one the migration, after the last one a look at the health of all. */
function replicaParts(
  stack: Stack,
  folder: string,
  service: string,
  settings: StackService,
  image: Image,
  replicas: readonly Replica[],
): readonly Part[] {
  const { migrate, health } = settings;
  return replicas.map((replica, i): Part => {
    const isFirst = i === 0;
    const isLast = i === replicas.length - 1;
    return {
      name: replica.name,
      container: replica.container,
      image,
      definition: replicaDefinition(service, settings, replica, image.reference),
      health: health && healthOf(replica, health),
      before: migrate && isFirst ? [migration(stack, folder, service, replica.name, image, migrate)] : [],
      after:
        health && isLast
          ? replicas.map((each) => httpCheck({ name: each.name, container: each.container, ...healthOf(each, health) }))
          : [],
    };
  });
}

function healthOf({ hostPort }: Replica, { path, status, body, timeout }: NonNullable<StackService['health']>) {
  return { url: `http://127.0.0.1:${hostPort}${path}`, status, body, timeoutMs: timeout };
}

/**
 * Runs in a container of its own, from the new image, while the replicas still run the old one. What is written down is
 * for which volumes of databases it ran: one that was made anew is empty, and needs it again.
 */
function migration(
  stack: Stack,
  folder: string,
  service: string,
  replica: string,
  { reference }: Image,
  migrate: readonly string[],
): Resource {
  const digest = createHash('sha256')
    .update(JSON.stringify([reference, migrate]))
    .digest('hex')
    .slice(0, 16);
  const marker = `${folder}/${STATE_FOLDER}/migrated-${service}-${digest}`;
  const volumes = Object.entries(stack.databases).map(([name, database]) =>
    volumeName(stack, dataVolume(name, database)),
  );
  const format = '{{.Name}} {{.CreatedAt}}';
  // It fails where one of them is missing: then nothing has been migrated, whatever was written down.
  const databases = volumes.length === 0 ? sh`echo none` : sh`docker volume inspect --format ${format} ${volumes}`;
  return command({
    name: `${stack.name}-migrate-${service}`,
    script: sh`
      ${COMPOSE}
      cd ${folder} || exit
      compose -p ${stack.name} -f compose.yml run --rm --no-deps -T ${replica} ${migrate} || exit
      ${databases} >${`${marker}.new`} && mv ${`${marker}.new`} ${marker}
    `,
    unless: sh`[ -f ${marker} ] && found=$(${databases}) && [ "$found" = "$(cat ${marker})" ]`,
  });
}
