import { once } from 'node:events';
import { EXIT, type ExitCode, type ProvisionError } from '../../errors.ts';
import type { MissingContainers } from '../../operate/log-sources.ts';
import { tellLogs } from '../../operate/logs.ts';
import type { ToldLine } from '../../operate/open-logs.ts';
import { createPaint } from '../../report/colour.ts';
import { errorLines } from '../../report/error-text.ts';
import { recordJson } from '../../report/json.ts';
import { logPrinter, missingLines } from '../../report/log-text.ts';
import type { Options } from '../arguments/options.ts';
import { untilReaderGone, waitFor, withHosts } from '../hosts.ts';
import { colourOf, columnsOf, printLines, textOptions } from '../print.ts';

/** As many lines of each log as are shown where nothing else is said. */
const TAIL = 100;

/** `provision logs [SERVICE...]`: what the containers of all hosts log. Ctrl-C ends it with 130, as it does docker compose logs. */
export async function execute(options: Options): Promise<ExitCode> {
  return withHosts(options, async ({ tasks, facts, stop }) => {
    const { arguments: words, follow, sinceS, forks, json, debug } = options;
    const { tail = sinceS === undefined ? TAIL : Infinity } = options;
    const { stdout, stderr } = process;
    const enough = AbortSignal.any([stop, untilReaderGone()]);
    const printer = logPrinter(textOptions(options));
    const waiting = waitFor(
      'opening the logs',
      tasks.map(({ name }) => name),
      options,
    );
    const errors: ProvisionError[] = [];
    function tellError(error: ProvisionError): void {
      const paint = createPaint(colourOf(stderr, options));
      stderr.write(`${errorLines(error, { paint, columns: columnsOf(stderr), debug }).join('\n')}\n`);
      if (json) stdout.write(`${recordJson('error', { error }, debug)}\n`);
    }
    function tellMissing(missing: readonly MissingContainers[]): void {
      stderr.write(`${missingLines(missing, columnsOf(stderr)).join('\n')}\n`);
      if (json) printLines(missing.map((one) => recordJson('no-containers', one)));
    }
    await tellLogs(tasks, {
      words,
      query: { follow, tail, sinceS },
      forks,
      facts,
      stop: enough,
      onOpened: waiting.done,
      onSources: printer.expect,
      onMissing(missing) {
        void waiting.end().then(() => tellMissing(missing));
      },
      async onLines(lines) {
        await waiting.end();
        const texts = lines.map(json ? lineJson : printer.line);
        const isFull = texts.length > 0 && !stdout.write(`${texts.join('\n')}\n`);
        if (isFull) await once(stdout, 'drain', { signal: enough }).catch(() => undefined);
      },
      onError(error) {
        errors.push(error);
        void waiting.end().then(() => tellError(error));
      },
    }).finally(() => waiting.end());
    if (errors.length === 0) return EXIT.ok;
    return errors.every(({ exitCode }) => exitCode === EXIT.unreachable) ? EXIT.unreachable : EXIT.failed;
  });
}

function lineJson({ host, name, at, text }: ToldLine): string {
  return recordJson('log', { host, name, ...(at !== '' && { at: `${at}Z` }), text });
}
