import { EXIT, type ExitCode } from '../errors.ts';
import { loadReference } from '../reference/topics.ts';
import { foundLines, topicLines } from '../report/reference-text.ts';
import type { Options } from './options.ts';
import { printLines, textOptions } from './print.ts';

/** Where there is no terminal to ask. */
const COLUMNS = 80;

/** `provision docs [TOPIC]`: the reference in the terminal. */
export async function execute(options: Options): Promise<ExitCode> {
  const [topic] = options.arguments;
  const { topics, find } = await loadReference();
  const text = { ...textOptions(options), columns: process.stdout.columns ?? COLUMNS };
  printLines(topic === undefined ? topicLines(topics, text) : foundLines(find(topic), text));
  return EXIT.ok;
}
