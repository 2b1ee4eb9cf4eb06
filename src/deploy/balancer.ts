/** The load balancers of a service, told through haproxy's own sockets: who gets requests, who is healthy, what is in flight. */
import { ProvisionError } from '../errors.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import type { DeployHost } from './deploy-host.ts';

/** A server of a load balancer: the place of one replica. */
export interface Server {
  readonly balancer: DeployHost;
  readonly backend: string;
  readonly server: string;
}

/** What a load balancer knows of a server, over all of its processes. */
export interface ServerState {
  readonly server: Server;
  /** Undefined where it does not run, or does not know the server. */
  readonly isHealthy: boolean | undefined;
  /** In words of haproxy: `DRAIN L7STS 404`; or `not running`, or `unknown` where it does not know the server. */
  readonly state: string;
  /** Requests that it works on, and those that wait for it. */
  readonly inFlight: number;
  /** Whether its newest process sends it new requests. */
  readonly isInBalance: boolean;
}

const LIMIT_MS = 20_000;
/** Of all backends: by its name alone, one that is called as a frontend is not found. */
const ALL_SERVERS = 'show stat -1 4 -1';

/**
 * Takes servers out of the balance. The processes that an earlier reload has left behind cannot be told (`Proxy is disabled`): what
 * they still work on is in flight, and a connection that is kept alive there ends with its next answer.
 */
export async function drain(servers: readonly Server[]): Promise<void> {
  await eachBalancer(servers, (balancer, own) => tell(balancer, own.map(drainCommand)));
}

/**
 * Takes servers back into the balance, with their configured weight: somebody may have set one of 0, with which a server that is
 * ready gets no requests.
 */
export async function letIn(servers: readonly Server[]): Promise<void> {
  await eachBalancer(servers, (balancer, own) => tell(balancer, own.flatMap(letInCommands)));
}

/**
 * As `letIn`, for the places of replicas that were stopped: they are down. haproxy itself takes them for healthy until it has checked
 * them, and where a firewall drops what goes to a closed port, all that it sends there waits for a connection until its limit.
 */
export async function giveBack(servers: readonly Server[]): Promise<void> {
  await eachBalancer(servers, (balancer, own) =>
    tell(
      balancer,
      own.flatMap((server) => [`set server ${nameOf(server)} health down`, ...letInCommands(server)]),
    ),
  );
}

/**
 * As `letIn`, and looks in the same exchange whether it holds.
 * @throws ProvisionError `balancer-failed` where somebody keeps requests from one of them all the same
 */
export async function putInService(servers: readonly Server[]): Promise<void> {
  await eachBalancer(servers, async (balancer, own) => {
    const rows = readStatistics(await tell(balancer, [...own.flatMap(letInCommands), ALL_SERVERS]));
    for (const server of own) {
      const newest = rows.find(({ isNewest, values }) => isNewest && isOf(server, values))?.values;
      const reason = newest && reasonForNone(newest);
      if (reason !== undefined) throw keptOut(server, reason);
    }
  });
}

/** By which haproxy's commands know it. */
function nameOf({ backend, server }: Server): string {
  return `${backend}/${server}`;
}

function letInCommands(server: Server): readonly string[] {
  const name = nameOf(server);
  return [`set server ${name} weight 100%`, `set server ${name} state ready`];
}

function keptOut({ balancer, backend, server }: Server, reason: string): ProvisionError {
  return new ProvisionError('balancer-failed', `haproxy sends ${server} no requests: ${reason}`, {
    host: balancer.name,
    hint: `Somebody else may have told it so in this moment. See \`show servers state ${backend}\` on its socket ${balancer.balancer?.adminSocket}, then run again.`,
  });
}

/** What keeps a server that is to get requests from them; whether it is healthy is another matter. */
function reasonForNone({ status = '', weight }: Row['values']): string | undefined {
  if (/^(DRAIN|MAINT)$/.test(status)) return status;
  return weight === '0' ? 'its weight is 0' : undefined;
}

function drainCommand(server: Server): string {
  return `set server ${nameOf(server)} state drain`;
}

/** Cuts off what is still in flight on these servers. */
export async function shutSessions(servers: readonly Server[]): Promise<void> {
  await eachBalancer(servers, async (balancer, own) => {
    await tell(
      balancer,
      own.map((server) => `shutdown sessions server ${nameOf(server)}`),
    );
  });
}

/** What the load balancers know of these servers. */
export function lookAtServers(servers: readonly Server[]): Promise<readonly ServerState[]> {
  return lookAndTell(servers, () => []);
}

