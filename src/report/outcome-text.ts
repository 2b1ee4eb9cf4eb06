/** How a redeploy ended, in words. */
import type { DrainedElsewhere } from '../deploy/drained-elsewhere.ts';
import type { LeftOut } from '../deploy/participants.ts';
import type { Outcome } from '../deploy/project.ts';
import { reasonOf } from '../deploy/way-back.ts';
import type { Paint } from './colour.ts';
import { hostsLabel } from './plan-text.ts';
import { oneLine } from './printable.ts';
import { wrap } from './width.ts';

/** `palindrome: release 8 (1.4.2, 3f2a9c1) in place of 7 on web1, web2` */
export function outcomeLines(outcome: Outcome, { columns, paint }: { columns: number; paint: Paint }): string[] {
  const { project, hosts, action, from, to, version, commit, changed, passedOver, staleConfigs, leftRunning } = outcome;
  const name = [version, commit].filter(Boolean).map(oneLine).join(', ');
  const release = `release ${to}${name === '' ? '' : ` (${name})`}`;
  const where = `on ${hostsLabel(hosts)}`;
  const isBack = action === 'rollback' && changed;
  const isMixed = hosts.some((host) => fromOf(outcome, host) !== from);
  const place = isMixed ? replaced(outcome) : from === to ? where : `in place of ${from} ${where}`;
  const what = changed ? (isBack || isMixed || from !== to ? place : `runs ${where}`) : `runs already ${where}`;
  const [head = '', ...rest] = wrap(`${oneLine(project)}: ${isBack ? 'back to ' : ''}${release} ${what}`, columns);
  const lines = [paint('bold', head), ...rest];
  for (const one of passedOver) lines.push(...wrap(`Passed over: ${reasonOf(one)}.`, columns));
  if (staleConfigs.length > 0) {
    const stale = `haproxy's configuration on ${hostsLabel(staleConfigs)} is not what the inventory describes: provision apply brings it.`;
    lines.push(...wrap(stale, columns));
  }
  if (leftRunning !== undefined) {
    const { services, balancers } = leftRunning;
    const left = `${services.join(', ')} still ${services.length === 1 ? 'runs' : 'run'}, though the inventory no longer has ${services.length === 1 ? 'it' : 'them'}: haproxy on ${hostsLabel(balancers)} sends requests there. Once provision apply has been there as well, it removes ${services.length === 1 ? 'it' : 'them'}.`;
    lines.push(...wrap(left, columns));
  }
  for (const one of Map.groupBy(outcome.drainedElsewhere, ({ host }) => host).values()) {
    lines.push(...wrap(drainedText(one), columns));
  }
  if (action !== 'rollback' || !changed) return lines;
  const note = 'provision apply keeps it until the next provision redeploy brings out what the inventory describes.';
  return [...lines, ...wrap(note, columns)];
}

/** Of one host that took no part. */
function drainedText(drained: readonly DrainedElsewhere[]): string {
  const [host = '', server = '', balancer = ''] = (['host', 'server', 'balancer'] as const).map((key) =>
    [...new Set(drained.map((one) => one[key]))].join(', '),
  );
  return `haproxy on ${balancer} has drained ${server}, by a redeploy of ${host} that has not ended or by hand, though healthy. provision redeploy without --limit, or provision apply, goes on with what has not ended on ${host}.`;
}

/**
 * What each of hosts with different releases has it for: `in place of 3 on app1, in place of 2 on app2, as before on app3`; where it
 * comes back after one that was not finished, `in place of 3, unfinished, on app1`.
 */
function replaced(outcome: Outcome): string {
  const { hosts, to, unfinishedByHost } = outcome;
  const sorted = hosts.toSorted((a, b) => fromOf(outcome, b) - fromOf(outcome, a));
  const groups = Map.groupBy(sorted, (host) => {
    const from = fromOf(outcome, host);
    if (from !== to) return `in place of ${from}`;
    const unfinished = unfinishedByHost[host] ?? to;
    return unfinished === to ? 'as before' : `in place of ${unfinished}, unfinished,`;
  });
  return [...groups].map(([what, group]) => `${what} on ${hostsLabel(group)}`).join(', ');
}

function fromOf({ fromByHost, from }: Outcome, host: string): number {
  return fromByHost[host] ?? from;
}

/** `Nothing is brought out on app1: it shares load balancers or a database with app2, which failed.` */
export function leftOutLines({ hosts, because }: LeftOut, columns: number): string[] {
  const [it, shares] = hosts.length === 1 ? ['it', 'shares'] : ['they', 'share'];
  const text = `What must be replaced under traffic was left alone on ${hostsLabel(hosts)}: ${it} ${shares} load balancers or a database with ${hostsLabel(because)}, where the apply failed. Mend that, and run again.`;
  return wrap(text, columns);
}
