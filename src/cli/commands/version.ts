import { readFile } from 'node:fs/promises';
import { EXIT, type ExitCode } from '../../errors.ts';
import { PACKAGE_FILE } from '../../installation.ts';

/** `provision version`: the version of the package, and of the Node that runs it. */
export async function execute(): Promise<ExitCode> {
  const { version } = JSON.parse(await readFile(PACKAGE_FILE, 'utf8')) as { version: string };
  process.stdout.write(`provision ${version} (Node ${process.versions.node})\n`);
  return EXIT.ok;
}
