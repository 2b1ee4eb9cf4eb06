import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type ExitCode } from '../../errors.ts';
import { type HostStatus, watchStatus } from '../../operate/status.ts';
import { recordJson } from '../../report/json.ts';
import { openScreen } from '../../report/screen.ts';
import { statusLines } from '../../report/status-text.ts';
import type { Options } from '../arguments/options.ts';
import { untilReaderGone, waitFor, withHosts } from '../hosts.ts';
import { printLines, textOptions } from '../print.ts';

/** `provision status`: how hosts and services are, once or again and again. It changes nothing, and takes no lock. */
export async function execute(options: Options): Promise<ExitCode> {
  return withHosts(options, async ({ tasks, facts, stop }) => {
    const { watchMs, forks, json, debug } = options;
    const waiting = waitFor(
      'looking at the hosts',
      tasks.map(({ name }) => name),
      options,
    );
    const watch = watchStatus(tasks, { forks, facts, stop, onDone: ({ host }) => waiting.done(host) });
    const screen = watchMs === undefined || json ? undefined : openScreen(process.stdout, process.env);
    // Were we ended by a second Ctrl-C, the terminal would be left without a cursor.
    stop.addEventListener('abort', () => screen?.close(), { once: true });
    const gone = untilReaderGone();
    const enough = AbortSignal.any([stop, gone]);
    try {
      for (;;) {
        const statuses = await watch.look();
        await waiting.end();
        if (stop.aborted) return EXIT.interrupted;
        const code = exitCodeOf(statuses);
        const now = new Date();
        const lines = json
          ? statuses.map(({ state, ...rest }) => recordJson('status', { ...rest, ...state }, debug))
          : statusLines(statuses, { ...textOptions(options), now });
        if (screen)
          screen.show([
            `every ${(watchMs ?? 0) / 1000} s, at ${now.toTimeString().slice(0, 8)}; Ctrl-C ends it`,
            '',
            ...lines,
          ]);
        else printLines(lines);
        if (watchMs === undefined) return code;
        await sleep(watchMs, undefined, { signal: enough }).catch(() => undefined);
        if (stop.aborted) return EXIT.interrupted;
        if (gone.aborted) return code;
      }
    } finally {
      await waiting.end();
      screen?.close();
      await watch.close();
    }
  });
}

/** What weighs most: a look that failed, then a host that cannot be reached, then what is not well. */
export function exitCodeOf(statuses: readonly HostStatus[]): ExitCode {
  const is = (status: HostStatus['status']) => statuses.some((one) => one.status === status);
  if (is('failed')) return EXIT.failed;
  if (is('unreachable')) return EXIT.unreachable;
  return is('problems') ? EXIT.drift : EXIT.ok;
}
