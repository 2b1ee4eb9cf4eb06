import type Docker from 'dockerode';
import { addressOf, docker, LAB_LABEL, orUndefined } from './docker.ts';
import { ensureBuilt } from './images.ts';
import { LabError, messageOf } from './lab-error.ts';
import { step } from './progress.ts';

/** What throwaway hosts fetch from: a registry for images, a cache for packages. */
export interface Service {
  readonly container: string;
  /** The port that it listens on inside. */
  readonly port: number;
  readonly command: readonly string[];
  readonly user: string;
  /** Where it stores what it has; a named volume, which outlives the container. */
  readonly folder: string;
  /** The first port of 127.0.0.1 to try to publish it on. */
  readonly publishFrom: number;
}

export const REGISTRY: Service = {
  container: 'provision-lab-registry',
  port: 5000,
  command: ['docker-registry', 'serve', '/etc/docker/registry/config.yml'],
  user: 'docker-registry',
  folder: '/var/lib/docker-registry',
  publishFrom: 5055,
};

export const APT_CACHE: Service = {
  container: 'provision-lab-apt-cache',
  port: 3142,
  command: ['apt-cacher-ng', '-c', '/etc/apt-cacher-ng'],
  user: 'apt-cacher-ng',
  folder: '/var/cache/apt-cacher-ng',
  publishFrom: 3142,
};

export const SERVICES = [REGISTRY, APT_CACHE];

const IMAGE = 'provision-lab/services';
const PORTS_TRIED = 20;

/** Where a running service is reached, as host and port: from throwaway hosts, and from this machine and its engine. */
export interface ServiceAddress {
  readonly fromHosts: string;
  readonly fromHere: string;
}

/** Builds the image of the services if need be. */
export async function ensureServicesImage(): Promise<void> {
  await ensureBuilt({ image: IMAGE, context: 'test/lab/images/services' });
}

/** Sees to it that the service runs, from the image as it is now. */
export async function ensureService(service: Service): Promise<ServiceAddress> {
  const [image, found] = await Promise.all([
    docker.getImage(IMAGE).inspect(),
    orUndefined(docker.getContainer(service.container).inspect()),
  ]);
  if (found === undefined || found.Image !== image.Id) {
    await step(`service ${service.container}`, () => create(service));
  } else if (!found.State.Running) {
    await step(`service ${service.container}`, () => docker.getContainer(service.container).start());
  }
  const address = await findService(service);
  if (address !== undefined) return address;
  throw new LabError(`${service.container} does not stay up`, `See \`docker logs ${service.container}\`.`);
}

/** Where the service is reached; undefined when it does not run. */
export async function findService(service: Service): Promise<ServiceAddress | undefined> {
  const found = await orUndefined(docker.getContainer(service.container).inspect());
  if (!found?.State.Running) return undefined;
  const published = found.NetworkSettings.Ports[`${service.port}/tcp`]?.[0]?.HostPort;
  return { fromHosts: `${addressOf(found)}:${service.port}`, fromHere: `localhost:${published}` };
}

/** Creates and starts its container, on the first port that is free where it publishes one. */
async function create(service: Service): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await orUndefined(docker.getContainer(service.container).remove({ force: true }));
    try {
      const container = await docker.createContainer(specOf(service, attempt));
      await container.start();
      return;
    } catch (error) {
      const isTaken = /already (allocated|in use)/.test(messageOf(error));
      if (isTaken && attempt < PORTS_TRIED) continue;
      throw new LabError(
        `${service.container} cannot be started: ${messageOf(error)}`,
        'Run the set-up once more.',
        error,
      );
    }
  }
}

function specOf(service: Service, attempt: number): Docker.ContainerCreateOptions {
  const { container: name, port, command, user, folder, publishFrom } = service;
  const binding = { HostIp: '127.0.0.1', HostPort: String(publishFrom + attempt) };
  return {
    name,
    Image: IMAGE,
    Cmd: [...command],
    User: user,
    Labels: { [LAB_LABEL]: 'service' },
    ExposedPorts: { [`${port}/tcp`]: {} },
    // The engine's default network: unlike on any other, /etc/resolv.conf of a throwaway host there names a real name
    // server, not one on the host's loopback, and the containers that the host starts itself can use it as well.
    HostConfig: {
      Binds: [`${name}:${folder}`],
      PortBindings: { [`${port}/tcp`]: [binding] },
    },
  };
}
