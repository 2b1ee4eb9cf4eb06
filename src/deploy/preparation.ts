/** What comes before the first replica moves: images and migrations. What fails here has touched no visitor. */
import type { Finding } from '../engine/plan.ts';
import { settle } from '../engine/settle.ts';
import { imageArgument } from '../resources/compose/container.ts';
import { checkResult } from '../resources/compose/start.ts';
import { timeoutOf } from '../resources/contract.ts';
import { dockerImage } from '../resources/docker/image.ts';
import { sendImage } from '../resources/docker/image-transfer.ts';
import { pullImage } from '../resources/docker/pull.ts';
import { sh } from '../shell/sh.ts';
import { type DeployHost, findingsOf, sourceOf } from './deploy-host.ts';
import { endIfStopped } from './interruption.ts';
import { type DeployRequest, type ImageIds, type Project, servicesOf } from './project.ts';
import type { Place } from './releases.ts';

/** The ids that the names of the services' images stand for on a host. */
export async function imageIds({ host, release }: Place): Promise<ImageIds> {
  const services = Object.entries(release.services);
  const { stdout } = await host.connection.run(sh`
    for image in ${services.map(([, { image }]) => imageArgument(image))}; do
      docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || echo none
    done
  `);
  const ids = stdout.trim().split('\n');
  return new Map(services.map(([service], i) => [service, ids[i]]));
}

/** Builds or pulls what is not there: on one host, from which what was built goes to the others. */
export async function bringImages(project: Project, { steps, context }: DeployRequest): Promise<void> {
  const { places } = project;
  const references = new Set(places.flatMap(({ host }) => servicesOf(host).map(({ image }) => image)));
  for (const reference of references) {
    const found = places.flatMap(({ host }) => {
      const finding = findingsOf(host, dockerImage).find(({ resource }) => resource.desired.reference === reference);
      return finding ? [{ host, finding }] : [];
    });
    const lacking = found.filter(({ finding }) => finding.status !== 'ok');
    const [first] = lacking;
    if (found[0]?.finding.resource.desired.build === undefined) {
      for (const { host, finding } of found) {
        // A name without a digest may stand for another image by now.
        if (finding.status === 'ok' && (reference.includes('@') || !isRolledOut(host, reference))) continue;
        endIfStopped(project, steps);
        await steps.run(host, `image ${reference}: pull`, (target) => pullImage(reference, target));
      }
      continue;
    }
    if (first === undefined) continue;
    let source = found.find(({ finding }) => finding.status === 'ok')?.host;
    if (source === undefined) {
      const { host, finding } = first;
      endIfStopped(project, steps);
      await steps.run(host, `image ${reference}: build`, async () => void (await settleOn(host, finding, context)));
      source = host;
    }
    for (const { host } of lacking.filter(({ host }) => host !== source)) {
      const from = source;
      endIfStopped(project, steps);
      await steps.run(host, `image ${reference}: fetch from ${from.name}`, (target) =>
        sendImage(reference, sourceOf(from), target),
      );
    }
  }
}

/** Once for each database: on the host whose role has it. With the new image, while all replicas still run the old one. */
export async function migrate(
  project: Project,
  from: number,
  images: readonly ImageIds[],
  { steps }: DeployRequest,
): Promise<void> {
  for (const [i, { host, actual }] of project.places.entries()) {
    for (const { service, needs } of servicesOf(host)) {
      for (const finding of host.survey.findings.filter(
        ({ resource }) => needs.includes(resource.id) && resource.kind.kind === 'command',
      )) {
        const { kind, desired } = finding.resource;
        const isSameImage = actual.images.get(from)?.get(service) === images[i]?.get(service);
        if (finding.status === 'ok' && isSameImage) continue;
        endIfStopped(project, steps);
        await steps.run(host, `${service}: migrate`, async (target) => {
          const script = kind.apply?.(desired, finding.changes, finding.actual);
          if (script) {
            const result = await target.run(script, { timeoutMs: timeoutOf(finding.resource) });
            checkResult(result, `the migration of ${service} failed: nothing else was touched`);
          }
        });
      }
    }
  }
}

async function settleOn({ name, connection }: DeployHost, finding: Finding, context: DeployRequest['context']) {
  const latest = new Map([[finding.resource, finding]]);
  return settle({ ...context, host: name, connection, onSettled: () => undefined }, finding, [], latest);
}

function isRolledOut(host: DeployHost, reference: string): boolean {
  return servicesOf(host).some(({ image, rolling }) => image === reference && rolling);
}
