/** A text that is shown again and again in the same place, as watch(1) does; where that cannot be, one below the other. */
import { mayDraw } from './drawing.ts';
import type { Output } from './reporter.ts';

export interface Screen {
  show(lines: readonly string[]): void;
  /** Leaves what was shown last on the terminal. */
  close(): void;
}

export interface ScreenOutput extends Output {
  readonly isTTY?: boolean | undefined;
  readonly rows?: number | undefined;
}

/** ECMA-48, and the private modes of xterm: another screen, without a cursor. */
const OPEN = '\u001b[?1049h\u001b[?25l';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export function openScreen(output: ScreenOutput, env: Readonly<Record<string, string | undefined>>): Screen {
  if (!mayDraw(output, env)) return { show: (lines) => void output.write(`${lines.join('\n')}\n\n`), close() {} };
  let last: readonly string[] | undefined;
  return {
    show(lines) {
      const room = Math.max(2, output.rows || 24) - 1;
      const left = lines.length - room;
      const shown = left > 0 ? [...lines.slice(0, room - 1), `and ${left + 1} more lines below`] : lines;
      const text = shown.map((line) => `${line}${CLEAR_LINE}\n`).join('');
      output.write(`${last === undefined ? OPEN : ''}${HOME}${text}${CLEAR_BELOW}`);
      last = lines;
    },
    close() {
      if (last === undefined) return;
      output.write(`${CLOSE}${last.join('\n')}\n`);
      last = undefined;
    },
  };
}
