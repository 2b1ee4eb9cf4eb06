/**
 * `npm run bench:redeploy`: what visitors notice of redeploys, rollbacks, failures, kills and reloads, under the full load of
 * at least 20,000 requests each; and, side by side, of `docker compose up -d` with a new image. Takes half an hour.
 *
 *   --only NAMES  only these cases, separated by commas: redeploy,rollback
 *   --requests N  so many requests for each case (default 20,000)
 */
import { parseArgs } from 'node:util';
import { reloadHaproxy } from '../roles/haproxy/reload.ts';
import {
  type AppFolder,
  appFolder,
  crashesAfterHealthy,
  type Edit,
  failingMigration,
  neverHealthy,
  redeployInventory,
  version,
} from '../test/e2e/app-variants.ts';
import { startCluster } from '../test/e2e/cluster-site.ts';
import { runOn } from '../test/e2e/host-target.ts';
import { type Load, withLoad } from '../test/e2e/load.ts';
import { environment, events, provision, type Run } from '../test/e2e/provision.ts';
import { type LabHost, startHost } from '../test/lab/host.ts';
import { LabError } from '../test/lab/lab-error.ts';
import { say, step } from '../test/lab/progress.ts';
import { markdownTable } from './table.ts';

const REPLICAS = 2;
/** The sample application's own times, fixed, so that what lies beyond them can be told. */
const START_S = 10;
const HANDSHAKE_S = 5;
const ENV = { READY_AFTER_SECONDS: START_S, PREPARE_MIN_SECONDS: HANDSHAKE_S, PREPARE_MAX_SECONDS: HANDSHAKE_S };
const DEFAULT_REQUESTS = 20_000;
const OWN_ROUNDS = 3;
const HEADS = ['case', 'requests', 'failed', 'longest gap, ms', 'p50, ms', 'p99, ms', 'seconds', 'beyond, s'];
/** What is killed: a step of the algorithm, by its name. */
const STEPS = [
  'build',
  'migrate',
  'start release',
  'become healthy',
  'take requests',
  'drain',
  'get ready to stop',
  'end what is in flight',
  'stop',
];

interface Case {
  readonly name: string;
  /** Exit code that it must have; default 0. */
  readonly exit?: number;
  /** That it drops requests is what it shows. */
  readonly dropsRequests?: boolean;
  run(): Promise<Run>;
}

interface Site {
  readonly host: LabHost;
  readonly app: AppFolder;
  readonly env: NodeJS.ProcessEnv;
  readonly inventory: string;
}

let last = 1;

/** What was measured so far. */
interface Bench {
  /** Requests for each case. */
  readonly atLeast: number;
  isWanted(name: string): boolean;
  readonly rows: string[][];
  /** What did not go as it must. */
  readonly problems: string[];
  /** What a container of the application takes by itself, seconds: from `docker run` until it is healthy, and to be stopped. */
  ownS: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, requests: { type: 'string' } } });
  const atLeast = Number(values.requests ?? DEFAULT_REQUESTS);
  const names = values.only?.split(',');
  const isWanted = (name: string) => names === undefined || names.includes(name);
  const bench: Bench = { atLeast, isWanted, rows: [], problems: [], ownS: Number.NaN };
  await benchOneHost(bench);
  await benchCluster(bench);
  process.stdout.write(`
${markdownTable([HEADS, ...bench.rows])}

Hosts are containers on this machine. The application has ${REPLICAS} replicas a host. Under this load \`docker run\` and
\`docker stop\` took ${bench.ownS.toFixed(1)} s of it, of which it waits ${START_S} s, and its handshake takes ${HANDSHAKE_S} s; "beyond" is what the steps of
a replica take on top of these, HAProxy's checks included. 16 clients, half of them with a connection of their own for each
request.
`);
  if (bench.problems.length > 0) throw new LabError('not all went as it must', bench.problems.join('\n'));
}

async function benchOneHost(bench: Bench): Promise<void> {
  const site = await step('a host with the sample application', start);
  try {
    const url = `https://127.0.0.1:${site.host.ports.https}`;
    const { result } = await step('the application by itself', () =>
      withLoad({ urls: [url], pauseMs: 20 }, () => ownSeconds(site)),
    );
    bench.ownS = result;
    for (const one of casesOf(site)) if (bench.isWanted(one.name)) await measure(bench, [url], one);
  } finally {
    await site.host.stop();
  }
}

