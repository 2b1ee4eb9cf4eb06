/** The question before anything is changed. */
import { mayDraw } from '../report/drawing.ts';

/** `undefined`: the question was broken off, or there was nobody any more to answer. */
export type Agreement = boolean | undefined;

/** Asks on standard error, where No is offered; on a terminal that cannot be drawn on by a plain line. */
export function agree(message: string): Promise<Agreement> {
  return mayDraw(process.stderr, process.env) ? agreeDrawn(message) : agreePlain(message);
}

async function agreeDrawn(message: string): Promise<Agreement> {
  const { confirm } = await import('@inquirer/prompts');
  try {
    return await confirm({ message, default: false }, { output: process.stderr });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') return undefined;
    throw error;
  }
}

async function agreePlain(message: string): Promise<Agreement> {
  const { createInterface } = await import('node:readline');
  const { stdin: input, stderr: output } = process;
  // Not as a terminal: the line is edited by the system, and nothing is drawn.
  const lines = createInterface({ input, output, terminal: false });
  const end = () => lines.close();
  process.once('SIGINT', end);
  try {
    const answer = await new Promise<string | undefined>((done) => {
      lines.once('close', () => done(undefined));
      lines.question(`${message} (y/N) `, done);
    });
    if (answer === undefined) output.write('\n');
    return answer === undefined ? undefined : /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    process.off('SIGINT', end);
    lines.close();
  }
}
