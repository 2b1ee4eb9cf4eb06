import { EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { type Explanation, explain } from '../../inventory/explain.ts';
import { viewHost } from '../../inventory/view.ts';
import { loadReference } from '../../reference/topics.ts';
import { explanationLines } from '../../report/explain-text.ts';
import { nearest } from '../../schema/nearest.ts';
import type { Options } from '../arguments/options.ts';
import { hostNamed } from '../choose-hosts.ts';
import { keyringOf } from '../keyring.ts';
import { loadOptions } from '../load-options.ts';
import { jsonLine, printLines, textOptions } from '../print.ts';

/** `provision explain`: every place that sets a variable for a host, and which one counts. */
export async function execute(options: Options): Promise<ExitCode> {
  const [variable = ''] = options.arguments;
  const inventory = await loadOptions(options, keyringOf(options));
  const view = await viewHost(hostNamed(options.host, inventory, options), inventory, options);
  const explanation = await explainOrSuggest(() => explain(view, variable, inventory), variable);
  if (options.json) printLines([jsonLine('explanation', explanation)]);
  else printLines(explanationLines(explanation, await isDocumented(explanation), textOptions(options)));
  return EXIT.ok;
}

/** What nobody knows on the host may be meant for a role that it does not have. @throws ProvisionError as `explain` */
async function explainOrSuggest(work: () => Explanation, variable: string): Promise<Explanation> {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.code !== 'inventory-unknown-variable') throw error;
    if (/^Did you mean/.test(error.hint ?? '')) throw error;
    const { topics } = await loadReference();
    const roles = topics.filter(({ isRole }) => isRole).map(({ name }) => name);
    const best = nearest(variable, roles);
    if (best === undefined) throw error;
    throw new ProvisionError(error.code, error.message, {
      host: error.host,
      hint: `Did you mean \`${best}\`? The host does not have that role: see provision docs ${best}. ${error.hint ?? ''}`,
    });
  }
}

/** Of what no role reads, the reference may tell something else that has the same name. */
async function isDocumented({ variable, readers }: Explanation): Promise<boolean> {
  const { has } = await loadReference();
  return readers.length > 0 && has(variable);
}
