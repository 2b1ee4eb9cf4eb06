/** What the wizard does where somebody has changed an inventory since it was opened: nothing of that is lost without a word. */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import type { Tools } from './asking/ask.ts';
import { BACK, type Back } from './asking/prompter.ts';
import type { Opened } from './opened.ts';
import type { Answers, Choice } from './question.ts';
import { changeLines, reapply } from './reapply.ts';

/** By which a text is known again. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The answers as they go with the file as it is now. Where they do not, it asks.
 * @param base what the file said when they were given; undefined where that is not known, or there was no file
 * @returns undefined where it is to be left for now
 */
export async function applyTo(
  there: Opened,
  mine: Answers,
  base: Answers | undefined,
  { prompter, machine }: Tools,
): Promise<Answers | Back | undefined> {
  const file = there.file === undefined ? '' : relative(machine.folder, there.file);
  if (there.text === undefined) {
    prompter.say([`! ${file} is gone: somebody has removed or renamed it`]);
    const anew = { value: 'on', name: 'go on, and write it anew: what only the file said is lost' };
    return choose(anew, mine);
  }
  const result = base && reapply(mine, base, there, machine);
  if (result !== undefined && result.lost.length === 0) {
    prompter.say(changeLines(file, result));
    return result.answers;
  }
  const lost = result?.lost.map(({ prompt }) => `  ${prompt}`) ?? [];
  prompter.say([
    `! ${file} has changed since, and the answers do not go with it any more${lost.length > 0 ? ':' : ''}`,
    ...lost,
  ]);
  return choose({ value: 'on', name: 'go on with the file as it is: the answers are dropped' }, there.answers);

  async function choose(goOn: Choice, answers: Answers): Promise<Answers | Back | undefined> {
    const chosen = await prompter.choose({
      message: `What about ${file}?`,
      choices: [goOn, { value: 'leave', name: 'leave it for now: the answers are kept' }],
      default: 'leave',
    });
    if (chosen === BACK) return BACK;
    return chosen === 'leave' ? undefined : answers;
  }
}
