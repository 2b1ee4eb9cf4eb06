/** A terminal without a window, as tmux has it: programs run in it as under the eyes of a user. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  /** All that the shell has, besides what tmux sets for every program. */
  readonly env: NodeJS.ProcessEnv;
  readonly prompt: string;
}

export interface Terminal {
  /** What is on the screen, line by line, without empty lines at its end; with `colours` also its SGR sequences. */
  look(options?: { readonly colours?: boolean }): readonly string[];
  /** Types a text as it is. */
  type(text: string): void;
  /** Presses keys by the names that tmux has for them: `Enter`, `C-c`. */
  press(...keys: readonly string[]): void;
  /** Ends all that runs in it. */
  close(): void;
}

/** Opens a terminal in which a shell waits. @throws Error where tmux is missing, or refuses */
export function openTerminal({ columns, rows, cwd, env, prompt }: TerminalOptions): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'provision-terminal-'));
  function tmux(...args: string[]): string {
    const { stdout, status, stderr, error } = spawnSync('tmux', ['-S', join(folder, 'socket'), ...args], {
      encoding: 'utf8',
      // The shell inherits what the first of these has.
      env,
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${error?.message ?? stderr}`);
    return stdout;
  }
  // Set last of all: what starts a shell for tmux may set these itself.
  const shell = ['env', `PS1=${prompt}`, `PATH=${env.PATH}`, `HOME=${env.HOME}`, 'sh'];
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, ...shell);
  return {
    look: ({ colours = false } = {}) =>
      tmux('capture-pane', ...(colours ? ['-e'] : []), '-p')
        .trimEnd()
        .split('\n'),
    type: (text) => void tmux('send-keys', '-l', text),
    press: (...keys) => void tmux('send-keys', ...keys),
    close() {
      tmux('kill-server');
      rmSync(folder, { recursive: true });
    },
  };
}