async function benchCluster(bench: Bench): Promise<void> {
  const name = 'redeploy of two hosts behind two load balancers';
  if (!bench.isWanted(name)) return;
  const cluster = await step('two hosts behind two load balancers', () => startCluster(ENV));
  try {
    const first = await step('the sample application on them', () => cluster.run('apply', '--yes'));
    if (first.code !== 0) throw new LabError('the inventory cannot be applied', first.stderr.slice(-2000));
    cluster.app.become(version('2'));
    await measure(bench, cluster.urls, { name, run: () => cluster.run('redeploy') });
  } finally {
    await cluster.stop();
  }
}

async function measure({ atLeast, rows, problems, ownS }: Bench, urls: readonly string[], one: Case): Promise<void> {
  const { name, exit = 0, dropsRequests = false, run } = one;
  const load = await step(name, () => withLoad({ urls, pauseMs: 20, atLeast }, run));
  const { result, total, failed } = load;
  const row = rowOf(name, load, ownS);
  rows.push(row);
  // Where it is broken off, what was measured so far is not lost.
  say(row.join(' | '));
  if (result.code !== exit) problems.push(`${name}: exit code ${result.code}\n${result.stderr.slice(-2000)}`);
  if (total < atLeast) problems.push(`${name}: only ${total} requests were answered`);
  if (failed > 0 && !dropsRequests) problems.push(`${name}: ${failed} requests failed`);
}

async function start(): Promise<Site> {
  const app = appFolder();
  app.become(version('1'));
  const inventory = redeployInventory({ app, replicas: REPLICAS, env: ENV, healthTimeout: '30s' });
  const host = await startHost({ name: 'bench-redeploy' });
  const site: Site = { host, app, inventory, env: await environment(host) };
  await applied(site);
  return site;
}

function casesOf(site: Site): readonly Case[] {
  const redeploy = () => command(site, 'redeploy');
  const withEdits = (edits: Record<string, string>, replicas = REPLICAS) =>
    redeployInventory({ app: site.app, replicas, env: ENV, healthTimeout: '30s', edits });
  const apply = (inventory: string) => {
    site.app.become(version(`${last}`));
    return applied(site, inventory);
  };
  const replicas = async (count: number) => {
    const run = await apply(withEdits({}, count));
    const running = await countReplicas(site);
    if (running !== count) throw new LabError(`${running} replicas run, not ${count}`, run.stderr.slice(-2000));
    return run;
  };
  const certificate = 'provider: self-signed\n';
  return [
    { name: 'redeploy', run: () => as(site, [], redeploy) },
    { name: 'rollback', run: () => command(site, 'rollback') },
    { name: 'redeploy, never healthy', exit: 1, run: () => as(site, [neverHealthy()], redeploy) },
    {
      name: 'redeploy, crashes after ten healthy seconds',
      exit: 1,
      run: () => as(site, [crashesAfterHealthy(10)], redeploy),
    },
    { name: 'redeploy, failing migration', exit: 1, run: () => as(site, [failingMigration()], redeploy) },
    {
      name: 'another configuration of haproxy',
      run: () => apply(withEdits({ '      routes:': '      headers: { X-Motto: slowly }\n      routes:' })),
    },
    {
      name: 'another certificate',
      run: () => apply(withEdits({ [certificate]: `${certificate}      alt_names: [www.example.com]\n` })),
    },
    { name: '20 reloads in a row', run: () => reloads(site, 20) },
    ...STEPS.map((at) => ({
      name: `kill -9 at "${at}", then redeploy`,
      run: () =>
        as(site, [], async () => {
          await killedAt(site, at);
          return redeploy();
        }),
    })),
    // Not right after a rollback: the release that is held has its own number of replicas.
    { name: '2 to 4 replicas', run: () => replicas(4) },
    { name: '4 to 2 replicas', run: () => replicas(2) },
    { name: '2 to 1 replica', run: () => replicas(1) },
    {
      name: 'redeploy of a single replica',
      run: () => as(site, [], () => command(site, 'redeploy', withEdits({}, 1))),
    },
    { name: '1 to 2 replicas', run: () => replicas(2) },
    { name: 'docker compose up -d with a new image', dropsRequests: true, run: () => composeUp(site) },
  ];
}

