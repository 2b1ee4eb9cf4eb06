/** The logs of all hosts: what is there, merged by time, or what comes from now on. */
import { type HostTask, prepareHost } from '../engine/host-run.ts';
import { asProvisionError } from '../shell/redact.ts';
import { followAll } from './follow-logs.ts';
import { mergeByTime } from './log-lines.ts';
import { checkWords } from './log-sources.ts';
import { hostOpener, type LogsOptions, logHostOf, type PlannedHost, readLog, type ToldLine } from './open-logs.ts';

/** So many lines are told at once. */
const BATCH = 500;

/**
 * Tells the lines of the logs of all hosts, until they end or the user has enough.
 * @throws ProvisionError `usage` where a word means nothing on any host: none is touched then
 */
export async function tellLogs(tasks: readonly HostTask[], options: LogsOptions): Promise<void> {
  const hosts = await Promise.all(
    tasks.map(async (task) => {
      const prepared = await prepareHost(task, options.facts);
      return { prepared, logHost: logHostOf(prepared) };
    }),
  );
  checkWords(
    options.words,
    hosts.map(({ logHost }) => logHost),
  );
  // A load balancer has no containers, and nobody misses them beside hosts that have some.
  const isBare = hosts.every(({ logHost }) => logHost.services.length === 0);
  const onMissing: LogsOptions['onMissing'] = (all) => {
    const missing = all.filter(({ wanted }) => isBare || wanted.length > 0);
    if (missing.length > 0) options.onMissing(missing);
  };
  if (options.query.follow) await followAll(hosts, { ...options, onMissing });
  else await mergeAll(hosts, { ...options, onMissing });
}

async function mergeAll(hosts: readonly PlannedHost[], options: LogsOptions): Promise<void> {
  const { query, onSources, onMissing, onLines, onError, stop } = options;
  const openHost = hostOpener(options);
  const opened = await Promise.all(
    hosts.map((host) =>
      openHost(host).catch((error: unknown) => {
        if (!stop.aborted) onError(asProvisionError(error, host.logHost.name));
        return undefined;
      }),
    ),
  );
  const open = opened.filter((host) => host !== undefined);
  const closeAll = () => Promise.all(open.map((host) => host.close()));
  const onStop = () => void closeAll();
  stop.addEventListener('abort', onStop, { once: true });
  try {
    onSources(open.flatMap(({ sources }) => sources));
    onMissing(open.flatMap(({ missing }) => missing ?? []));
    const logs = open.flatMap(({ pool, sources }) => sources.map((source) => readLog(pool, source, query, options)));
    let batch: ToldLine[] = [];
    for await (const line of mergeByTime(logs)) {
      batch.push(line);
      if (batch.length < BATCH) continue;
      await onLines(batch);
      batch = [];
    }
    await onLines(batch);
  } finally {
    stop.removeEventListener('abort', onStop);
    await closeAll();
  }
}
