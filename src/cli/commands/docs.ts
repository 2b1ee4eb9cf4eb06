import { EXIT, type ExitCode } from '../../errors.ts';
import { loadReference } from '../../reference/topics.ts';
import { foundLines, topicLines } from '../../report/reference-text.ts';
import type { Options } from '../arguments/options.ts';
import { columnsOf, printLines, textOptions } from '../print.ts';

/** `provision docs [TOPIC]`: the reference in the terminal. */
export async function execute(options: Options): Promise<ExitCode> {
  const [topic] = options.arguments;
  const { topics, find } = await loadReference();
  const text = { ...textOptions(options), columns: columnsOf(process.stdout) };
  printLines(topic === undefined ? topicLines(topics, text) : foundLines(find(topic), text));
  return EXIT.ok;
}