/** The application in a new version, whatever else is wrong with it. */
async function as(site: Site, edits: readonly Edit[], work: () => Promise<Run>): Promise<Run> {
  last += 1;
  site.app.become(version(`${last}`), ...edits);
  return work();
}

function command({ env, inventory }: Site, name: string, other = inventory): Promise<Run> {
  return provision([name, '-i', other, '--json'], env);
}

async function applied({ env, inventory }: Site, other = inventory): Promise<Run> {
  const run = await provision(['apply', '-i', other, '--yes', '--json'], env);
  if (run.code !== 0) throw new LabError('the inventory cannot be applied', run.stdout.slice(-2000));
  return run;
}

async function killedAt({ env, inventory }: Site, at: string): Promise<void> {
  const run = await provision(['redeploy', '-i', inventory, '--verbose'], env, {
    onOutput: (text, child) => text.includes(`: ${at}`) && child.kill('SIGKILL'),
  });
  if (run.code !== -1) throw new LabError(`nothing told of ${at}`, run.stderr.slice(-2000));
}

async function countReplicas({ host }: Site): Promise<number> {
  const { stdout } = await host.exec('docker ps -q --filter name=^palindrome-app- | wc -l');
  return Number(stdout);
}

/** So many times: as an apply does it, and as people do it by hand. */
async function reloads({ host }: Site, count: number): Promise<Run> {
  const started = performance.now();
  for (let i = 0; i < count; i += 1) {
    const result = i % 2 === 0 ? await runOn(host, reloadHaproxy.script) : await host.exec('systemctl reload haproxy');
    if (result.code !== 0) throw new LabError('haproxy cannot be reloaded', result.stderr);
  }
  return { code: 0, stdout: '', stderr: '', seconds: (performance.now() - started) / 1000 };
}

/** What people do who have no tool: the new image under the name that the compose file has, and all containers anew. */
async function composeUp({ host }: Site): Promise<Run> {
  const started = performance.now();
  const result = await host.exec(`
    cd /opt/palindrome && image=$(docker inspect -f '{{.Config.Image}}' $(docker ps -q --filter name=^palindrome-app- | head -1)) &&
    printf 'FROM %s\\nLABEL version=new\\n' "$image" | docker build -q -t "$image" - && docker compose up -d`);
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

function rowOf(name: string, load: Load<Run>, ownS: number): string[] {
  const { total, failed, longestGapMs, p50Ms, p99Ms, result } = load;
  return [
    name,
    total.toLocaleString('en'),
    failed.toLocaleString('en'),
    ...[longestGapMs, p50Ms, p99Ms].map((ms) => ms.toFixed(0)),
    result.seconds.toFixed(1),
    name === 'redeploy' || name === 'rollback' ? (movingSeconds(result) - ownS - HANDSHAKE_S).toFixed(1) : '',
  ];
}

/** What the steps of a replica take, the mean of all. */
function movingSeconds(run: Run): number {
  const steps = events(run).filter((event) => event.type === 'step-finished');
  const moving = steps.filter(({ id }) => /^app-\d+: /.test(id)).reduce((sum, { durationMs }) => sum + durationMs, 0);
  return moving / 1000 / REPLICAS;
}

/** One more container of the application, started and stopped by Docker alone; the mean of some. */
async function ownSeconds({ host }: Site): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < OWN_ROUNDS; i += 1) {
    const { code, stdout, stderr } = await host.exec(`
      set -e
      env=$(mktemp)
      docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' palindrome-app-1 | sed '/^$/d' >"$env"
      image=$(docker inspect -f '{{.Config.Image}}' palindrome-app-1)
      from=$(date +%s%3N)
      docker run -d --name bench --network palindrome_default --env-file "$env" -p 127.0.0.1:18999:5000 "$image" >/dev/null
      until curl -fsm 2 http://127.0.0.1:18999/status >/dev/null 2>&1; do sleep 0.1; done
      docker stop bench >/dev/null
      to=$(date +%s%3N)
      docker rm bench >/dev/null
      rm "$env"
      echo $((to - from))`);
    if (code !== 0) throw new LabError('the application cannot be run by itself', stderr);
    times.push(Number(stdout));
  }
  return times.reduce((sum, timeMs) => sum + timeMs, 0) / times.length / 1000;
}

main().catch((error: unknown) => {
  say(error instanceof LabError ? `${error.message}\n${error.hint}` : String(error));
  process.exitCode = 1;
});
