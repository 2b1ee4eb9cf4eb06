import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './lab-error.ts';
import { say } from './progress.ts';
import { stateFile } from './state.ts';

const WAIT_LIMIT_MS = 900_000;

/** Does the work while no other set-up does; a lock whose process is gone counts for nothing. */
export async function withLock<T>(work: () => Promise<T>): Promise<T> {
  const file = stateFile('lock');
  const deadlineMs = Date.now() + WAIT_LIMIT_MS;
  for (let told = false; !take(file); await sleep(250)) {
    const holder = Number(readIfThere(file));
    if (!isAlive(holder)) rmSync(file, { force: true });
    else if (Date.now() > deadlineMs) {
      throw new LabError(`another set-up (process ${holder}) does not come to an end`, `End it, or remove ${file}.`);
    } else if (!told) {
      say(`waiting for another set-up to end (process ${holder})`);
      told = true;
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
