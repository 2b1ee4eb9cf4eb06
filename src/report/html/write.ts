/** The page as a file. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import type { RunRecord, TimedEvent } from '../run-record.ts';
import { reportPage } from './page.ts';

/** Finds out before a long run what would only show after it. @throws ProvisionError `usage` where no file can be written there */
export function checkReportFile(file: string): void {
  const path = resolve(file);
  try {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (isFolder) throw new Error('it is a folder');
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new ProvisionError('usage', `the report cannot be written to ${file}: ${(cause as Error).message}`, {
      hint: 'Name a file in a folder that exists and that you may write to.',
      cause,
    });
  }
}

/** @throws ProvisionError `report-unwritable` */
export function writeReport(file: string, run: RunRecord, events: readonly TimedEvent[]): void {
  const page = reportPage(run, events);
  try {
    writeFileSync(file, page);
  } catch (cause) {
    throw new ProvisionError('report-unwritable', `the report cannot be written: ${(cause as Error).message}`, {
      location: file,
      hint: 'Make room, or name another file: provision report --output FILE makes it from the log of the run.',
      cause,
    });
  }
}
