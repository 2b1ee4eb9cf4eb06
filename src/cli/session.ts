/** What every command that works on hosts needs: the hosts, checked before one is touched; a report; and Ctrl-C. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Listing } from '../deploy/listing.ts';
import type { DeployTasks } from '../deploy/participants.ts';
import type { DeployRequest } from '../deploy/project.ts';
import type { DeployResult } from '../deploy/run.ts';
import type { Emit, HostSummary, RunMode } from '../engine/events.ts';
import { type FactsMemory, factsFolder } from '../engine/facts-memory.ts';
import type { HostTask } from '../engine/host-run.ts';
import { runHosts } from '../engine/run.ts';
import { EXIT, type ExitCode, ProvisionError } from '../errors.ts';
import { type ResolvedHost, resolveHosts } from '../inventory/resolve.ts';
import { createReporter } from '../report/create-reporter.ts';
import { mayDraw } from '../report/drawing.ts';
import type { Reporter } from '../report/reporter.ts';
import { personHere, userHere } from '../resources/person.ts';
import { redact } from '../shell/redact.ts';
import { connect } from '../transport/connect.ts';
import { resolveAddress } from '../transport/ssh-config.ts';
import { traceConnection } from '../transport/trace.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Options } from './arguments/options.ts';
import { takeShard } from './choose-hosts.ts';
import { tellIgnored } from './ignored-variables.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';
import { keyringOf } from './keyring.ts';
import { loadOptions } from './load-options.ts';
import { colourOf, columnsOf } from './print.ts';
import { withRunLog } from './run-log.ts';

/** What resolving an address may find wrong stands here, as a rule: a key file that cannot be read. */
const KEY_FILE_PATH = ['ansible_ssh_private_key_file'];

export interface Session {
  /** Plans or applies all selected hosts, and reports it. */
  run(mode: 'plan' | 'apply'): Promise<readonly HostSummary[]>;
  /** Replaces what is outdated on the selected hosts, replica by replica. */
  deploy(wish: DeployWish): Promise<DeployResult>;
  /** What releases the selected hosts keep, and the first failure to look at one. */
  listReleases(): Promise<{ readonly listings: readonly Listing[]; readonly error: ProvisionError | undefined }>;
  /** Where visitors find what the first load balancer serves. @throws ProvisionError `usage` where that cannot be told */
  siteUrl(): Promise<string>;
  /** Writes lines to standard output, after all that is shown already. */
  print(lines: readonly string[]): Promise<void>;
  /** Asks the user while the report stands still. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Writes down that the user has seen the plan, and does not want it. */
  decline(): void;
}

type Work<T> = (session: Session) => Promise<T>;

export type DeployWish = Pick<DeployRequest, 'action' | 'to' | 'version'> & Pick<DeployTasks, 'failed'>;

export interface SessionOptions {
  /** What opens encrypted values; by default as the options say. */
  readonly keyring?: Keyring | undefined;
  /** Is told of events as the reporter is. */
  readonly alsoTo?: Emit;
}

/**
 * Reads and checks everything, then lets `work` run the hosts; ends the report however that ends.
 * @throws ProvisionError whatever is wrong with command line, inventory or keys: no host was touched then
 */
export async function withSession<T>(
  options: Options,
  work: Work<T>,
  { keyring = keyringOf(options), alsoTo }: SessionOptions = {},
): Promise<T> {
  const reporter = openReporter(options);
  const emit: Emit = (event) => {
    alsoTo?.(event);
    reporter.handle(event);
  };
  const trace = traceOf(options);
  const tasks = await readTasks(options, keyring, trace);
  let everyone: Promise<DeployTasks> | undefined;
  const withAll = () => {
    everyone ??= withOthers(tasks, options, keyring, trace);
    return everyone;
  };
  const interrupt = listenForInterrupt((message) => {
    void reporter.pause(async () => process.stderr.write(`\n${message}\n`));
  });
  try {
    return await work({
      async run(mode) {
        // A redeploy may follow, and what is wrong with the other hosts must not end that in the middle.
        if (mode === 'apply') await withAll();
        return runHosts(tasks, { ...runOptions(options, mode, emit, interrupt), mode });
      },
      async deploy(wish) {
        // Loaded when needed: a run that changes nothing does without.
        const { deployHosts } = await import('../deploy/run.ts');
        const { failed, ...work } = wish;
        return deployHosts(
          { ...(await withAll()), failed },
          { ...runOptions(options, work.action, emit, interrupt), ...work },
        );
      },
      async listReleases() {
        const { listReleases } = await import('../deploy/listing.ts');
        return listReleases(tasks, runOptions(options, 'releases', emit, interrupt));
      },
      async siteUrl() {
        const { siteUrl } = await import('../deploy/site-url.ts');
        return siteUrl(await withAll(), runOptions(options, 'prove', emit, interrupt).facts);
      },
      print: (lines) =>
        reporter.pause(async () => {
          for (const line of lines) process.stdout.write(`${line}\n`);
        }),
      ask: (question) => reporter.pause(question),
      decline: () => emit({ type: 'plan-declined' }),
    });
  } finally {
    interrupt.release();
    await reporter.finish();
  }
}

