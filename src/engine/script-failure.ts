/** What a script that failed has to say, as a person reads it. */

export interface ScriptFailure {
  /** Why, in one line; its exit status where nothing else is known. */
  readonly message: string;
  /** The last of what it printed, without what the message has. */
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

/** The last lines, where the cause usually stands. */
const SHOWN_LINES = 15;
/** What is longer is no headline. */
const HEADLINE_LENGTH = 200;

export interface FailedScript {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A script that knows why it fails prints `reason: …`, and perhaps `hint: …`, on lines of their own. One that prints a single
 * line has said it with that.
 * @param what whose script it was: `the command`
 */
export function scriptFailure(what: string, { code, stdout, stderr }: FailedScript): ScriptFailure {
  const status = `${what} ended with status ${code}`;
  const lines = (stderr.trim() === '' ? stdout : stderr).trim().split('\n');
  const reason = marked('reason', lines);
  const others = lines.filter((line) => !/^(reason|hint): /.test(line));
  const hint = marked('hint', lines);
  const [only = ''] = others;
  if (reason === undefined && others.length === 1 && only !== '' && only.length <= HEADLINE_LENGTH) {
    return { message: only, detail: status, hint };
  }
  return { message: reason ?? status, detail: others.slice(-SHOWN_LINES).join('\n') || undefined, hint };
}

function marked(word: string, lines: readonly string[]): string | undefined {
  return lines.find((line) => line.startsWith(`${word}: `))?.slice(word.length + 2);
}
