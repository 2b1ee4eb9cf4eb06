import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBytes } from '../../src/transport/byte-reader.ts';

function readerOf(...chunks: (string | Buffer)[]) {
  const stream = new PassThrough();
  const reader = readBytes(stream);
  for (const chunk of chunks) stream.write(chunk);
  return { stream, reader };
}

describe('a byte reader', () => {
  it('gives lines, and what stands before a mark, wherever the chunks end', async () => {
    const { reader } = readerOf('fir', 'st\nse', 'cond\n', '12', '3EN', 'D', '45\n', 'ENEND', 'END', 'x');
    expect(await reader.line()).toBe('first');
    expect(await reader.line()).toBe('second');
    expect(String(await reader.until('END'))).toBe('123');
    expect(await reader.line()).toBe('45');
    expect(String(await reader.until('END'))).toBe('EN');
    expect(String(await reader.until('END'))).toBe('');
    expect(String(reader.release())).toBe('x');
  });

  it('keeps bytes as they are, whatever they mean', async () => {
    const horse = Buffer.from('🐎');
    const { reader } = readerOf(horse.subarray(0, 1), horse.subarray(1, 3), horse.subarray(3), 'END');
    expect((await reader.until('END')).toString('utf8')).toBe('🐎');
  });

  it('waits for what has not come yet', async () => {
    const { reader, stream } = readerOf('ha');
    const line = reader.line();
    stream.write('lf\n');
    expect(await line).toBe('half');
  });

  it.each(['line', 'until'] as const)('rejects %s when the stream ends before', async (what) => {
    const { reader, stream } = readerOf('ha');
    const reading = what === 'line' ? reader.line() : reader.until('x');
    stream.end();
    await expect(reading).rejects.toThrow('the stream ended');
  });

  it('lets go of the stream, and returns what nobody has read', async () => {
    const { reader, stream } = readerOf('hello\nand more');
    expect(await reader.line()).toBe('hello');
    expect(String(reader.release())).toBe('and more');
    const next = new Promise((resolve) => stream.once('data', resolve));
    stream.write(' later');
    stream.resume();
    expect(String(await next)).toBe(' later');
  });
});
