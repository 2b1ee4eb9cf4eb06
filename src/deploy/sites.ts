/** Where a service runs, and what of it: a service on one host, with the load balancers in front of it. */
import { ProvisionError } from '../errors.ts';
import { isReplicaOf, replicaContainer } from '../resources/compose/container.ts';
import { askedAs, type ComposeService, composeServiceSchema, type Slot } from '../resources/compose/desired.ts';
import { composeService } from '../resources/compose/service.ts';
import { type ActualService, isOurs, type Replica } from '../resources/compose/state.ts';
import { isUnknown } from '../resources/contract.ts';
import type { Server } from './balancer.ts';
import type { DeployHost } from './deploy-host.ts';
import { type Project, servicesOf } from './project.ts';
import { type KeptRelease, type Place, type ProjectPlace, readRelease } from './releases.ts';

/** A service on one host, and the load balancers in front of it. */
export interface Site {
  readonly host: DeployHost;
  readonly service: ComposeService;
  /** The release that shall run. */
  readonly release: KeptRelease;
  /** What stands for a replica in the load balancers: one server in each; none where it has no port. */
  servers(replica: string): readonly Server[];
}

/** One exchange: what runs in the places of a service. */
export async function look({ host, service }: Site): Promise<ActualService> {
  const { stdout, stderr } = await host.connection.run(composeService.probe([service]));
  const [actual] = composeService.parse(stdout, [service]);
  if (actual !== undefined && !isUnknown(actual)) return actual;
  throw new ProvisionError('probe-failed', actual?.unknown ?? 'the look at the containers told nothing', {
    host: host.name,
    detail: stderr.trim(),
  });
}

/** Whether a replica runs what the release has for its place. */
export function isFresh({ release, service }: Site, replica: Replica): boolean {
  const { name, container, made } = replica;
  return (
    isOurs(replica) &&
    made?.digest === release.digests.get(name) &&
    container?.imageId === release.images.get(service.service)
  );
}

/** Whether a site does not run its release yet, as it should. */
export async function isOpen(sites: readonly Site[]): Promise<boolean> {
  const states = await Promise.all(
    sites.map(async (site) => {
      const { replicas } = await look(site);
      const wanted = site.release.replicas.get(site.service.service) ?? 0;
      return replicas.length === wanted && replicas.every((replica) => isFresh(site, replica));
    }),
  );
  return states.includes(false);
}

export function freePlace(site: Site, { replicas }: ActualService): Slot | undefined {
  return placesOf(site).find(({ name }) => !replicas.some((replica) => replica.name === name));
}

/** The places that the release has for the service: what is started there is the file that it keeps. */
export function placesOf({ service, release }: Site): readonly Slot[] {
  return service.slots
    .filter(({ name }) => release.digests.has(name))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Where each service of the project runs, with the release that it shall run there. */
export async function sitesOf(
  { name: project, places, balancers }: Project,
  numberOn: (place: ProjectPlace) => number,
): Promise<readonly Site[]> {
  const sites = await Promise.all(
    places.map(async (place) => {
      const kept = await readRelease(place, numberOn(place));
      const { host } = place;
      const services = servicesOf(host).filter(
        ({ project: own, service }) => own === project && service in place.release.services,
      );
      const known = new Set(services.map(({ service }) => service));
      const others = [...kept.replicas.keys()].filter((name) => !known.has(name));
      return [...others.map((name) => keptService(place, kept, name)), ...services].map(
        (service): Site => ({
          host,
          service: asReleased(service, kept),
          release: kept,
          servers: (replica) => balancers.flatMap((balancer) => serverOf(balancer, host.name, service, replica)),
        }),
      );
    }),
  );
  return sites.flat();
}

/** A service that the inventory no longer has, as far as the release tells of it; no load balancer of the inventory knows it. */
function keptService({ release: { project, directory } }: Place, kept: KeptRelease, service: string): ComposeService {
  const names = [...kept.digests.keys()].filter((name) => isReplicaOf(service, name));
  const replicas = kept.replicas.get(service) ?? 0;
  return composeServiceSchema.parse({
    project,
    directory,
    service,
    image: kept.references.get(service),
    replicas,
    slots: placesIn(kept, project, names),
    rolling: names.length > replicas,
  });
}

function placesIn({ ports }: KeptRelease, project: string, names: readonly string[]): readonly Slot[] {
  return names.map((name) => {
    const port = ports.get(name);
    return { name, container: replicaContainer(project, name), definition: '', ...(port !== undefined && { port }) };
  });
}

/** The service with the places that the release has, and those that the inventory has besides; asked as then. */
function asReleased(service: ComposeService, kept: KeptRelease): ComposeService {
  const { digests, checks } = kept;
  const names = [...digests.keys()].filter((name) => isReplicaOf(service.service, name));
  const places = placesIn(kept, service.project, names);
  const others = service.slots.filter(({ name }) => !digests.has(name));
  const own = checks.get(service.service);
  return { ...(own === undefined ? service : askedAs(service, own)), slots: [...places, ...others] };
}

/** What stands in the load balancers for the places that the inventory has. */
export function serversOf({ name: project, places, balancers }: Project): readonly Server[] {
  return places.flatMap(({ host }) =>
    servicesOf(host)
      .filter((service) => service.project === project)
      .flatMap((service) =>
        service.slots.flatMap(({ name }) =>
          balancers.flatMap((balancer) => serverOf(balancer, host.name, service, name)),
        ),
      ),
  );
}

/** What stands for a replica in a load balancer. One whose place is gone from its configuration may be known to older processes. */
function serverOf(balancer: DeployHost, host: string, { project, service }: ComposeService, replica: string): Server[] {
  const servers = (balancer.balancer?.servers ?? []).filter(
    (server) => server.host === host && server.stack === project && isReplicaOf(service, server.slot),
  );
  const backends = Map.groupBy(servers, ({ backend }) => backend);
  return [...backends].flatMap(([backend, [first]]) =>
    first === undefined
      ? []
      : [{ balancer, backend, server: `${first.server.slice(0, -first.slot.length)}${replica}` }],
  );
}
