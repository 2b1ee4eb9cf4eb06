import { describe, expect, it } from 'vitest';
import { openScreen } from '../../src/report/screen.ts';
import { createSink } from './streams.ts';

const ESCAPE = '\u001b';

describe('openScreen', () => {
  it('draws in the same place, and leaves the last text behind', () => {
    const sink = createSink({ isTTY: true });
    const screen = openScreen(sink, {});
    screen.show(['one']);
    screen.show(['two']);
    screen.close();
    screen.close();
    expect(sink.text().replaceAll(ESCAPE, '^')).toBe(
      '^[?1049h^[?25l^[Hone^[K\n^[J' + '^[Htwo^[K\n^[J' + '^[?25h^[?1049ltwo\n',
    );
  });

  it('cuts what does not fit', () => {
    const sink = createSink({ isTTY: true });
    openScreen(sink, {}).show(Array.from({ length: 40 }, (_, i) => `line ${i}`));
    expect(sink.text()).toContain('line 21');
    expect(sink.text()).not.toContain('line 22');
    expect(sink.text()).toContain('and 18 more lines below');
    expect(sink.text().split('\n').length).toBeLessThanOrEqual(24);
  });

  it.each([
    ['no terminal', false, {}],
    ['a dumb one', true, { TERM: 'dumb' }],
    ['one of a job of CI', true, { CI: '1' }],
  ])('prints anew on %s', (_, isTTY, env) => {
    const sink = createSink({ isTTY });
    const screen = openScreen(sink, env);
    screen.show(['one']);
    screen.show(['two']);
    screen.close();
    expect(sink.text()).toBe('one\n\ntwo\n\n');
  });
});
