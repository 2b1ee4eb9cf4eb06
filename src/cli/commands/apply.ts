import type { HostSummary } from '../../engine/events.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { hostsLabel } from '../../report/plan-text.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { agree } from '../agree.ts';
import type { Options } from '../arguments/options.ts';
import { exitCodeOf, isDrift, type Session, withLoggedSession } from '../session.ts';

/** Jobs side by side know nothing of each other, and could stop all replicas of a service at once. */
const ROLLOUTS_LEFT = [
  '',
  'What must be replaced under traffic is left alone in a shard. When all shards are done,',
  'provision apply without --shard replaces it, replica by replica.',
];

/** `provision apply`: makes hosts what the inventory says. On a terminal it shows the plan first, and asks. */
export async function execute(options: Options, keyring?: Keyring): Promise<ExitCode> {
  async function work({ run, ask, decline, deploy, print }: Session): Promise<ExitCode> {
    if (process.stdin.isTTY && process.stderr.isTTY && !options.yes && !options.json) {
      const planned = await run('plan');
      if (!isDrift(planned)) return exitCodeOf(planned);
      const isAgreed = await ask(() => agree('Apply this plan?'));
      if (isAgreed === false) decline();
      if (!isAgreed) return EXIT.interrupted;
    }
    const summaries = await run('apply');
    // What must be replaced under traffic waits until all hosts that belong together are what they shall be.
    const failed = new Set(summaries.filter(isUnfinished).map(({ host }) => host));
    const isWaiting = ({ host, rollouts = 0 }: HostSummary) => rollouts > 0 && !failed.has(host);
    const isInterrupted = summaries.some(({ status }) => status === 'interrupted');
    if (isInterrupted || !summaries.some(isWaiting)) return exitCodeOf(summaries);
    if (options.shard !== undefined) {
      await print(options.json ? [] : ROLLOUTS_LEFT);
      return EXIT.ok;
    }
    // Loaded when needed: a run that changes nothing does without.
    const [result, { endOf }] = await Promise.all([deploy({ action: 'apply', failed }), import('../deploy.ts')]);
    const waiting = new Set(summaries.filter(isWaiting).map(({ host }) => host));
    const leftOut = result.leftOut
      .map(({ hosts, because }) => ({ hosts: hosts.filter((host) => waiting.has(host)), because }))
      .filter(({ hosts }) => hosts.length > 0);
    const told =
      failed.size === 0 || options.json ? [] : ['', `The apply failed on ${hostsLabel([...failed])}: see above.`];
    await print([...endOf({ ...result, leftOut }, undefined, options), ...told]);
    return exitCodeOf([...summaries.filter(isUnfinished), ...result.summaries]);
  }
  return withLoggedSession('apply', options, work, keyring);
}

function isUnfinished({ status }: HostSummary): boolean {
  return status !== 'ok' && status !== 'changed';
}
