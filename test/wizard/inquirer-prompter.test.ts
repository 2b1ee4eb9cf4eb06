import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inquirerPrompter } from '../../src/wizard/inquirer-prompter.ts';
import { BACK, type Prompter } from '../../src/wizard/prompter.ts';

const ENTER = '\r';
const ESCAPE = '\u001b';
const BACKSPACE = '\u007f';
const CLEAR_LINE = '\u0015';

/** Asks, presses the keys one after another, and gives the answer. */
async function press(ask: (prompter: Prompter) => Promise<unknown>, keys: readonly string[]): Promise<unknown> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.resume();
  const terminal = { input: input as never, output: output as never, paint: (_style: unknown, text: string) => text };
  const answer = ask(inquirerPrompter(terminal));
  for (const key of keys) {
    // As from fingers: keys that come together would be taken for a paste, Escape for the start of a sequence.
    await delay(key === ESCAPE ? 60 : 10);
    input.write(key);
  }
  return answer;
}

describe('a text', () => {
  const ask = (preset: string, refused?: string) => (prompter: Prompter) =>
    prompter.text({ message: 'Path', default: preset, check: (text) => (text === refused ? 'refused' : undefined) });

  it.each([
    ['is offered', ['', ENTER], '/ab'],
    ['is changed', ['c', ENTER], '/abc'],
    ['is emptied letter by letter', [BACKSPACE, BACKSPACE, BACKSPACE, ENTER], ''],
    ['is emptied at once', [CLEAR_LINE, ENTER], ''],
    ['is replaced', [CLEAR_LINE, 'x', ENTER], 'x'],
  ])('%s', async (_name, keys, answer) => {
    expect(await press(ask('/ab'), keys)).toBe(answer);
  });

  it('that is refused can be mended', async () => {
    expect(await press(ask('/ab', '/ab'), [ENTER, 'c', ENTER])).toBe('/abc');
  });

  it.each([
    ['is offered', [ENTER], '/ab'],
    ['is typed anew', ['x', ENTER], 'x'],
    ['is changed after Tab', ['\t', 'c', ENTER], '/abc'],
  ])('that must be given %s', async (_name, keys, answer) => {
    expect(await press(ask('/ab', ''), keys)).toBe(answer);
  });

  it('is left by Escape', async () => {
    expect(await press(ask('/ab'), [ESCAPE])).toBe(BACK);
  });
});
