/** What a long step calls with the line that it is at. */
export type Note = (line: string) => void;

const HEARTBEAT_MS = 10_000;

interface Running {
  readonly title: string;
  at: string;
}

const running = new Set<Running>();
const startedMs = performance.now();
let heartbeat: NodeJS.Timeout | undefined;

/**
 * Runs a step that takes long and tells of it on standard error: when it starts and ends, and every ten seconds one line
 * for all steps that run by then. A step that finds its work done is not to be run through here: a second set-up is silent.
 */
export async function step<T>(title: string, work: (note: Note) => Promise<T>): Promise<T> {
  const stepStartedMs = performance.now();
  const self: Running = { title, at: '' };
  running.add(self);
  heartbeat ??= setInterval(tellRunning, HEARTBEAT_MS);
  say(`${title} …`);
  let outcome = 'failed';
  try {
    const result = await work((line) => {
      self.at = lastLineOf(line) || self.at;
    });
    outcome = 'done';
    return result;
  } finally {
    running.delete(self);
    if (running.size === 0) {
      clearInterval(heartbeat);
      heartbeat = undefined;
    }
    say(`${title}: ${outcome} after ${seconds(stepStartedMs)} s`);
  }
}

/** Tells the user one line on standard error. */
export function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}

/** What runs; what each is at as well, where that leaves the line readable. */
function tellRunning(): void {
  const details = [...running].map(({ title, at }) => (running.size <= 2 && at ? `${title} (${at})` : title));
  say(`${seconds(startedMs)} s: ${details.join(', ')}`);
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(0);
}

/** Programs that draw progress bars end their lines with a carriage return, and colour some. */
function lastLineOf(text: string): string {
  const plain = text.replaceAll(/\u001b\[[\d;]*m/g, '');
  return (
    plain
      .trim()
      .split(/[\r\n]+/)
      .at(-1)
      ?.slice(0, 60)
      .trim() ?? ''
  );
}
