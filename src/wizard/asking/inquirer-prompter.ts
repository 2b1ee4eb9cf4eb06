/** The prompter of a terminal, by @inquirer/prompts. Escape goes back. */
import { createInterface } from 'node:readline';
import { input, password, search, select } from '@inquirer/prompts';
import type { Paint } from '../../report/colour.ts';
import { truncate, wrap } from '../../report/width.ts';
import { choicesWith, matching } from './matching.ts';
import { answerText, questionText, rowsOf } from './prompt-text.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly paint: Paint;
}

/** What inquirer asks with. */
interface Context {
  readonly signal: AbortSignal;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Looked at when the prompt ends. */
  readonly clearPromptOnDone: boolean;
}

interface Key {
  readonly sequence?: string;
}

const ESCAPE = '\u001b';
/** After which an Escape is no beginning of another key's sequence: readline's own half a second is felt. */
const ESCAPE_TIMEOUT_MS = 50;

/** How the line of a topic begins. */
const HEADING = '── ';
/** Room that a list of choices leaves to what stands above it. */
const LINES_ABOVE = 6;
/** The mark before each choice. */
const MARGIN = 4;

/** What inquirer puts before a problem. */
const PROBLEM_MARK = '> ';
const PROBLEM_INDENT = '  ';

function escapesIn(sequence: string): number {
  return sequence.replaceAll(ESCAPE, '') === '' ? sequence.length : 0;
}

