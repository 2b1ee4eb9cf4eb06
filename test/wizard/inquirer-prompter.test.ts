import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inquirerPrompter } from '../../src/wizard/inquirer-prompter.ts';
import { BACK, type Prompter } from '../../src/wizard/prompter.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
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

describe('a text that may be picked', () => {
  const hosts = ['dead', 'web1', 'web10'].map((name) => ({ value: name, name: `${name}: a host` }));
  const ask = (preset: string) => (prompter: Prompter) =>
    prompter.pick({
      message: 'Host',
      choices: hosts,
      default: preset,
      check: (text) => (text === 'x' ? 'refused' : undefined),
    });

  it.each([
    ['is offered', ['', ENTER], 'web1'],
    ['is chosen', [DOWN, ENTER], 'web10'],
    ['is typed', [...'203.0.113.7', ENTER], '203.0.113.7'],
    ['is typed, though others begin like it', [...'deadly', ENTER], 'deadly'],
    ['is typed as it is offered', [...'web1', ENTER], 'web1'],
    ['is looked for and chosen', [...'10', DOWN, ENTER], 'web10'],
    ['is refused, and typed anew', ['x', ENTER, 'y', ENTER], 'y'],
    ['is left by Escape', [ESCAPE], BACK],
  ])('%s', async (_name, keys, answer) => {
    expect(await press(ask('web1'), keys)).toBe(answer);
  });
});

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
