import type { Readable } from 'node:stream';

/** Reads a stream piece by piece as the protocol asks for it: bytes are counted as bytes, and decoded by whoever has them all. */
export interface ByteReader {
  /** The next line as text, without its newline. Rejects when the stream ends before. */
  line(): Promise<string>;
  /** The next `count` bytes. Rejects when the stream ends before. */
  bytes(count: number): Promise<Buffer>;
  /** Lets go of the stream, paused, and returns what was received but not read. */
  release(): Buffer;
}

const NEWLINE = 0x0a;

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

  /** Where the next newline is, counted over all chunks; -1 where there is none yet. */
  function newlineAt(): number {
    let before = 0;
    for (const chunk of chunks) {
      const at = chunk.indexOf(NEWLINE);
      if (at >= 0) return before + at;
      before += chunk.length;
    }
    return -1;
  }

  return {
    async line() {
      while (newlineAt() < 0) await more();
      return take(newlineAt() + 1)
        .subarray(0, -1)
        .toString('utf8');
    },

    async bytes(count) {
      while (size < count) await more();
      return take(count);
    },

    release() {
      stream.off('data', receive).off('end', end).off('close', end).off('error', end);
      stream.pause();
      return take(size);
    },
  };
}
