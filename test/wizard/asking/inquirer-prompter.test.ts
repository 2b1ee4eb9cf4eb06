import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inquirerPrompter } from '../../../src/wizard/asking/inquirer-prompter.ts';
import { BACK, type Prompter } from '../../../src/wizard/asking/prompter.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
const ESCAPE = '\u001b';
const BACKSPACE = '\u007f';
const CLEAR_LINE = '\u0015';

/** Asks, presses the keys one after another, and gives the answer. */
async function press(
  ask: (prompter: Prompter) => Promise<unknown>,
  keys: readonly (string | readonly [afterMs: number, key: string])[],
  written: string[] = [],
  size: { columns?: number; rows?: number } = {},
): Promise<unknown> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.on('data', (chunk) => written.push(String(chunk)));
  // A terminal outlives each prompt, as process.stdout does.
  output.end = () => output;
  const terminal = {
    input: input as never,
    output: Object.assign(output, size) as never,
    paint: (_style: unknown, text: string) => text,
  };
  const answer = ask(inquirerPrompter(terminal));
  for (const one of keys) {
    // As from fingers: keys that come together would be taken for a paste, Escape for the start of a sequence.
    const [afterMs, key] = typeof one === 'string' ? [one === ESCAPE ? 60 : 10, one] : one;
    await delay(afterMs);
    input.write(key);
  }
  return answer;
}

