import { EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { overviewOf } from '../../inventory/overview.ts';
import type { Inventory } from '../../inventory/types.ts';
import { shownVariables, viewHost } from '../../inventory/view.ts';
import { graphLines, groupEntries, hostLines, yamlLines } from '../../report/inventory-text.ts';
import { suggest } from '../../schema/nearest.ts';
import type { Options } from '../arguments/options.ts';
import { hostNamed, selectedHosts } from '../choose-hosts.ts';
import { tellLeft } from '../ignored-variables.ts';
import { keyringOf } from '../keyring.ts';
import { loadOptions } from '../load-options.ts';
import { jsonLine, printLines, textOptions } from '../print.ts';

const VIEWS: Readonly<Record<string, (inventory: Inventory, options: Options) => string[]>> = { list, graph };

/** `provision inventory`: what an inventory says of its hosts, without looking at one of them. */
export async function execute(options: Options): Promise<ExitCode> {
  const [view = options.host === undefined ? 'list' : 'host', name] = options.arguments;
  const inventory = await loadOptions(options, keyringOf(options));
  if (view === 'host') {
    printLines(await variables(inventory, options, name));
    return EXIT.ok;
  }
  const show = VIEWS[view];
  if (show === undefined) {
    const hint = suggest(view, [...Object.keys(VIEWS), 'host']);
    throw new ProvisionError('usage', `inventory has no view "${view}"`, { hint });
  }
  const extra = name ?? options.host;
  if (extra !== undefined) {
    const hint = `Write inventory host ${extra}, or inventory ${view} --limit ${extra}.`;
    throw new ProvisionError('usage', `inventory ${view} takes no host`, { hint });
  }
  printLines(show(inventory, options));
  return EXIT.ok;
}

function list(inventory: Inventory, options: Options): string[] {
  const entries = selectedHosts(inventory, options).map((host) => overviewOf(host, inventory));
  if (options.json) return entries.map((entry) => jsonLine('inventory-host', entry));
  return hostLines(entries, textOptions(options));
}

function graph(inventory: Inventory, options: Options): string[] {
  const selected = new Set(selectedHosts(inventory, options).map(({ name }) => name));
  const entries = groupEntries(inventory, selected);
  if (options.json) return entries.map((entry) => jsonLine('inventory-group', entry));
  return graphLines(entries, selected.size === inventory.hosts.size);
}

async function variables(inventory: Inventory, options: Options, named: string | undefined): Promise<string[]> {
  const host = hostNamed(named ?? options.host, inventory, options);
  const { variables: shown, left } = shownVariables(await viewHost(host, inventory, options));
  tellLeft(left, 'and stands here as it is written');
  return options.json ? [jsonLine('inventory-variables', { host: host.name, variables: shown })] : yamlLines(shown);
}
