/** Lines of logs: when each was written, and lines of several logs in the order of their times. */
import { StringDecoder } from 'node:string_decoder';

export interface LogLine {
  /** RFC 3339 in UTC without the zone, with nine decimals: as text, the earlier one is the smaller one. */
  readonly at: string;
  readonly text: string;
}

/** How a log tells the time: as `docker logs --timestamps`, as `journalctl -o short-unix`, or as our own log does. */
export type LogFormat = 'docker' | 'journal' | 'provision';

/** A longer line is broken. */
const LONGEST_LINE = 1024 * 1024;

/** Reads a line of that format. One that tells no time has that of the line before. */
export function readLogLine(format: LogFormat, line: string, before: string): LogLine {
  if (format === 'journal') {
    // SECONDS.MICROSECONDS HOST PROGRAM[PID]: TEXT
    const [, seconds, micros = '', text = ''] = /^(\d+)\.(\d{6}) \S+ (.*)$/s.exec(line) ?? [];
    if (seconds === undefined) return { at: before, text: line };
    return { at: `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${micros}000`, text };
  }
  const [, time, fraction = '', text = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z ?(.*)$/s.exec(line) ?? [];
  if (time === undefined) return { at: before, text: line };
  return { at: `${time}.${fraction.padEnd(9, '0').slice(0, 9)}`, text };
}

/** The lines of a stream of bytes. Only line feeds end a line; what stands after the last one is a line too. */
export async function* splitLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LONGEST_LINE) {
      yield rest;
      rest = '';
    }
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}

/** The lines of all logs, the earliest first, where each log is in order. Holds one line of each log at a time. */
export async function* mergeByTime<Line extends LogLine>(
  logs: readonly AsyncIterator<Line>[],
): AsyncGenerator<Line, void> {
  const heads = await Promise.all(logs.map(async (log) => ({ log, head: await log.next() })));
  for (;;) {
    let first: { log: AsyncIterator<Line>; head: IteratorResult<Line> } | undefined;
    for (const one of heads) {
      if (one.head.done) continue;
      if (first === undefined || one.head.value.at < (first.head.value as Line).at) first = one;
    }
    if (first === undefined) return;
    yield first.head.value as Line;
    first.head = await first.log.next();
  }
}