/** The same for a run that leaves a log, and the page that `--report` asks for. @throws ProvisionError `report-unwritable` besides */
export async function withLoggedSession(
  command: RunMode,
  options: Options,
  work: Work<ExitCode>,
  keyring?: Keyring,
): Promise<ExitCode> {
  return withRunLog(command, options, (alsoTo) => withSession(options, work, { keyring, alsoTo }));
}

export type Trace = ((text: string) => void) | undefined;

/** Where `--debug` tells of exchanges. */
export function traceOf({ debug }: Options): Trace {
  return debug ? (text) => void process.stderr.write(`${redact(text)}\n`) : undefined;
}

/** The selected hosts, checked. @throws ProvisionError whatever is wrong with inventory or keys */
export async function readTasks(options: Options, keyring: Keyring, trace: Trace): Promise<readonly HostTask[]> {
  const { limit, roles } = options;
  // All that are chosen are read and checked, whatever the shard: a mistake in the inventory ends all jobs alike.
  const hosts = await resolveHosts(await loadOptions(options, keyring), {
    limit,
    roles: roles.length > 0 ? roles : undefined,
  });
  tellIgnored(hosts);
  return Promise.all(takeShard(hosts, options).map((host) => toTask(host, trace)));
}

/** The hosts with all of their roles, and those that were not chosen: a load balancer may be among them that sends requests there. */
async function withOthers(
  tasks: readonly HostTask[],
  options: Options,
  keyring: Keyring,
  trace: Trace,
): Promise<DeployTasks> {
  if (options.limit === undefined && options.roles.length === 0) return { chosen: tasks };
  const names = new Set(tasks.map(({ name }) => name));
  const all = await readTasks({ ...options, limit: undefined, shard: undefined, roles: [] }, keyring, trace);
  const [chosen = [], others = []] = [true, false].map((is) => all.filter(({ name }) => names.has(name) === is));
  return { chosen, others };
}

/** Resolving the address reads ssh's config and the keys: what cannot be read shows now. */
export async function toTask(host: ResolvedHost, trace: Trace): Promise<HostTask> {
  const { name, settings, roles, secrets, inventoryDir, peers } = host;
  const { SSH_AUTH_SOCK: agentSocket } = process.env;
  const surroundings = { home: homedir(), user: userHere(), ...(agentSocket ? { agentSocket } : {}) };
  const address = await resolveAddress(settings, surroundings).catch((error: unknown) => {
    throw error instanceof ProvisionError ? error.at({ host: name, location: host.origin(KEY_FILE_PATH) }) : error;
  });
  return {
    name,
    address: address.transport === 'local' ? 'this machine' : `${address.user}@${address.hostname}:${address.port}`,
    hostname: address.transport === 'local' ? 'localhost' : address.hostname,
    roles,
    secrets,
    localPath: (path) => resolve(inventoryDir, path),
    peers,
    async connect() {
      const connection = await connect(address);
      return trace ? traceConnection(connection, trace) : connection;
    },
  };
}

/** Whether standard error can be drawn on. */
export function isLive({ debug }: Pick<Options, 'debug'>): boolean {
  return mayDraw(process.stderr, process.env) && !debug;
}

/** What is remembered of hosts from run to run. */
export function factsMemory(): FactsMemory {
  return factsFolder(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provision', 'facts'));
}

function openReporter(options: Options): Reporter {
  const { json, verbose, diff, debug } = options;
  const { stdout, stderr } = process;
  return createReporter({
    mode: json ? 'json' : isLive(options) ? 'terminal' : 'plain',
    stdout,
    stderr,
    colour: { stdout: colourOf(stdout, options), stderr: colourOf(stderr, options) },
    columns: columnsOf(stdout, stderr),
    rows: stderr.rows || 24,
    verbose,
    diff,
    debug,
  });
}

function runOptions({ forks, lockWaitMs }: Options, command: string, emit: Emit, interrupt: Interrupt) {
  const by = personHere();
  return {
    forks,
    emit,
    facts: factsMemory(),
    by,
    holder: `${by}, provision ${command}, process ${process.pid}`,
    lockWaitMs,
    stop: interrupt.stop,
    abort: interrupt.abort,
  };
}

/** Whether an apply would have something to do. */
export function isDrift(summaries: readonly HostSummary[]): boolean {
  return summaries.some(({ status }) => status === 'changed');
}

/** What the summaries come to: a failed task weighs more than a host that could not be reached. */
export function exitCodeOf(summaries: readonly HostSummary[]): ExitCode {
  const is = (status: HostSummary['status']) => summaries.some((summary) => summary.status === status);
  if (is('interrupted')) return EXIT.interrupted;
  if (is('failed')) return EXIT.failed;
  return is('unreachable') ? EXIT.unreachable : EXIT.ok;
}
