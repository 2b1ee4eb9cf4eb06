import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError, messageOf } from '../test/lab/lab-error.ts';
import { say } from '../test/lab/progress.ts';

/** Runs a bench in a folder of its own, which goes with its end; a failure is told, and is the exit code. */
export async function inFolder(main: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'provision-bench-'));
  try {
    await main(folder);
  } catch (error) {
    say(messageOf(error));
    if (error instanceof LabError) say(error.hint);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