export function inquirerPrompter({ input: stdin, output, paint }: Terminal): Prompter {
  const columns = () => output.columns || 80;
  const pageSize = () => Math.max(4, (output.rows || 24) - LINES_ABOVE);
  /** How many rows a heading takes that nothing stands below as yet. */
  let headingRows = 0;
  /** How many rows were written so far. */
  let rows = 0;

  /** How often Escape was pressed beyond the question that it was pressed at. */
  let backs = 0;
  // The first one to read keys from a stream decides how long it waits after Escape.
  createInterface({ input: stdin, terminal: true, escapeCodeTimeout: ESCAPE_TIMEOUT_MS }).close();

  /** The words of what is waited for make room for a question that comes up meanwhile. */
  let waiting: { pause(): void; resume(): void } | undefined;

  function erase(count: number): void {
    // What has left the screen is out of reach.
    const reached = Math.min(count, (output.rows || 24) - 1);
    if (reached > 0) output.write(`\u001b[${reached}A\u001b[J`);
    rows -= count;
  }

  /** As inquirer takes it: it breaks lines anywhere, even within a word. */
  function told(problem: string | undefined): string | true {
    return problem === undefined
      ? true
      : wrap(problem, columns() - PROBLEM_MARK.length - 1).join(`\n${PROBLEM_INDENT}`);
  }

  /** How a question looks, from its first letter to its answer. `typed`: what is on the line when it is asked. */
  function styleOf(typed?: { readonly preset: string }) {
    const shown = { question: '', answer: '' };
    const answer = (text: string) => {
      shown.answer = answerText(shown.question, text, columns());
      return shown.answer.startsWith('\n') ? `\n  ${paint('cyan', text)}` : paint('cyan', text);
    };
    const message = (text: string, status?: string) => {
      // What is answered needs no room to type.
      shown.question = questionText(text, columns(), status === 'done' ? undefined : typed);
      return paint('bold', shown.question);
    };
    return { style: { message, answer }, rows: () => rowsOf(`? ${shown.question} ${shown.answer}`, columns()) };
  }

  /** Each prompt listens for Escape by itself: none of inquirer's takes it for anything. */
  async function withBack<T>(rowsInTheEnd: () => number, ask: (context: Context) => Promise<T>) {
    if (backs > 0) {
      backs -= 1;
      return goBack();
    }
    const pressed = new AbortController();
    const onKey = (_text: string | undefined, { sequence = '' }: Key = {}) => {
      // Those that come together are told as one key.
      const times = escapesIn(sequence);
      if (times === 0) return;
      backs += pressed.signal.aborted ? times : times - 1;
      pressed.abort();
    };
    stdin.on('keypress', onKey);
    waiting?.pause();
    const context: Context = {
      signal: pressed.signal,
      input: stdin,
      output,
      // What was left without an answer would look like one that waits for it.
      get clearPromptOnDone() {
        return pressed.signal.aborted;
      },
    };
    try {
      const answer = await ask(context);
      rows += rowsInTheEnd();
      return answer;
    } catch (error) {
      if (!pressed.signal.aborted || !(error instanceof Error) || error.name !== 'AbortPromptError') throw error;
      return goBack();
    } finally {
      stdin.off('keypress', onKey);
      waiting?.resume();
      headingRows = 0;
    }
  }

  function goBack(): Back {
    erase(headingRows);
    headingRows = 0;
    return BACK;
  }

  return {
    text({ message, default: preset = '', check }) {
      const { style, rows: inTheEnd } = styleOf({ preset });
      return withBack(inTheEnd, async (context) => {
        // What must be given shows its default, and is typed anew.
        if (preset !== '' && (await check('')) !== undefined) {
          const validate = async (text: string) => told(await check(text));
          return input({ message, default: preset, validate, theme: { style } }, context);
        }
        // What is on the line counts: inquirer takes an emptied one for the default.
        let line = preset;
        let accepted: string | undefined;
        const transformer = (value: string, { isFinal }: { readonly isFinal: boolean }) => {
          line = accepted ?? value;
          return isFinal ? style.answer(line) : line;
        };
        const validate = async () => {
          const problem = await check(line);
          if (problem === undefined) accepted = line;
          return told(problem);
        };
        const theme = { style: { ...style, defaultAnswer: () => '' } };
        await input({ message, default: preset, prefill: 'editable', transformer, validate, theme }, context);
        return line;
      }) as Promise<string | Back>;
    },
    choose({ message, choices, default: preset }) {
      const { style, rows: inTheEnd } = styleOf();
      const named = choices.map(({ value, name }) => ({ value, name: truncate(name, columns() - MARGIN) }));
      const common = { message, pageSize: pageSize(), ...(preset !== undefined && { default: preset }) };
      return withBack(inTheEnd, (context) => {
        if (named.length <= pageSize()) {
          return select({ ...common, choices: named, loop: false, theme: { style } }, context);
        }
        // What does not fit the screen is found by typing, and nobody is to think that it ends there.
        const help = paint('dim', `↑↓ navigate • ⏎ select • ${named.length} in all: type to find one`);
        const source = (typed = '') => choicesWith(typed, choices, named);
        return search({ ...common, source, theme: { style: { ...style, keysHelpTip: () => help } } }, context);
      }) as Promise<string | Back>;
    },
    pick({ message, choices, default: preset, check }) {
      const { style, rows: inTheEnd } = styleOf({ preset: '' });
      return withBack(inTheEnd, (context) =>
        search(
          {
            message,
            source: (typed = '') => matching(typed.trim(), choices, columns() - MARGIN),
            ...(preset !== undefined && { default: preset }),
            validate: async (text) => told(await check(text)),
            pageSize: pageSize(),
            theme: { style },
          },
          context,
        ),
      ) as Promise<string | Back>;
    },
    hidden({ message, check }) {
      const { style, rows: inTheEnd } = styleOf({ preset: '' });
      const validate = async (text: string) => told(await check(text));
      return withBack(inTheEnd, (context) =>
        password({ message, mask: true, validate, theme: { style } }, context),
      ) as Promise<string | Back>;
    },
    mark: () => rows,
    rewind: (mark) => erase(rows - mark),
    say(lines) {
      for (const line of lines) {
        const text = styled(line);
        output.write(`${text}\n`);
        rows += text.split('\n').length;
      }
      headingRows = lines.at(-1)?.startsWith(HEADING) ? lines.length : 0;
    },
    async wait(what, work) {
      headingRows = 0;
      const started = performance.now();
      const show = () => {
        const seconds = Math.floor((performance.now() - started) / 1000);
        output.write(`\r\u001b[K${paint('dim', truncate(`${what} … ${seconds} s`, columns() - 1))}`);
      };
      let timer: NodeJS.Timeout | undefined;
      waiting = {
        pause() {
          clearInterval(timer);
          output.write('\r\u001b[K');
        },
        resume() {
          timer = setInterval(show, 1000);
        },
      };
      output.write(paint('dim', `${what} …`));
      waiting.resume();
      try {
        return await work;
      } finally {
        waiting.pause();
        waiting = undefined;
      }
    },
  };

  /** Headings, warnings and what belongs below them. */
  function styled(line: string): string {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const text = wrap(line.trimStart(), columns() - indent.length - 1)
      .map((part, at) => `${indent}${at > 0 && line.startsWith('! ') ? '  ' : ''}${part}`)
      .join('\n');
    if (line.startsWith(HEADING)) return paint('bold', text);
    return line.startsWith('! ') ? paint('yellow', text) : text;
  }
}
