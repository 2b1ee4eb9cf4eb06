import { describe, expect, it } from 'vitest';
import { type LogFormat, mergeByTime, readLogLine, splitLines } from '../../src/operate/log-lines.ts';

async function* chunks(...texts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text as string);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('readLogLine', () => {
  it.each<[LogFormat, string, string, string]>([
    ['docker', '2026-11-21T08:36:10.006509154Z  indented', '2026-11-21T08:36:10.006509154', ' indented'],
    ['docker', '2026-11-21T08:36:10Z ', '2026-11-21T08:36:10.000000000', ''],
    ['docker', '2026-11-21T08:36:10.5Z x', '2026-11-21T08:36:10.500000000', 'x'],
    ['docker', 'Error response from daemon: no', 'before', 'Error response from daemon: no'],
    ['journal', '1795250197.100321 web1 haproxy[7]: up  now', '2026-11-21T08:36:37.100321000', 'haproxy[7]: up  now'],
    ['journal', '-- No entries --', 'before', '-- No entries --'],
    [
      'provision',
      '2026-11-21T08:36:36.868Z alice@laptop apply: 1 changed',
      '2026-11-21T08:36:36.868000000',
      'alice@laptop apply: 1 changed',
    ],
  ])('%s: %s', (format, line, at, text) => {
    expect(readLogLine(format, line, 'before')).toEqual({ at, text });
  });
});

describe('splitLines', () => {
  it.each<[string, readonly (string | Buffer)[], readonly string[]]>([
    ['lines over several chunks', ['a\nb', 'c\n', '\nd'], ['a', 'bc', '', 'd']],
    ['letters over several chunks', [Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])], ['ü']],
    ['only line feeds', ['a\rb\u2028c\n'], ['a\rb\u2028c']],
    ['nothing', [], []],
  ])('%s', async (_, texts, lines) => {
    expect(await all(splitLines(chunks(...texts)))).toEqual(lines);
  });

  it('breaks a line that does not end', async () => {
    const long = 'x'.repeat(700_000);
    const lines = await all(splitLines(chunks(long, long, 'y')));
    expect(lines.map(({ length }) => length)).toEqual([1_400_000, 1]);
  });
});

describe('mergeByTime', () => {
  async function* log(...times: string[]) {
    for (const at of times) yield { at, text: `${at} of ${times.length}` };
  }

  it('brings the lines of all logs into order', async () => {
    const merged = await all(mergeByTime([log('1', '4', '5'), log(), log('2', '3', '3', '6')]));
    expect(merged.map(({ at }) => at)).toEqual(['1', '2', '3', '3', '4', '5', '6']);
  });

  it('holds one line of each log', async () => {
    let read = 0;
    async function* endless() {
      for (;;) yield { at: String(++read).padStart(9, '0'), text: '' };
    }
    const merged = mergeByTime([endless(), log('5')]);
    for (let i = 0; i < 10; i += 1) await merged.next();
    expect(read).toBeLessThan(12);
    await merged.return();
  });
});
