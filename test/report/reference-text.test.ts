import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../src/reference/markdown.ts';
import { loadReference, type Topic } from '../../src/reference/topics.ts';
import { createPaint } from '../../src/report/colour.ts';
import { foundLines, topicLines } from '../../src/report/reference-text.ts';
import { textWidth } from '../../src/report/width.ts';
import { PLAIN_TEXT } from './streams.ts';

const TEXT = `One **strong** word, and a [link](#there) to [elsewhere](https://example.com/a).

1. first, which is long enough that it does not fit into one line of the terminal at all
2. second

| key of \`a.NAME\` | type | default | meaning |
|---|---|---|---|
| \`b\`, \`c\` | text | \`x\` | what it means |
| \`d\` | number | – | |
| \`e\` | list | required | |

\`\`\`yaml
a:

  b: 1
\`\`\`
`;
const TOPIC: Topic = { name: 'a', page: 'roles', title: 'A', isRole: true, blocks: blocksOf(TEXT) };

describe('foundLines', () => {
  it('sets a section for a terminal', () => {
    const others: Topic[] = [{ ...TOPIC, page: 'resources' }];
    expect(foundLines({ kind: 'section', topic: TOPIC, others }, PLAIN_TEXT)).toEqual([
      'A',
      '',
      'One strong word, and a link to elsewhere (https://example.com/a).',
      '',
      '1. first, which is long enough that it does not fit into one line of the',
      '   terminal at all',
      '2. second',
      '',
      'keys of a.NAME',
      '  b, c  text; default `x`',
      '        what it means',
      '  d     number',
      '  e     list; required',
      '',
      '    a:',
      '',
      '      b: 1',
      '',
      'See also provision docs resources.a',
    ]);
  });

  it('paints words, so that a broken line leaves no colour behind', () => {
    const blocks = blocksOf('`one two`');
    const found = { kind: 'section', topic: { ...TOPIC, blocks }, others: [] } as const;
    const [, , line = ''] = foundLines(found, { columns: 80, paint: createPaint(true) });
    expect(line).toBe('\u001b[36m`one\u001b[39m \u001b[36mtwo`\u001b[39m');
  });

  const whole = loadReference();

  it.each([40, 80, 120])('fits %i columns, but for code and long words', async (columns) => {
    for (const topic of (await whole).topics) {
      const prose = topic.blocks.filter(({ kind }) => kind !== 'code');
      const found = { kind: 'section', topic: { ...topic, blocks: prose }, others: [] } as const;
      const wide = foundLines(found, { ...PLAIN_TEXT, columns }).filter((line) => textWidth(line) > columns);
      expect(wide.filter((line) => line.trim().includes(' ') && columns > 40)).toEqual([]);
    }
  });

  it('lists every topic once for each page', async () => {
    const { topics } = await whole;
    const text = topicLines(topics, PLAIN_TEXT);
    expect(text.filter((line) => textWidth(line) > 80)).toEqual([]);
    const listed = text.flatMap((line) => line.split(/[, ]+/));
    expect(topics.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual([]);
  });
});
