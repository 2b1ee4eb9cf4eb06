import { readFile } from 'node:fs/promises';
import { EXIT, type ExitCode } from '../errors.ts';

/** `provision version`: the version of the package, and of the Node that runs it. */
export async function execute(): Promise<ExitCode> {
  const { version } = JSON.parse(await readFile(packageFile(), 'utf8')) as { version: string };
  process.stdout.write(`provision ${version} (Node ${process.versions.node})\n`);
  return EXIT.ok;
}

/** Two folders up from the sources, three from the compiled form. */
function packageFile(): URL {
  const depth = import.meta.url.endsWith('.ts') ? '../..' : '../../..';
  return new URL(`${depth}/package.json`, import.meta.url);
}
