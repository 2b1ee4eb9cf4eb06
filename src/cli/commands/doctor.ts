import { readFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareHost } from '../../engine/host-run.ts';
import { EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { PACKAGE_FILE } from '../../installation.ts';
import { type ResolvedHost, resolveHosts } from '../../inventory/resolve.ts';
import { type Check, missing, ok } from '../../operate/check.ts';
import { eachHost } from '../../operate/each-host.ts';
import { checkHost } from '../../operate/host-checks.ts';
import { checkLocal } from '../../operate/local-checks.ts';
import { doctorLines, type Examined } from '../../report/doctor-text.ts';
import { recordJson } from '../../report/json.ts';
import { userHere } from '../../resources/person.ts';
import { runsFolder } from '../../runs/folder.ts';
import { asProvisionError } from '../../shell/redact.ts';
import type { Options } from '../arguments/options.ts';
import { takeShard } from '../choose-hosts.ts';
import { untilInterrupted, waitFor } from '../hosts.ts';
import { keyringOf } from '../keyring.ts';
import { loadOptions } from '../load-options.ts';
import { printLines, textOptions } from '../print.ts';
import { factsMemory, toTask, traceOf } from '../session.ts';

/** `provision doctor`: what this machine and the hosts need. It changes nothing. */
export async function execute(options: Options): Promise<ExitCode> {
  return untilInterrupted(async (stop) => {
    const { checks, hosts } = await checkInventory(options);
    const local = await checkLocal(await thisMachine(), hosts.length === 0 || !hosts.every(isHere));
    const examined = [
      { where: 'this machine', checks: [...local, ...checks] },
      ...(await checkHosts(hosts, options, stop)),
    ];
    if (stop.aborted) return EXIT.interrupted;
    const lines = options.json ? examined.flatMap(checksJson) : doctorLines(examined, textOptions(options));
    printLines(lines);
    const isMissing = examined.some(({ checks }) => checks.some(({ status }) => status === 'missing'));
    return isMissing ? EXIT.failed : EXIT.ok;
  });
}

async function thisMachine() {
  const { engines } = JSON.parse(await readFile(PACKAGE_FILE, 'utf8')) as { engines: { node: string } };
  const { env, versions } = process;
  return {
    home: homedir(),
    user: userHere(),
    env,
    nodeVersion: versions.node,
    leastNodeVersion: engines.node.replace('>=', ''),
    cacheFolder: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provision'),
    runsFolder: runsFolder(env, homedir()),
    temporaryFolder: tmpdir(),
  };
}

/** An inventory that is wrong is one of the things that doctor finds. */
async function checkInventory(options: Options): Promise<{ checks: Check[]; hosts: readonly ResolvedHost[] }> {
  const { inventory, limit } = options;
  if (inventory.length === 0) return { checks: [], hosts: [] };
  try {
    const hosts = await resolveHosts(await loadOptions(options, keyringOf(options)), { limit });
    const message = `${inventory.join(', ')}: ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`;
    return { checks: [ok('inventory', message)], hosts: takeShard(hosts, options) };
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return { checks: [failure('inventory', error)], hosts: [] };
  }
}

async function checkHosts(
  hosts: readonly ResolvedHost[],
  options: Options,
  stop: AbortSignal,
): Promise<readonly Examined[]> {
  if (hosts.length === 0) return [];
  const waiting = waitFor(
    'looking at the hosts',
    hosts.map(({ name }) => name),
    options,
  );
  const facts = factsMemory();
  const onDone = ({ host }: { host: string }) => waiting.done(host);
  const results = await eachHost(hosts, { forks: options.forks, stop, onDone }, async (host, patiently) => {
    const task = await toTask(host, traceOf(options));
    return patiently(checkHost(await prepareHost(task, facts), { isHere: isHere(host), stop }));
  });
  await waiting.end();
  return results.map(({ host, value, error }) => ({
    where: host,
    checks: value ?? [failure('inventory', asProvisionError(error))],
  }));
}

/** Whether the host is this machine, worked on without ssh. */
function isHere({ settings }: ResolvedHost): boolean {
  return settings.transport === 'local';
}

function failure(name: string, { message, location, hint }: ProvisionError): Check {
  return missing(name, location === undefined ? message : `${location}: ${message}`, hint);
}

function checksJson({ where, checks }: Examined): readonly string[] {
  return checks.map((check) => recordJson('check', { where, ...check }));
}
