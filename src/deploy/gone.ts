/**
 * What still runs of services and databases that neither the inventory nor the release has. It goes last, when visitors are sent
 * somewhere else: all load balancers have their new configuration by then, on whatever hosts they are. While one of them still
 * has its servers, all of it stays.
 */
import { replicaContainer } from '../resources/compose/container.ts';
import { type ComposeService, composeServiceSchema } from '../resources/compose/desired.ts';
import { isRolledOut, superfluous } from '../resources/compose/leftovers.ts';
import { composeProject } from '../resources/compose/project.ts';
import { removeReplica } from '../resources/compose/start.ts';
import { lookAtServers, type Server } from './balancer.ts';
import { type DeployHost, findingsOf } from './deploy-host.ts';
import { rollAll } from './going-back.ts';
import type { Outcome, Project } from './project.ts';
import { type Place, readRelease } from './releases.ts';
import type { Site } from './sites.ts';
import type { Steps } from './steps.ts';

/** Of one service or database on one host. */
export interface Gone {
  /** With the wanted release, which has nothing of it. */
  readonly site: Site;
  /** By its name in the compose file. */
  readonly containers: ReadonlyMap<string, string>;
}

/** Looks what there was when the hosts were looked at. */
export async function findGone({ name, places, allBalancers }: Project, number: number): Promise<readonly Gone[]> {
  const found = await Promise.all(
    places.map(async (place) => {
      const containers = goneContainers(place, name);
      if (containers.length === 0) return [];
      const release = await readRelease(place, number);
      return [...Map.groupBy(containers, ({ service }) => serviceOf(service))].flatMap(([service, own]): Gone[] => {
        // A release that is brought back may have it.
        if (release.replicas.has(service)) return [];
        const site: Site = {
          host: place.host,
          service: formerService(
            place,
            service,
            own.map((one) => one.service),
          ),
          release,
          servers: (slot) =>
            allBalancers.flatMap((balancer) => serversOf(balancer, { host: place.host.name, service, slot })),
        };
        return [{ site, containers: new Map(own.map((one) => [one.service, one.name])) }];
      });
    }),
  );
  return found.flat();
}

/** Who still sends them requests: what runs knows their servers. Undefined where they can go. */
export async function leftRunning(gone: readonly Gone[]): Promise<Outcome['leftRunning']> {
  const servers = gone.flatMap(({ site, containers }) => [...containers.keys()].flatMap((name) => site.servers(name)));
  const known = (await lookAtServers(servers)).filter(({ isHealthy }) => isHealthy !== undefined);
  if (known.length === 0) return undefined;
  return {
    services: [...new Set(gone.map(({ site }) => site.service.service))],
    balancers: [...new Set(known.map(({ server }) => server.balancer.name))],
  };
}

/** Takes them out replica by replica: what is in flight ends first. Databases go when nobody needs them any more. */
export async function takeAway(gone: readonly Gone[], steps: Steps): Promise<void> {
  const services = gone.filter(isReplicated);
  await rollAll(
    services.map(({ site }) => site),
    steps,
    {},
  );
  for (const { site, containers } of gone.filter((one) => !isReplicated(one))) {
    for (const [name, container] of containers) {
      await steps.run(site.host, `${name}: stop`, (target) => removeReplica(site.service, name, target, container));
    }
  }
}

function goneContainers({ host }: Place, project: string) {
  return findingsOf(host, composeProject)
    .filter(({ resource }) => resource.desired.name === project)
    .flatMap(({ resource: { desired }, actual }) =>
      superfluous(desired, actual).filter((container) => isRolledOut(desired, actual, container)),
    );
}

/** Of the container `app-1` that is `app`; a database is called as its service. */
function serviceOf(name: string): string {
  return name.replace(/-\d+$/, '');
}

/** Whether its containers are called as replicas are: a database has one, with a number of its own. */
function isReplicated({ site, containers }: Gone): boolean {
  return [...containers].every(([name, container]) => container === replicaContainer(site.service.project, name));
}

/** As far as the host tells of it: what it is asked before it is stopped stands there for each replica. */
function formerService({ release }: Place, service: string, names: readonly string[]): ComposeService {
  const { project, directory } = release;
  return composeServiceSchema.parse({
    project,
    directory,
    service,
    // Nothing is started from it.
    image: `${project}/${service}`,
    slots: names.map((name) => ({ name, container: replicaContainer(project, name), definition: '' })),
    rolling: true,
  });
}

function serversOf(balancer: DeployHost, slot: { host: string; service: string; slot: string }): Server[] {
  return (balancer.balancer?.formerServers?.(slot) ?? []).map((server) => ({ balancer, ...server }));
}
