/** A build context on its way to the engine that builds it. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import type { BuildSettings } from './build-context.ts';
import { type ContextFile, listContext } from './context-files.ts';

/**
 * The files that `contextTag` hashes, as a gzipped tar stream, all owned by root. Their times are the real ones, which web servers rely on.
 * A file that can no longer be read ends the stream with an error.
 *
 * @returns the stream, and the bytes of its files before compression
 * @throws ProvisionError `file-unreadable`
 */
export function packContext(context: string, settings: BuildSettings = {}): { stream: Readable; sizeBytes: number } {
  const files = listContext(context, settings.dockerfile ?? 'Dockerfile');
  const archive = pack();
  const stream = createGzip();
  // A failure of either ends both: whoever reads the stream gets the error.
  pipeline(archive, stream).catch((error: Error) => stream.destroy(error));
  addFiles(archive, context, files).catch((error: Error) => archive.destroy(error));
  return { stream, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

async function addFiles(archive: Pack, context: string, files: readonly ContextFile[]): Promise<void> {
  for (const { path, type, mode, sizeBytes, modified, linkTarget } of files) {
    const header = { name: path, type, mode, mtime: modified };
    if (linkTarget !== undefined) archive.entry({ ...header, linkname: linkTarget });
    else if (type === 'directory') archive.entry(header);
    else await pipeline(createReadStream(join(context, path)), archive.entry({ ...header, size: sizeBytes }));
  }
  archive.finalize();
}