/** What a terminal shows of an output: as much as inquirer makes use of. */
function screenOf(output: string): string[] {
  const rows: string[] = [''];
  let [row, column] = [0, 0];
  for (const [part, count, code] of output.matchAll(/\u001b\[\??(\d*)([A-Za-z])|[^\u001b]/g)) {
    if (part === '\n') [row, column] = [row + 1, 0];
    else if (part === '\r' || (code === 'G' && count === '')) column = 0;
    else if (code === 'G') column = Number(count) - 1;
    else if (code === 'A') row = Math.max(0, row - Number(count || 1));
    else if (code === 'B') row += Number(count || 1);
    else if (code === 'K') rows[row] = '';
    else if (code === 'J') rows.splice(row);
    else if (code === undefined) rows[row] = (rows[row] ?? '').padEnd(column).slice(0, column++) + part;
  }
  return Array.from(rows, (text = '') => text.trimEnd());
}

describe('Escape', () => {
  const choices = ['one', 'two'].map((value) => ({ value, name: value }));
  const check = () => undefined;

  it.each<[string, (prompter: Prompter) => Promise<unknown>]>([
    ['a text', (prompter) => prompter.text({ message: 'A path', check })],
    ['a text that wraps', (prompter) => prompter.text({ message: 'A long path '.repeat(10), check })],
    ['choices', (prompter) => prompter.choose({ message: 'Which?', choices })],
    ['a text that may be picked', (prompter) => prompter.pick({ message: 'Which?', choices, check })],
    ['a secret', (prompter) => prompter.hidden({ message: 'Password', check })],
  ])('takes %s away, and the heading that nothing else stands below', async (_name, ask) => {
    const written: string[] = [];
    async function answerAndGoBack(prompter: Prompter): Promise<unknown> {
      prompter.say(['', '── site ──']);
      await prompter.text({ message: 'Domain', default: 'example.com', check });
      prompter.say(['', '── database ──']);
      return ask(prompter);
    }
    expect(await press(answerAndGoBack, [ENTER, 'x', ESCAPE], written)).toBe(BACK);
    expect(screenOf(written.join(''))).toEqual(['', '── site ──', '✔ Domain example.com']);
  });
});

describe('how fast Escape is', () => {
  const check = () => undefined;
  const first = { message: 'First', default: 'a', check };

  /** Three questions, back and forth; what was asked and answered. */
  async function walk(prompter: Prompter): Promise<readonly string[]> {
    const told: string[] = [];
    const asked = ['First', 'Second', 'Third'];
    for (let at = 0; at < asked.length; ) {
      const answer = await prompter.text({ ...first, message: asked[at] ?? '' });
      told.push(`${asked[at]}: ${answer === BACK ? 'back' : String(answer)}`);
      at = answer === BACK ? Math.max(0, at - 1) : at + 1;
    }
    return told;
  }
  const backTwice = ['First: a', 'Second: a', 'Third: back', 'Second: back', 'First: ab', 'Second: a', 'Third: a'];

  it.each<[string, readonly (readonly [ms: number, key: string])[]]>([
    [
      'one after the other',
      [
        [20, ESCAPE],
        [150, ESCAPE],
        [150, 'b'],
      ],
    ],
    [
      'at once',
      [
        [20, ESCAPE + ESCAPE],
        [150, 'b'],
      ],
    ],
    [
      'as fast as a key repeats',
      [
        [20, ESCAPE],
        [30, ESCAPE],
        [150, 'b'],
      ],
    ],
  ])('each counts: %s', async (_name, keys) => {
    expect(await press(walk, [ENTER, ENTER, ...keys, ENTER, ENTER, ENTER])).toEqual(backTwice);
  });
});

describe('choices that do not fit the screen', () => {
  const choices = Array.from({ length: 30 }, (_, i) => ({ value: String(i + 1), name: `web${i + 1}` }));
  const ask = (prompter: Prompter) => prompter.choose({ message: 'Hosts', choices, default: '2' });

  it('are counted, and found by typing', async () => {
    const written: string[] = [];
    expect(await press(ask, ['E', 'B', '2', '7', ENTER], written, { rows: 24 })).toBe('27');
    expect(written.join('')).toContain('30 in all: type to find one');
  });

  it('begin with what is offered', async () => {
    expect(await press(ask, [ENTER], [], { rows: 24 })).toBe('2');
  });

  it('are not counted where all of them are seen', async () => {
    const written: string[] = [];
    expect(await press(ask, [ENTER], written, { rows: 50 })).toBe('2');
    expect(written.join('')).not.toContain('in all');
  });
});

describe('what is gone back over', () => {
  const check = () => undefined;
  const long = 'A question that is so long, with what is typed, that it needs more rows than one';

  it.each<[string, (prompter: Prompter) => Promise<unknown>, readonly string[]]>([
    ['a text', (prompter) => prompter.text({ message: 'Path', default: '/', check }), [ENTER]],
    ['a long text', (prompter) => prompter.text({ message: long, default: 'x'.repeat(60), check }), [ENTER]],
    [
      'a text that was refused',
      (prompter) => prompter.text({ message: 'A', default: 'b', check: (text) => (text === '' ? 'no' : undefined) }),
      [ENTER],
    ],
    [
      'a choice',
      (prompter) => prompter.choose({ message: long, choices: [{ value: 'a', name: 'b'.repeat(70) }] }),
      [ENTER],
    ],
    [
      'a text that was picked',
      (prompter) => prompter.pick({ message: 'Host', choices: [{ value: 'a', name: 'a' }], check }),
      [ENTER],
    ],
    ['a secret', (prompter) => prompter.hidden({ message: 'Password', check }), ['x', ENTER]],
    ['what was said', async (prompter) => prompter.say(['', '── site ──', `! ${'word '.repeat(30)}`]), []],
  ])('is taken away: %s', async (_name, ask, keys) => {
    const written: string[] = [];
    async function answerAndGoBack(prompter: Prompter): Promise<void> {
      await prompter.text({ message: 'Domain', default: 'example.com', check });
      const mark = prompter.mark();
      await ask(prompter);
      prompter.rewind(mark);
      prompter.say(['the end']);
    }
    await press(answerAndGoBack, [ENTER, ...keys], written);
    expect(screenOf(written.join(''))).toEqual(['✔ Domain example.com', 'the end']);
  });
});

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

  it('that is refused is told why, without breaking a word', async () => {
    const written: string[] = [];
    const problem = `${'what was typed cannot be taken, '.repeat(4)}and so on`;
    const ask = (prompter: Prompter) =>
      prompter.text({ message: 'A path', check: (text) => (text === 'bc' ? undefined : problem) });
    await press(ask, ['b', ENTER, '', 'c', ENTER], written);
    const shown = screenOf(written.join('').slice(0, written.join('').lastIndexOf('and so on') + 9));
    const at = shown.findIndex((line) => line.startsWith('> '));
    const lines = shown.slice(at);
    expect(lines.map((line) => line.slice(2)).join(' ')).toBe(problem);
    expect(lines.every((line) => line.length < 80)).toBe(true);
  });

  it('that is left empty leaves no empty line, however long the question', async () => {
    const written: string[] = [];
    const message = 'Path that asks it to finish before a stop, as said (empty: none)';
    const ask = async (prompter: Prompter) => {
      const mark = prompter.mark();
      await prompter.text({ message, check: () => undefined });
      expect(prompter.mark() - mark).toBe(1);
      prompter.say(['the end']);
    };
    await press(ask, [ENTER], written);
    expect(screenOf(written.join(''))).toEqual([`✔ ${message}`, 'the end']);
  });

  it('is asked for on a terminal that does not know its width', async () => {
    const written: string[] = [];
    const ask = (prompter: Prompter) => {
      prompter.say(['! two words']);
      return prompter.text({ message: 'Name', check: () => undefined });
    };
    await press(ask, ['b', ENTER], written, { columns: 0, rows: 0 });
    expect(written.join('')).toContain('! two words\n');
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

it('what is waited for makes room for a question that comes up meanwhile', async () => {
  const written: string[] = [];
  await press(
    (prompter) => prompter.wait('connecting', prompter.hidden({ message: 'Vault password:', check: () => undefined })),
    ['x', ENTER],
    written,
  );
  expect(screenOf(written.join(''))).toEqual(['✔ Vault password: *', '']);
});
