import type { Readable } from 'node:stream';

/** Reads a stream piece by piece as the protocol asks for it: bytes stay bytes, and are decoded by whoever has them all. */
export interface ByteReader {
  /** The next line as text, without its newline. Rejects when the stream ends before. */
  line(): Promise<string>;
  /** The bytes before the next mark, which is read as well. Rejects when the stream ends before, with a RangeError when there are more. */
  until(mark: string, most?: number): Promise<Buffer>;
  /** Lets go of the stream, paused, and returns what was received but not read. */
  release(): Buffer;
}

const NEWLINE = Buffer.from('\n');

export function readBytes(stream: Readable): ByteReader {
  let chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  let wake: (() => void) | undefined;

  stream.on('data', receive).on('end', end).on('close', end).on('error', end);

  function receive(chunk: Buffer): void {
    chunks.push(chunk);
    size += chunk.length;
    wake?.();
  }

  function end(): void {
    ended = true;
    wake?.();
  }

  async function more(): Promise<void> {
    if (ended) throw new Error('the stream ended');
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }

  function take(count: number): Buffer {
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    const rest = all.subarray(count);
    chunks = rest.length === 0 ? [] : [rest];
    size = rest.length;
    return all.subarray(0, count);
  }

  /** A mark may begin at the end of one chunk and end in another. */
  async function until(mark: Buffer, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
    let searched = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (let i = 0; ; i += 1) {
      while (i >= chunks.length) await more();
      const piece = Buffer.concat([rest, chunks[i] as Buffer]);
      const at = piece.indexOf(mark);
      if (at >= 0) return take(searched + at + mark.length).subarray(0, -mark.length);
      rest = piece.subarray(Math.max(0, piece.length - mark.length + 1));
      searched += piece.length - rest.length;
      if (searched > most) throw new RangeError(`more than ${most} bytes`);
    }
  }

  return {
    line: async () => (await until(NEWLINE)).toString('utf8'),
    until: (mark, most) => until(Buffer.from(mark), most),

    release() {
      stream.off('data', receive).off('end', end).off('close', end).off('error', end);
      stream.pause();
      return take(size);
    },
  };
}
