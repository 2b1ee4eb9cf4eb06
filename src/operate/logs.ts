/** The logs of all hosts: what is there, merged by time, or what comes from now on. */
import { type HostTask, prepareHost } from '../engine/host-run.ts';
import { asProvisionError } from '../shell/redact.ts';
import { followAll } from './follow-logs.ts';
import { mergeByTime } from './log-lines.ts';
import { checkWords } from './log-sources.ts';
import { type LogsOptions, logHostOf, openHost, type PlannedHost, readLog, type ToldLine } from './open-logs.ts';

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
  if (options.query.follow) await followAll(hosts, options);
  else await mergeAll(hosts, options);
}

async function mergeAll(hosts: readonly PlannedHost[], options: LogsOptions): Promise<void> {
  const { query, onOpened, onSources, onLines, onError, stop } = options;
  const opened = await Promise.all(
    hosts.map((host) =>
      openHost(host, options)
        .catch((error: unknown) => {
          if (!stop.aborted) onError(asProvisionError(error, host.logHost.name));
          return undefined;
        })
        .finally(() => onOpened(host.logHost.name)),
    ),
  );
  const open = opened.filter((host) => host !== undefined);
  const closeAll = () => Promise.all(open.map((host) => host.close()));
  const onStop = () => void closeAll();
  stop.addEventListener('abort', onStop, { once: true });
  try {
    onSources(open.flatMap(({ sources }) => sources));
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
