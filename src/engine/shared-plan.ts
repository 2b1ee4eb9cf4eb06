/**
 * What is planned over several hosts: of a resource that hosts have in common, as the releases of a project, only all of them
 * tell what an apply will do. A host that has one is told of when the others have been looked at.
 */
import type { PlacedResource } from './evaluate.ts';
import type { PreparedHost } from './host-run.ts';
import { type Finding, type Survey, statusOf } from './plan.ts';

export interface SharedPlan {
  /** Whether the host has a resource in common with others of this run. */
  concerns(host: string): boolean;
  /** Ends when the hosts in common have been looked at. @returns what is planned for this one then */
  complete(host: string, seen: Survey): Promise<Survey>;
  /** A host is done, however that went: what was not seen of it is not waited for. */
  finished(host: string): void;
}

export function sharedPlan(hosts: readonly PreparedHost[]): SharedPlan {
  const owners = Map.groupBy(
    hosts.flatMap(({ task, placed }) =>
      placed.filter(isShared).map(({ resource }) => ({ id: resource.id, host: task.name })),
    ),
    ({ id }) => id,
  );
  const common = [...owners.values()].filter((all) => all.length > 1).flat();
  const open = new Set(common.map(({ host }) => host));
  const concerned = new Set(open);
  const seen = new Map<string, Survey>();
  const all = Promise.withResolvers<void>();

  function done(host: string): void {
    open.delete(host);
    if (open.size === 0) all.resolve();
  }

  return {
    concerns: (host) => concerned.has(host),
    finished: done,
    async complete(host, survey) {
      seen.set(host, survey);
      done(host);
      await all.promise;
      return { ...survey, findings: survey.findings.map((finding) => complete(finding, [...seen.values()])) };
    },
  };
}

function isShared({ resource }: PlacedResource): boolean {
  return resource.kind.diffShared !== undefined;
}

function complete(finding: Finding, surveys: readonly Survey[]): Finding {
  const { resource, status } = finding;
  const { diffShared } = resource.kind;
  if (diffShared === undefined || status === 'unknown') return finding;
  const findings = surveys.flatMap(({ findings }) => findings);
  const places = findings.filter((one) => one.resource.id === resource.id && one.status !== 'unknown');
  if (places.length < 2) return finding;
  const rollsOut = findings.some(({ changes }) => changes.some(({ rollout }) => rollout));
  const states = places.map((one) => ({ desired: one.resource.desired, actual: one.actual }));
  const changes = diffShared(states, rollsOut)[places.indexOf(finding)] ?? finding.changes;
  return { ...finding, changes, status: statusOf(changes) };
}
