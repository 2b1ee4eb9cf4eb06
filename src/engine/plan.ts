/** The plan of a host: one exchange looks at everything, and what differs is the plan. */
import { ProvisionError } from '../errors.ts';
import { type Change, isUnknown, type Resource, type ResourceKind, type Unknown } from '../resources/contract.ts';
import { probeMetadata } from '../shell/path-metadata.ts';
import type { Script } from '../shell/sh.ts';
import type { Connection, RunOptions } from '../transport/types.ts';
import type { PlacedResource } from './evaluate.ts';
import type { HostPlan } from './events.ts';
import { FACTS_PROBE, type Facts, parseFacts } from './facts.ts';
import { handlersOf, PENDING_PROBE, parsePending } from './handlers.ts';
import { joinQuickSections, joinSections, type SectionResult } from './sections.ts';

/** What was seen of one resource, and what differs. `changes` is empty where nothing does, or where it is unknown. */
export interface Finding extends PlacedResource {
  readonly actual: unknown;
  readonly changes: readonly Change[];
  readonly status: 'ok' | 'change' | 'rollout' | 'unknown';
}

/** Everything that one look at a host told. */
export interface Survey {
  readonly facts: Facts;
  readonly pending: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/**
 * Looks at all these resources, and at facts and pending handlers, in one exchange.
 * @throws ProvisionError `probe-failed`, and what the connection throws
 */
export async function survey(
  connection: Connection,
  placed: readonly PlacedResource[],
  options: RunOptions = {},
): Promise<Survey> {
  const probes = probesOf(placed.map(({ resource }) => resource));
  // The lock is taken with a whole exchange.
  const isQuick = options.lock === undefined && probes.kinds.every(({ kind }) => kind.probeIsQuick);
  const scripts = [PENDING_PROBE, ...probes.scripts, FACTS_PROBE];
  const sections = isQuick ? joinQuickSections(scripts) : joinSections(scripts);
  const answer = await connection.run(sections.script, { ...options, isQuick });
  const [pending, ...results] = sections.split(answer.stdout);
  const facts = results.pop();
  const findings = findingsOf(placed, readProbes(probes.kinds, probes.resultsOf(results), answer.stderr));
  return { facts: parseFacts(facts?.stdout ?? ''), pending: parsePending(pending?.stdout ?? ''), findings };
}

/** All resources of one kind. */
export interface OfOneKind {
  readonly kind: ResourceKind<unknown, unknown>;
  readonly resources: readonly Resource[];
}

/** What is asked of a host about resources. */
export interface Probes {
  readonly kinds: readonly OfOneKind[];
  /** A section for each kind that has a probe, and one for the metadata of what all of them want to know about. */
  readonly scripts: readonly Script[];
  /** @returns a result for each kind */
  resultsOf(sections: readonly (SectionResult | undefined)[]): readonly (SectionResult | undefined)[];
}

/** The probes side by side take as long as the longest: those that wait are started first. */
export function probesOf(resources: readonly Resource[]): Probes {
  const groups = [...Map.groupBy(resources, ({ kind }) => kind)].map(([kind, members]) => {
    const desired = members.map((one) => one.desired);
    return { kind, resources: members, script: kind.probe(desired), paths: kind.metadataOf?.(desired) };
  });
  const kinds = [...groups.filter(({ kind }) => kind.probeWaits), ...groups.filter(({ kind }) => !kind.probeWaits)];
  const asked = kinds.filter(({ script }) => script.parts.some((part) => part !== ''));
  const paths = [...new Set(kinds.flatMap((group) => group.paths ?? []))];
  return {
    kinds,
    scripts: [...asked.map(({ script }) => script), ...(paths.length > 0 ? [probeMetadata(paths)] : [])],
    resultsOf(sections) {
      const metadata = paths.length > 0 ? sections[asked.length] : NOTHING;
      return kinds.map((group) => {
        const own = asked.includes(group) ? sections[asked.indexOf(group)] : NOTHING;
        return group.paths === undefined ? own : both(metadata, own);
      });
    },
  };
}

const NOTHING: SectionResult = { code: 0, stdout: '' };

function both(one: SectionResult | undefined, other: SectionResult | undefined): SectionResult | undefined {
  if (one === undefined || other === undefined) return undefined;
  return { code: one.code || other.code, stdout: `${one.stdout}${other.stdout}` };
}

/** @throws ProvisionError `probe-failed` where a probe did not end well: what it did not see must not be guessed */
export function readProbes(
  kinds: readonly OfOneKind[],
  results: readonly (SectionResult | undefined)[],
  stderr: string,
): ReadonlyMap<Resource, unknown> {
  const actuals = new Map<Resource, unknown>();
  for (const [i, { kind, resources }] of kinds.entries()) {
    const result = results[i];
    if (result?.code !== 0) throw probeFailed(kind.kind, result, stderr);
    const states = kind.parse(
      result.stdout,
      resources.map(({ desired }) => desired),
    );
    for (const [k, resource] of resources.entries()) actuals.set(resource, states[k]);
  }
  // Secrets first: the desired state of others may hold them.
  for (const [{ kind, desired }, actual] of actuals) if (!isUnknown(actual)) kind.learn?.(desired, actual);
  return actuals;
}

/** As `findingsOf`. @throws ProvisionError `conflict` where something stands in the way that no apply could mend */
export function compare(
  placed: readonly PlacedResource[],
  actuals: ReadonlyMap<Resource, unknown>,
): readonly Finding[] {
  const findings = findingsOf(placed, actuals);
  refuseConflicts(findings);
  return findings;
}

/** @throws ProvisionError `conflict` for the first thing in the way, with all others */
export function refuseConflicts(findings: readonly Finding[]): void {
  const [first, ...others] = findings.flatMap(({ resource, changes }) =>
    changes.filter(isConflict).map((change) => ({ resource, change })),
  );
  if (first === undefined) return;
  const told = ({ what, from }: Change) => [what, from].filter(Boolean).join(': ');
  const also = others.map(({ resource, change }) => `also ${resource.id}: ${told(change)}`);
  throw new ProvisionError('conflict', told(first.change), {
    task: first.resource.id,
    detail: also.join('\n') || undefined,
    hint: first.change.hint,
  });
}

/** Whether something stands in the way of a resource. */
export function isInConflict({ changes }: Finding): boolean {
  return changes.some(isConflict);
}

function isConflict({ action }: Change): boolean {
  return action === 'conflict';
}

function findingsOf(placed: readonly PlacedResource[], actuals: ReadonlyMap<Resource, unknown>): readonly Finding[] {
  return placed.map(({ role, resource }): Finding => {
    const actual = actuals.get(resource);
    if (isUnknown(actual)) return { role, resource, actual, changes: [], status: 'unknown' };
    const changes = resource.kind.diff(resource.desired, actual);
    return { role, resource, actual, changes, status: statusOf(changes) };
  });
}

/** `rollout`: there is nothing to do but what the rolling redeploy does. */
export function statusOf(changes: readonly Change[]): Finding['status'] {
  if (changes.length === 0) return 'ok';
  return changes.every(({ rollout }) => rollout) ? 'rollout' : 'change';
}

/** The plan as it is shown. */
export function describePlan(host: string, placed: readonly PlacedResource[], { findings, pending }: Survey): HostPlan {
  const roles = [...new Set(placed.map(({ role }) => role))];
  return {
    host,
    resources: findings.map((finding) => ({
      id: finding.resource.id,
      role: finding.role,
      status: finding.status === 'rollout' ? 'change' : finding.status,
      changes: finding.changes,
      reason: reasonOf(finding),
    })),
    handlers: roles.flatMap((role) =>
      handlersOf(placed, role)
        .filter(({ id }) => pending.has(id) || findings.some((finding) => notifies(finding, role, id)))
        .map(({ id }) => ({ id, role, pending: pending.has(id) })),
    ),
  };
}

function reasonOf({ status, resource: { kind, desired }, actual }: Finding): string | undefined {
  if (status === 'unknown') return (actual as Unknown).unknown;
  return kind.remark?.(desired, actual);
}

function notifies(finding: Finding, role: string, handler: string): boolean {
  return (
    finding.role === role && finding.status === 'change' && finding.resource.notify.some(({ id }) => id === handler)
  );
}

function probeFailed(kind: string, result: SectionResult | undefined, stderr: string): ProvisionError {
  const how = result === undefined ? 'was not reached' : `ended with status ${result.code}`;
  return new ProvisionError('probe-failed', `the look at all resources of kind ${kind} ${how}`, {
    task: kind,
    detail: stderr.trim().split('\n').slice(-10).join('\n'),
    hint: 'Run again with --debug to see the script. If the host is in order, this is a bug in that resource kind.',
  });
}
