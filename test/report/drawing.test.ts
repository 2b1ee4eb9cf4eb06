import { describe, expect, it } from 'vitest';
import { mayDraw, whyNotDrawn } from '../../src/report/drawing.ts';

describe('whether a terminal can be drawn on', () => {
  it.each<[NodeJS.ProcessEnv, boolean, boolean, string | undefined]>([
    [{ TERM: 'xterm' }, true, true, undefined],
    [{}, true, true, undefined],
    [{ TERM: 'xterm' }, false, false, undefined],
    [{ TERM: 'dumb' }, true, false, 'TERM=dumb'],
    [{ TERM: 'xterm', CI: '1' }, true, false, 'CI=1'],
    [{ CI: 'true' }, true, false, 'CI=true'],
    [{ CI: 'false' }, true, true, undefined],
    [{ CI: '' }, true, true, undefined],
  ])('%j, a terminal: %s', (env, isTTY, drawn, why) => {
    expect([mayDraw({ isTTY }, env), whyNotDrawn(env)]).toEqual([drawn, why]);
  });
});
