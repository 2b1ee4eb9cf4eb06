/** How the files of an exchange travel: as they are, or compressed where that pays. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface Parcel {
  /** What the host must know to unpack it: `SIZE...`, or `zSIZE SIZE...` where all of them come as one compressed block. */
  readonly sizes: string;
  readonly bytes: Buffer;
}

/** What TCP sends before its first answer arrives: what is no longer than that comes no sooner for being smaller. */
const LEAST_BYTES = 14 * 1024;
/** Of what it was. What hardly gets smaller is not worth the processes that unpack it. */
const LARGEST_SHARE = 0.75;
/** Fast: the wire of a good link takes 100 MB/s. */
const LEVEL = 3;

const compress = promisify(gzip);

/** All files of an exchange, to be sent one after another. @param canUnpack whether the host has gzip */
export async function pack(files: readonly Uint8Array[], canUnpack: boolean): Promise<Parcel> {
  const sizes = files.map(({ length }) => length).join(' ');
  const bytes = Buffer.concat(files);
  if (!canUnpack || bytes.length < LEAST_BYTES) return { sizes, bytes };
  const compressed = await compress(bytes, { level: LEVEL });
  if (compressed.length > bytes.length * LARGEST_SHARE) return { sizes, bytes };
  return { sizes: `z${compressed.length} ${sizes}`, bytes: compressed };
}