/**
 * As `lookAtServers`, and drains them anew in the same exchange: a reload that is not ours, by hand or by certbot, forgets who
 * was drained, and one that is down at the moment of the look would get requests with its next check.
 */
export function lookAndDrain(servers: readonly Server[]): Promise<readonly ServerState[]> {
  return lookAndTell(servers, (own) => own.map(drainCommand));
}

async function lookAndTell(
  servers: readonly Server[],
  commandsFor: (own: readonly Server[]) => readonly string[],
): Promise<readonly ServerState[]> {
  const found = await eachBalancer(servers, async (balancer, own) => {
    const rows = readStatistics(await tell(balancer, [ALL_SERVERS, ...commandsFor(own)]));
    return own.map((server) => stateOf(server, rows));
  });
  return found.flat();
}

interface Row {
  readonly isNewest: boolean;
  readonly values: Readonly<Record<string, string | undefined>>;
}

/** CSV, a header line with `# pxname,...` before the rows of each answer. */
export function readStatistics(output: string): readonly Row[] {
  let columns: readonly string[] = [];
  let isNewest = false;
  const rows: Row[] = [];
  for (const line of output.split('\n')) {
    if (/^process (newest|older)$/.test(line)) isNewest = line.endsWith('newest');
    else if (line.startsWith('# ')) columns = line.slice(2).split(',');
    else if (line.includes(',') && columns.length > 0) {
      const cells = line.split(',');
      rows.push({ isNewest, values: Object.fromEntries(columns.map((column, i) => [column, cells[i]])) });
    }
  }
  return rows;
}

function stateOf(server: Server, rows: readonly Row[]): ServerState {
  const own = rows.filter(({ values }) => isOf(server, values));
  const newest = own.find(({ isNewest }) => isNewest)?.values;
  const { status = 'unknown', check_status: check = '', check_code: code = '' } = newest ?? {};
  const result = check.replace('* ', '');
  return {
    server,
    isHealthy: newest === undefined ? undefined : /^L[467]OK$/.test(result) && !status.startsWith('DOWN'),
    state:
      newest === undefined
        ? rows.length === 0
          ? 'not running'
          : 'unknown'
        : [status, result, code].filter(Boolean).join(' '),
    inFlight: own.reduce((sum, { values }) => sum + Number(values.scur ?? 0) + Number(values.qcur ?? 0), 0),
    isInBalance: /^(UP|NOLB|no check)/.test(status),
  };
}

function isOf({ backend, server }: Server, { pxname, svname }: Row['values']): boolean {
  return pxname === backend && svname === server;
}

/** One exchange with each load balancer, side by side. */
function eachBalancer<T>(
  servers: readonly Server[],
  work: (balancer: DeployHost, own: readonly Server[]) => Promise<T>,
): Promise<T[]> {
  const groups = [...Map.groupBy(servers, ({ balancer }) => balancer)];
  return Promise.all(groups.map(([balancer, own]) => work(balancer, own)));
}

/**
 * Tells a load balancer's newest process, asks for statistics those that a reload has left behind as well, and returns what they
 * answer. Where haproxy does not run there is nobody to tell: it reads its files when it starts.
 * @throws ProvisionError `balancer-failed` where it runs and does not answer
 */
async function tell(host: DeployHost, commands: readonly string[]): Promise<string> {
  const { adminSocket, masterSocket } = host.balancer ?? {};
  if (adminSocket === undefined || masterSocket === undefined || commands.length === 0) return '';
  const { code, stdout, stderr } = await host.connection.run(
    sh`
      [ -S ${adminSocket} ] && systemctl is-active --quiet haproxy || exit 0
      tell() { printf '%s\n' "$2" | socat -t 10 - "UNIX-CONNECT:$1"; }
      echo 'process newest'
      ${joinScripts(commands.map((command) => sh`tell ${adminSocket} ${command} || exit`))}
      ${commands.includes(ALL_SERVERS) ? askOlder(masterSocket) : sh`:`}
    `,
    { timeoutMs: LIMIT_MS },
  );
  if (code === 0) return stdout;
  throw new ProvisionError('balancer-failed', 'haproxy does not answer on its socket', {
    host: host.name,
    detail: stderr.trim(),
    hint: 'See `systemctl status haproxy` on that host, then run again: it goes on where it stopped.',
  });
}

/** What the processes still work on that end with their last connection. */
function askOlder(masterSocket: string): Script {
  return sh`
    for pid in $(tell ${masterSocket} 'show proc' | awk '/^# old workers/ { old = 1; next } /^#/ { old = 0 } old { print $1 }'); do
      echo 'process older'
      tell ${masterSocket} "@!$pid "${ALL_SERVERS} 2>/dev/null
    done
    :
  `;
}
