import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource, type Target } from './contract.ts';
import { lastLogLines } from './docker/container-logs.ts';
import { containerName, line, plainText } from './fields.ts';
import { waitFor } from './wait.ts';

/** What counts as healthy, as seen from the host itself. */
export const httpHealth = () =>
  z.strictObject({
    url: z.string().regex(/^https?:\/\/[!-~]+$/, 'must be an http or https URL without spaces'),
    status: z.int().min(100).max(599).default(200),
    /** The whole body, but for white space at both ends. Not looked at where it is not given. */
    body: plainText().max(1000).optional(),
    /** How long to wait for it, milliseconds. */
    timeoutMs: z.int().positive().default(60_000),
  });

const schema = httpHealth().extend({
  name: line().min(1).max(100),
  /** The container that should answer: the end of its log is shown where it does not. */
  container: containerName().optional(),
});

export type HttpCheckInput = z.input<typeof schema>;
type HttpCheck = z.output<typeof schema>;
export type HttpHealth = z.output<ReturnType<typeof httpHealth>>;

/** What an answer is compared with. */
export type WantedAnswer = Pick<HttpHealth, 'status' | 'body'>;

/** Undefined where there was no answer, or no curl to ask with. */
export interface HttpAnswer {
  readonly status: number;
  /** The first 4 KiB. */
  readonly body: string;
}

interface ActualHttp {
  readonly answer: HttpAnswer | undefined;
}

/**
 * A service that answers as it should; applying it waits until it does.
 *
 * @example httpCheck({ name: 'app-1', url: 'http://127.0.0.1:18001/status', body: 'OK', timeoutMs: 60_000 })
 */
export const httpCheck = defineResource<HttpCheckInput, HttpCheck, ActualHttp>({
  kind: 'http-check',
  schema,
  name: ({ name }) => name,
  probe: (all) => askHttp(all.map(({ url }) => url)),
  parse: (output, all) => readAnswers(output, all.length).map((answer) => ({ answer })),

  diff(desired, { answer }): Change[] {
    if (isHealthy(desired, answer)) return [];
    return [{ action: 'run', what: 'healthy', from: describeAnswer(answer), to: wantedAnswer(desired) }];
  },

  perform: (desired, _, __, target) => waitForHealth(desired.name, desired, target, desired.container),
});

/**
 * Waits until the answer is the wanted one.
 * @throws ProvisionError `not-healthy` at the limit, with the last answer and the end of the container's log
 */
export async function waitForHealth(
  name: string,
  health: HttpHealth,
  target: Target,
  container?: string | undefined,
): Promise<void> {
  async function look() {
    const { stdout } = await target.run(askHttp([health.url], health.status));
    const [answer] = readAnswers(stdout, 1);
    return { done: isHealthy(health, answer), state: describeAnswer(answer) };
  }
  const { done, state } = await waitFor(name, target, look, { limitMs: health.timeoutMs });
  if (done) return;
  const limit = `${Math.round(health.timeoutMs / 1000)} s`;
  throw new ProvisionError('not-healthy', `${name} did not become healthy within ${limit}: ${state}`, {
    detail: container === undefined ? undefined : await lastLogLines(container, target),
    hint: `${health.url} should answer ${wantedAnswer(health)}. If it only needs longer, raise the time limit of its health check.`,
  });
}

/**
 * One curl for all, in parallel where it can: a server that hangs must not hold up the others. Other parts of a look may ask at
 * the same time: $PART keeps their answers apart.
 *
 * @param until asks again, for a second about, until the first one answers with this status: the wait for it then costs no
 *   exchange each time, and ends when it does
 */
export function askHttp(urls: readonly (string | Script)[], until?: number): Script {
  const transfers = joinScripts(
    urls.map((url, i) => sh`-o "$RUN/http$PART-"${i} ${url}`),
    ' ',
  );
  return sh`
    command -v curl >/dev/null || exit 0
    set -- -s -m 2 -g --noproxy ${'*'} -w ${'status %{http_code} %{filename_effective}\\n'} ${transfers}
    ask() {
      # At once, for else curl waits whether a first connection to a server can be shared, and with one that hangs for ever.
      curl -q --parallel --parallel-immediate "$@" 2>/dev/null
      # Before 7.68 curl does not know these; 2 says that an option was not understood.
      [ $? -ne 2 ] || curl -q "$@" 2>/dev/null
    }
    ${until === undefined ? sh`ask "$@"` : askAgain(until)}
    for file in "$RUN/http$PART-"*; do
      [ -f "$file" ] && printf '\nbody %s %s\n' "$(head -c 4096 "$file" | base64 -w 0)" "$file"
    done
    rm -f "$RUN/http$PART-"*
  `;
}

/** What a later answer leaves out must not stay from an earlier one. */
function askAgain(status: number): Script {
  return sh`
    for attempt in 1 2 3 4 5 6 7 8; do
      rm -f "$RUN/http$PART-"*
      answers=$(ask "$@")
      case $answers in *"status "${status}" $RUN/http$PART-0"*) break ;; esac
      sleep 0.1 2>/dev/null || sleep 1
    done
    printf '%s\n' "$answers"
  `;
}

export function readAnswers(output: string, count: number): (HttpAnswer | undefined)[] {
  const found = { status: new Map<number, string>(), body: new Map<number, string>() };
  for (const [, what, value = '', number] of output.matchAll(/^(status|body) (\S*) .*\/http\d*-(\d+)$/gm)) {
    found[what as 'status' | 'body'].set(Number(number), value);
  }
  return Array.from({ length: count }, (_, i) => {
    const status = Number(found.status.get(i) ?? 0);
    if (status === 0) return undefined;
    return { status, body: Buffer.from(found.body.get(i) ?? '', 'base64').toString() };
  });
}

/** Whether status and body are the wanted ones. */
export function isHealthy({ status, body }: WantedAnswer, answer: HttpAnswer | undefined): boolean {
  return answer?.status === status && (body === undefined || answer.body.trim() === body.trim());
}

export function wantedAnswer({ status, body }: WantedAnswer): string {
  return body === undefined ? String(status) : `${status} ${JSON.stringify(body)}`;
}

export function describeAnswer(answer: HttpAnswer | undefined): string {
  if (answer === undefined) return 'no answer';
  const text = answer.body.trim();
  if (text === '') return String(answer.status);
  return `${answer.status} ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)}`;
}
