import { EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { suggestion } from '../arguments/commands.ts';
import { LIST_NAMES } from '../arguments/option-specs.ts';
import type { Options } from '../arguments/options.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';

const SCRIPTS: Readonly<Record<string, () => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `provision completion SHELL`: the script; and what the scripts ask for, a name a line. */
export async function execute({ arguments: [word = '', beginning = ''], inventory }: Options): Promise<ExitCode> {
  const script = SCRIPTS[word];
  const list = LIST_NAMES.find((name) => name === word);
  if (script !== undefined) process.stdout.write(script());
  else if (list !== undefined) await printList(list, inventory, beginning);
  else throw unknown(word);
  return EXIT.ok;
}

async function printList(
  list: (typeof LIST_NAMES)[number],
  inventory: readonly string[],
  beginning: string,
): Promise<void> {
  const { listNamed } = await import('../completion/lists.ts');
  process.stdout.write((await listNamed(list, inventory, beginning)).map((name) => `${name}\n`).join(''));
}

function unknown(word: string): ProvisionError {
  const shells = Object.keys(SCRIPTS);
  return new ProvisionError('usage', `there is no completion for "${word}"`, {
    hint: suggestion(word, shells, `There is one for ${shells.join(', ')}.`),
  });
}
