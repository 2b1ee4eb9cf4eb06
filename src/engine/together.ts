/** Steps that go together: neighbours in the plan that do not depend on what the others change, in one exchange. */
import type { Resource } from '../resources/contract.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { markPending } from './handlers.ts';
import type { Finding } from './plan.ts';

/** Larger ones go in exchanges of their own, for what a script reads is kept in the memory of the host. */
const MOST_BYTES = 4 * 1024 * 1024;

/** What may go together with each step, that step first. What is in order already does not part them. */
export function neighboursOf(planned: readonly Finding[]): ReadonlyMap<Resource, readonly Finding[]> {
  const open = planned.filter(({ status }) => status !== 'ok' && status !== 'rollout');
  const runs = runsOf(open).flatMap((run) => run.map((_, i) => run.slice(i)));
  return new Map([...runs, ...joinedOf(open)].map((run) => [(run[0] as Finding).resource, run]));
}

/** Those of them that still wait, up to one that must go by itself. */
export function togetherNow(
  neighbours: readonly Finding[],
  latest: ReadonlyMap<Resource, Finding>,
  apart: ReadonlySet<Resource>,
): readonly Finding[] {
  const waiting = neighbours.map((one) => latest.get(one.resource) ?? one).filter(({ status }) => status === 'change');
  const [first] = waiting;
  if (first === undefined || apart.has(first.resource)) return waiting.slice(0, 1);
  const end = waiting.findIndex(({ resource }) => apart.has(resource));
  return end === -1 ? waiting : waiting.slice(0, end);
}

/** Those that follow one another in the plan of a role, up to one that must go by itself. */
function runsOf(open: readonly Finding[]): readonly (readonly Finding[])[] {
  const runs: Finding[][] = [];
  let run: Finding[] | undefined;
  for (const finding of open) {
    if (!isApplied(finding) || finding.resource.kind.appliesTogether !== true) run = undefined;
    else if (run !== undefined && run[0]?.role === finding.role) run.push(finding);
    else {
      run = [finding];
      runs.push(run);
    }
  }
  return runs;
}

/** Those that one call brings about, such as packages of several roles. */
function joinedOf(open: readonly Finding[]): readonly (readonly Finding[])[] {
  const joined = new Set<Finding>();
  return open.flatMap((first, i) => {
    const { kind, desired } = first.resource;
    if (kind.joins === undefined || joined.has(first) || !isApplied(first)) return [];
    const between: Resource[] = [];
    const run = [first];
    for (const later of open.slice(i + 1)) {
      const isSame = later.resource.kind === kind && isApplied(later) && !joined.has(later);
      if (isSame && kind.joins(desired, later.resource.desired, between)) {
        joined.add(later);
        run.push(later);
      } else between.push(later.resource);
    }
    return [run];
  });
}

function isApplied({ status, resource: { kind, afterPeers } }: Finding): boolean {
  return status === 'change' && kind.apply !== undefined && !afterPeers;
}

/** Marks what a resource notifies as due, and mends the resource. */
export function mend({ resource: { kind, desired, notify }, changes, actual }: Finding): Script {
  return joinScripts([markPending(notify), kind.apply?.(desired, changes, actual) ?? sh``]);
}

/** One script for those of them that fit into one exchange, the first in any case. It ends with the first that fails. */
export function mendTogether(findings: readonly Finding[]): { script: Script; included: readonly Finding[] } {
  const [first] = findings;
  if (first?.resource.kind.joins !== undefined) return { script: mendAtOnce(first, findings), included: findings };
  const included: Finding[] = [];
  const scripts: Script[] = [];
  let bytes = 0;
  for (const finding of findings) {
    const script = mend(finding);
    bytes += sizeOf(script);
    if (included.length > 0 && bytes > MOST_BYTES) break;
    included.push(finding);
    scripts.push(sh`
      (
      ${script}
      ) || exit
    `);
  }
  return { script: joinScripts(scripts), included };
}

function mendAtOnce({ resource: { kind, desired }, actual }: Finding, findings: readonly Finding[]): Script {
  const marks = findings.map(({ resource }) => markPending(resource.notify));
  const changes = findings.flatMap((finding) => finding.changes);
  return joinScripts([...marks, kind.apply?.(desired, changes, actual) ?? sh``]);
}

/** Of what is known before it is sent: secrets are short. */
function sizeOf({ parts }: Script): number {
  const sizes = parts.map((part) => {
    const content = typeof part === 'string' ? part : part.content;
    return typeof content === 'string' || content instanceof Uint8Array ? content.length : 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
