import { describe, expect, it } from 'vitest';
import { scriptFailure } from '../../src/engine/script-failure.ts';

describe('a script that failed', () => {
  const status = 'the command ended with status 7';
  it.each<[string, string, string, string, string | undefined, string | undefined]>([
    ['says nothing', '', '', status, undefined, undefined],
    ['says it in one line', '', 'no luck\n', 'no luck', status, undefined],
    ['says it where others say what they do', 'no luck\n', '', 'no luck', status, undefined],
    ['says much', '', 'one\ntwo\n', status, 'one\ntwo', undefined],
    ['knows why', '', 'one\nreason: no luck\ntwo\n', 'no luck', 'one\ntwo', undefined],
    ['knows nothing but why', '', 'reason: no luck\n', 'no luck', undefined, undefined],
    ['knows what to do', '', 'reason: no luck\nhint: Try again.\n', 'no luck', undefined, 'Try again.'],
    ['says it at length', '', `${'x'.repeat(300)}\n`, status, 'x'.repeat(300), undefined],
  ])('and %s', (_, stdout, stderr, message, detail, hint) => {
    expect(scriptFailure('the command', { code: 7, stdout, stderr })).toEqual({ message, detail, hint });
  });

  it('shows its last lines', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i}`);
    expect(scriptFailure('the step', { code: 1, stdout: '', stderr: lines.join('\n') }).detail?.split('\n')).toEqual(
      lines.slice(-15),
    );
  });
});
