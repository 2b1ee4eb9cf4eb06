/** The compose file of a stack. */
import type { Secret, Text } from '../../src/index.ts';
import type { Stack, StackDatabase, StackService } from './params.ts';
import type { Slot } from './replicas.ts';
import { type YamlValue, yamlText } from './yaml-text.ts';

/** One service of the compose file; undefined stands for what is left to Docker. */
export type ComposeDefinition = { readonly [key: string]: YamlValue | undefined };

/** Where the official images keep their data. From 18 on, PostgreSQL's has a folder for each version below it. */
const DATA_FOLDERS: Record<StackDatabase['engine'], string> = {
  postgres: '/var/lib/postgresql/data',
  mariadb: '/var/lib/mysql',
  mysql: '/var/lib/mysql',
};

const ROOT_PASSWORD_VARIABLES: Record<StackDatabase['engine'], string> = {
  postgres: 'POSTGRES_PASSWORD',
  mariadb: 'MARIADB_ROOT_PASSWORD',
  mysql: 'MYSQL_ROOT_PASSWORD',
};

/** Over TCP, for while a new database is set up the server listens on its socket alone, and is not to be taken for ready. */
const READY_COMMANDS: Record<StackDatabase['engine'], readonly string[]> = {
  postgres: ['pg_isready', '-q', '-h', '127.0.0.1', '-U', 'postgres'],
  mariadb: ['mariadb-admin', 'ping', '-h', '127.0.0.1', '--silent'],
  mysql: ['mysqladmin', 'ping', '-h', '127.0.0.1', '--silent'],
};

export function replicaDefinition(
  name: string,
  service: StackService,
  slot: Slot,
  { image, listen }: { readonly image: string; readonly listen: string },
): ComposeDefinition {
  const { port, publish } = service;
  const address = listen.includes(':') ? `[${listen}]` : listen;
  const own = port === undefined ? [] : [`${address}:${slot.hostPort}:${port}`];
  return {
    ...common(slot.container, image, name),
    command: service.command,
    user: service.user,
    // In one order whatever the inventory has: another one is no reason for new containers.
    environment: nonEmpty(sortedByKey(service.env)),
    // By itself on loopback: what Docker publishes, no firewall of the host holds back.
    ports: nonEmpty([...own, ...publish]),
    volumes: nonEmpty(service.volumes),
    read_only: service.read_only || undefined,
    tmpfs: nonEmpty(service.tmpfs),
    mem_limit: service.memory,
    extra_hosts: nonEmpty(service.extra_hosts),
  };
}

export function databaseDefinition(
  name: string,
  database: StackDatabase,
  container: string,
  image: string,
  rootPassword: Secret,
): ComposeDefinition {
  const { engine, env, command, memory } = database;
  return {
    ...common(container, image, name),
    command,
    environment: { ...env, [ROOT_PASSWORD_VARIABLES[engine]]: rootPassword },
    volumes: [`${dataVolume(name, database)}:${dataFolder(engine, image)}`],
    mem_limit: memory,
    healthcheck: {
      test: ['CMD', ...READY_COMMANDS[engine]],
      interval: '5s',
      timeout: '5s',
      retries: 6,
      // A new database is set up meanwhile, and failures do not count.
      start_period: '120s',
    },
  };
}

/** The volume of a database, of that engine alone: another one must not find its data there. */
export function dataVolume(name: string, { engine }: StackDatabase): string {
  return `${name}-${engine}`;
}

/** The name of a stack's volume on the host, as compose makes it. */
export function volumeName({ name }: Stack, volume: string): string {
  return `${name}_${volume}`;
}

/** A compose file with this one service. Root's alone: the environment in it may hold secrets. */
export function definitionText(name: string, definition: ComposeDefinition): Text {
  return yamlText({ services: { [name]: definition as YamlValue } });
}

/** The named volumes of a definition. */
export function namedVolumes({ volumes = [] }: ComposeDefinition): readonly string[] {
  return (volumes as readonly string[])
    .map((volume) => volume.slice(0, volume.indexOf(':')))
    .filter((name) => !name.startsWith('/'));
}

function common(container: string, image: string, alias: string): ComposeDefinition {
  return {
    image,
    container_name: container,
    restart: 'unless-stopped',
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    // All replicas answer to the service's name.
    networks: { default: { aliases: [alias] } },
  };
}

function dataFolder(engine: StackDatabase['engine'], image: string): string {
  const major = Number(/:(\d+)/.exec(image)?.[1] ?? 0);
  return engine === 'postgres' && major >= 18 ? '/var/lib/postgresql' : DATA_FOLDERS[engine];
}

function sortedByKey<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nonEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
