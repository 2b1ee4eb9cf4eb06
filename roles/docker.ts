/**
 * Docker Engine with Compose, from the distribution or from Docker's own repository.
 *
 * @example
 * docker:
 *   source: distro                  # or docker.com
 *   registry_mirrors: [https://mirror.example.com]
 *   insecure_registries: [registry.internal:5000]
 *   daemon: { default-address-pools: [{ base: 10.200.0.0/16, size: 24 }] }
 *   users: [alice]                  # in the group docker: as good as root
 */
import { command, defineRole, directory, fields, file, packages, type Resource, service, sh, z } from '../src/index.ts';
import { dockerPackages, dockerRepository } from './docker/packages.ts';
import { restartDocker } from './docker/restart.ts';

const { accountName, line } = fields;

/** With its port; an IPv6 address stands in brackets. */
const REGISTRY = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][\w.-]*)(?::(\d{1,5}))?$/;

const Docker = z.strictObject({
  source: z.enum(['distro', 'docker.com']).default('distro'),
  /** Addresses with http:// or https://, for images of Docker Hub. */
  registry_mirrors: z.array(z.url({ protocol: /^https?$/ })).default([]),
  /** host:port, reached over HTTP or with any certificate. */
  insecure_registries: z
    .array(line().refine(isRegistry, 'must be HOST, HOST:PORT or a network, such as registry.internal:5000'))
    .default([]),
  /** Further settings of daemon.json, by their names there. They come before those of this role. */
  daemon: z.record(z.string(), z.json()).default({}),
  /** Who may use Docker without sudo. */
  users: z.array(accountName()).default([]),
});

type Docker = z.output<typeof Docker>;

export default defineRole({
  name: 'docker',
  params: z.object({ docker: Docker.prefault({}) }),
  resources({ params: { docker }, facts }) {
    const fromDocker = docker.source === 'docker.com';
    return [
      // Before the packages: the engine is started by their installation, and shall find it.
      directory({ path: '/etc/docker' }),
      file({ path: '/etc/docker/daemon.json', content: daemonJson(docker) }, { notify: restartDocker }),
      ...(fromDocker ? [dockerRepository(facts)] : []),
      packages({ names: dockerPackages(docker.source, facts), manager: facts.packageManager }),
      service({ name: 'docker', state: 'running', enabled: true }),
      ...docker.users.map(membership),
    ];
  },
});

/** As Docker has it: a host with or without a port, or a network. */
function isRegistry(text: string): boolean {
  const [whole, port = '443'] = REGISTRY.exec(text) ?? [];
  const isHost = whole !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  return isHost || z.cidrv4().safeParse(text).success || z.cidrv6().safeParse(text).success;
}

function daemonJson({ registry_mirrors, insecure_registries, daemon }: Docker): string {
  const settings = {
    // Docker itself keeps every line that a container ever wrote.
    'log-driver': 'json-file',
    'log-opts': { 'max-size': '10m', 'max-file': '3' },
    // Containers go on while the engine is restarted or upgraded. A swarm does not allow it: set it to false there.
    'live-restore': true,
    ...(registry_mirrors.length > 0 && { 'registry-mirrors': registry_mirrors }),
    ...(insecure_registries.length > 0 && { 'insecure-registries': insecure_registries }),
    ...daemon,
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** The account itself belongs to another role, so that only the membership is looked at. */
function membership(name: string): Resource {
  return command({
    name: `docker-member-${name}`,
    argv: ['gpasswd', '-a', name, 'docker'],
    unless: sh`id -nG ${name} | tr ' ' '\n' | grep -qx docker`,
  });
}
