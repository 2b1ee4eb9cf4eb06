/** The demo's site on a host of its own, to be redeployed while clients ask it; what is seen there is seen without the tool. */
import { expect } from 'vitest';
import { type LabHost, startHost } from '../lab/host.ts';
import { type AppFolder, appFolder, type Edit, type RedeploySettings, redeployInventory } from './app-variants.ts';
import { eventually } from './eventually.ts';
import { type LoadOptions, withLoad } from './load.ts';
import { environment, provision, type Run, type RunHooks } from './provision.ts';

const FOLDER = '/opt/palindrome';

export interface RedeploySite {
  readonly host: LabHost;
  readonly app: AppFolder;
  readonly env: NodeJS.ProcessEnv;
  readonly url: string;
  /** What every run uses unless it is told another one. */
  readonly inventory: string;
}

/** Starts a host and applies the inventory, with the application in this version. */
export async function startSite(
  name: string,
  settings: Omit<RedeploySettings, 'app'> = {},
  variants: readonly Edit[] = [],
): Promise<RedeploySite> {
  const app = appFolder();
  app.become(...variants);
  const inventory = redeployInventory({ ...settings, app });
  const host = await startHost({ name });
  const site = { host, app, inventory, env: await environment(host), url: `https://127.0.0.1:${host.ports.https}` };
  try {
    await succeeds(apply(site));
    return site;
  } catch (error) {
    await host.stop();
    throw error;
  }
}

export function apply({ env, inventory }: RedeploySite, other = inventory, hooks: RunHooks = {}): Promise<Run> {
  return provision(['apply', '-i', other, '--yes', '--verbose'], env, hooks);
}

/** `redeploy`, `rollback` and `releases`, told line by line. */
export function command(
  { env, inventory }: RedeploySite,
  args: readonly [name: 'plan' | 'redeploy' | 'rollback' | 'releases', ...options: readonly string[]],
  { other = inventory, ...hooks }: RunHooks & { readonly other?: string } = {},
): Promise<Run> {
  const verbose = args[0] === 'releases' ? [] : ['--verbose'];
  return provision([...args, '-i', other, ...verbose], env, hooks);
}

/** All that a run printed. */
export function output({ stdout, stderr }: Run): string {
  return `${stderr}\n${stdout}`;
}

/** Where people look first when something failed. */
export function lastLines({ stdout, stderr }: Run): string {
  return [stderr, stdout].map((text) => text.trimEnd().split('\n').slice(-20).join('\n')).join('\n');
}

export async function succeeds(running: Promise<Run>): Promise<Run> {
  const run = await running;
  expect(run.code, output(run)).toBe(0);
  return run;
}

/** Runs the work while clients ask the site, none of whom may notice. @returns what the work gave */
export async function unnoticed<T>(
  { url }: RedeploySite,
  work: () => Promise<T>,
  options: Omit<LoadOptions, 'urls'> = {},
): Promise<T> {
  const { result, total, failed, failures } = await withLoad({ urls: [url], ...options }, work);
  expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
  expect(total).toBeGreaterThan(0);
  return result;
}

/** Every container of the application that runs: its name, and what changes when it is touched. */
export async function replicas({ host }: RedeploySite): Promise<Record<string, string>> {
  const { stdout } = await host.exec(`
    docker inspect -f '{{.Name}} {{.Id}} {{.State.StartedAt}}' $(docker ps -q --filter name=^palindrome-app-)`);
  return Object.fromEntries(
    lines(stdout).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
}

/** What each running replica says of its version on its own port, sorted. */
export async function versions({ host }: RedeploySite): Promise<string[]> {
  const { stdout } = await host.exec(`
    for port in $(docker ps --filter name=^palindrome-app- --format '{{.Ports}}' | grep -o '127\\.0\\.0\\.1:[0-9]*'); do
      curl -fsm 5 "http://$port/version"; echo
    done`);
  return lines(stdout).sort();
}

/** Images and environments of the running replicas, without what differs between them. */
export async function definitions({ host }: RedeploySite): Promise<string[]> {
  const { stdout } = await host.exec(`
    docker inspect -f '{{.Image}} {{json .Config.Env}}' $(docker ps -q --filter name=^palindrome-app-)`);
  // Compose writes the variables in any order.
  const sorted = lines(stdout).map((line) => {
    const space = line.indexOf(' ');
    return JSON.stringify([line.slice(0, space), (JSON.parse(line.slice(space)) as string[]).sort()]);
  });
  return [...new Set(sorted)].sort();
}

/** The number of the release that the host is at. */
export async function currentRelease({ host }: RedeploySite): Promise<number> {
  const { stdout } = await host.exec(`readlink -f $(find ${FOLDER}/.provision -maxdepth 2 -name current)`);
  return Number(stdout.trim().split('/').at(-1));
}

/** `docker compose up -d` as somebody types it who knows nothing of provision. */
export async function composeUp({ host }: RedeploySite): Promise<void> {
  const { code, stderr } = await host.exec(`cd ${FOLDER} && docker compose up -d`);
  expect(code, stderr).toBe(0);
}

/** All replicas run this version and are in traffic; none is left drained, none too many. */
export async function isWhole(site: RedeploySite, version: string, count = 2): Promise<void> {
  await eventually(async () => {
    expect(await versions(site)).toEqual(Array(count).fill(version));
    const servers = await haproxyServers(site);
    expect(servers.filter(({ isUp }) => isUp)).toHaveLength(count);
    expect(servers.filter(({ isHeldBack }) => isHeldBack)).toEqual([]);
  });
}

/** Fields of a line: 4 the server, 6 its state (2 is up), 7 what an administrator set (0 is nothing). */
async function haproxyServers({ host }: RedeploySite) {
  const { stdout } = await host.exec("echo 'show servers state app' | socat - /run/haproxy/admin.sock");
  return lines(stdout)
    .map((line) => line.split(' '))
    .filter(([, backend]) => backend === 'app')
    .map((fields) => ({ name: fields[3], isUp: fields[5] === '2', isHeldBack: fields[6] !== '0' }));
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
