import { describe, expect, it } from 'vitest';
import { answerText, questionText, rowsOf } from '../../../src/wizard/asking/prompt-text.ts';

const LONG = 'Private key to log in with (none: the agent, then ~/.ssh)';

describe('a question on a terminal', () => {
  it.each<[string, number, { preset: string } | undefined, string]>([
    ['Port', 80, undefined, 'Port'],
    ['Port', 80, { preset: '22' }, 'Port'],
    [LONG, 80, undefined, LONG],
    [LONG, 80, { preset: '~/.ssh/id_ed25519' }, `${LONG}\n `],
    [LONG, 40, undefined, 'Private key to log in with (none: the\n  agent, then ~/.ssh)'],
    [LONG, 120, { preset: '~/.ssh/id_ed25519' }, LONG],
  ])('%s in %i columns, with %j', (message, columns, typed, text) => {
    expect(questionText(message, columns, typed)).toBe(text);
  });

  it.each([
    ['Hosts', 'go on', 'go on'],
    [LONG, 'none in particular', 'none in particular'],
    [`${LONG} (type, or choose)`, 'none in particular', '\n  none in particular'],
    [`${LONG}\n `, '~/.ssh/id_ed25519', '~/.ssh/id_ed25519'],
  ])('%s is answered with %s', (question, answer, text) => {
    expect(answerText(question, answer, 80)).toBe(text);
  });

  it.each([
    ['? Port 22', 1],
    ['? Hosts\n  go on', 2],
    [`? ${'x'.repeat(77)}`, 1],
    [`? ${'x'.repeat(78)}`, 2],
    [`? ${'x'.repeat(90)}`, 2],
  ])('%j takes %i rows of 80 columns', (text, rows) => {
    expect(rowsOf(text, 80)).toBe(rows);
  });
});
