import { EXIT, type ExitCode } from '../errors.ts';
import { type Explanation, explain } from '../inventory/explain.ts';
import { viewHost } from '../inventory/view.ts';
import { loadReference } from '../reference/topics.ts';
import { explanationLines } from '../report/explain-text.ts';
import { hostNamed } from './choose-hosts.ts';
import { keyringOf } from './keyring.ts';
import { loadOptions } from './load-options.ts';
import type { Options } from './options.ts';
import { jsonLine, printLines, textOptions } from './print.ts';

/** `provision explain`: every place that sets a variable for a host, and which one counts. */
export async function execute(options: Options): Promise<ExitCode> {
  const [variable = ''] = options.arguments;
  const inventory = await loadOptions(options, keyringOf(options));
  const view = await viewHost(hostNamed(options.host, inventory, options), inventory);
  const explanation = explain(view, variable, inventory);
  if (options.json) printLines([jsonLine('explanation', explanation)]);
  else printLines(explanationLines(explanation, await isDocumented(explanation), textOptions(options)));
  return EXIT.ok;
}

/** Of what no role reads, the reference may tell something else that has the same name. */
async function isDocumented({ variable, readers }: Explanation): Promise<boolean> {
  const { has } = await loadReference();
  return readers.length > 0 && has(variable);
}
