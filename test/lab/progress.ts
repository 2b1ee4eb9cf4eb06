/** What a long step calls with the line that it is at. */
export type Note = (line: string) => void;

const HEARTBEAT_MS = 5000;

/**
 * Runs a step that takes long and tells of it on standard error: when it starts, every five seconds with what it is at,
 * and when it ends. A step that finds its work done is not to be run through here, so that a second set-up is silent.
 */
export async function step<T>(title: string, work: (note: Note) => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(0).padStart(3);
  let at = '';
  say(`[${seconds()} s] ${title} …`);
  const heartbeat = setInterval(() => say(`[${seconds()} s] ${title} … ${at}`), HEARTBEAT_MS);
  try {
    const result = await work((line) => {
      at = line.trim().slice(0, 80) || at;
    });
    say(`[${seconds()} s] ${title}: done`);
    return result;
  } catch (error) {
    say(`[${seconds()} s] ${title}: failed`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Tells the user one line on standard error. */
export function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}
