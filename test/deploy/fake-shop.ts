/** A service on some hosts and the load balancer in front of it: all that happens to them is written down in one log. */
import type { Site } from '../../src/deploy/sites.ts';
import { newSteps, type RollOptions } from '../../src/deploy/steps.ts';
import type { ComposeService, ComposeServiceInput } from '../../src/resources/compose/desired.ts';
import { composeService } from '../../src/resources/compose/service.ts';
import type { ScriptResult } from '../../src/resources/contract.ts';
import { desired } from '../resources/table.ts';
import { BALANCER, deployHost } from './deploy-host.ts';
import { type AppWays, digestOf, dockerHosts, portOf } from './fake-docker-hosts.ts';

/** Longer than one look and the next, so that what is waited for may come with the second look. */
const LIMIT_MS = 400;

export interface ShopOptions {
  /** By host and place, the release that runs. Default: app-1 and app-2 of release 1, on web1. */
  readonly running?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The release that shall run. Default 2. */
  readonly release?: number;
  /** Of that release, on each host. Default 2. */
  readonly replicas?: number;
  /** Not so where two cannot run side by side on a host. Default true. */
  readonly hasSpare?: boolean;
  /** What the inventory says of the service besides. */
  readonly service?: Partial<ComposeServiceInput>;
}

export interface ShopWays extends AppWays {
  /** Requests that a replica still works on when it is drained; at each look it is one less. */
  readonly inFlight: Map<string, number>;
  /** What the load balancer finds when it checks a replica of the new release. */
  check: 'L7OK' | 'L4TOUT' | 'unknown';
}

export interface Shop {
  readonly sites: readonly Site[];
  readonly options: RollOptions;
  readonly ways: ShopWays;
  /** Steps (`web1 app-1: drain`), and indented what was done (`  no requests for web1-app-1`). */
  readonly log: readonly string[];
  /** Does this as soon as that is in the log. */
  when(entry: string, act: () => void): void;
  /** The container of a replica ends by itself. */
  end(replica: string): void;
  /** It ends, and Docker starts it again before anybody looks. */
  crash(replica: string): void;
  /** Somebody reloads the load balancer by hand: it forgets who is drained. */
  reload(): void;
  /** The first interrupt. */
  interrupt(): void;
  /** What runs: `web1-app-1: release 2`. */
  running(): readonly string[];
  /** Restart policies by replica. */
  restarts(): Readonly<Record<string, string>>;
  /** Whether the load balancer sends it requests. */
  hasRequests(replica: string): boolean;
  /** How often all containers of a host were looked at. */
  readonly looks: number;
  /** The least number of replicas that answered visitors at any time. */
  readonly fewest: number;
}

export function fakeShop({
  running = { web1: { 'app-1': 1, 'app-2': 1 } },
  release = 2,
  replicas = 2,
  hasSpare = true,
  service = {},
}: ShopOptions = {}): Shop {
  const ways: ShopWays = { ill: new Set(), prepare: 200, notReady: 0, inFlight: new Map(), check: 'L7OK' };
  const hosts = dockerHosts(ways, write);
  const { containers, make, isWell, answer } = hosts;
  const log: string[] = [];
  const acts = new Map<string, () => void>();
  const drained = new Set<string>();
  const stop = new AbortController();
  let fewest = Number.POSITIVE_INFINITY;

  function write(entry: string): void {
    log.push(entry);
    acts.get(entry)?.();
    acts.delete(entry);
    fewest = Math.min(fewest, [...containers.keys()].filter((name) => isWell(name) && !drained.has(name)).length);
  }

  function statistics(): string {
    const names = Object.keys(running).flatMap((host) => [1, 2, 3, 4].map((number) => `${host}-app-${number}`));
    const rows = names.flatMap((name) => {
      const isNew = containers.get(name)?.release === release;
      const check = isWell(name) ? (isNew ? ways.check : 'L7OK') : 'L4CON';
      if (check === 'unknown') return [];
      const inFlight = drained.has(name) ? (ways.inFlight.get(name) ?? 0) : 0;
      if (inFlight > 0) {
        write(`  ${inFlight} in flight at ${name}`);
        ways.inFlight.set(name, inFlight - 1);
      }
      return [`app,${name},0,${inFlight},${drained.has(name) ? 'DRAIN' : 'UP'},${check},`];
    });
    return ['process newest', '# pxname,svname,qcur,scur,status,check_status,', ...rows, ''].join('\n');
  }

  /** What haproxy does about a script; what older processes are told is left out. */
  function balance(script: string): Partial<ScriptResult> {
    // It looks before it is told.
    const look = script.indexOf('show stat');
    const before = look === -1 ? '' : statistics();
    for (const [, replica = '', state] of script.matchAll(/admin\.sock 'set server app\/(\S+) state (\w+)'/g)) {
      const isDrained = state === 'drain';
      if (isDrained === drained.has(replica)) continue;
      if (isDrained) drained.add(replica);
      else drained.delete(replica);
      write(`  ${state === 'drain' ? 'no requests' : 'requests'} for ${replica}`);
    }
    for (const [, replica = ''] of script.matchAll(/admin\.sock 'shutdown sessions server app\/(\S+)'/g)) {
      ways.inFlight.delete(replica);
      write(`  cut off ${replica}`);
    }
    return { stdout: look > script.indexOf('set server') ? statistics() : before };
  }

  function containerOf(replica: string) {
    const container = containers.get(replica);
    if (container === undefined) throw new Error(`there is no ${replica}`);
    return container;
  }

  const balancer = deployHost('lb1', balance, BALANCER);
  const sites = Object.entries(running).map(([name, places]): Site => {
    for (const [place, number] of Object.entries(places)) make(`${name}-${place}`, number);
    return {
      host: deployHost(name, (script) => answer(name, script)),
      service: serviceOf(replicas, hasSpare, service),
      release: releaseOf(release, replicas, hasSpare),
      servers: (replica) => [{ balancer, backend: 'app', server: `${name}-${replica}` }],
    };
  });
  const steps = newSteps({
    role: 'redeploy',
    emit: (event) => {
      if (event.type === 'step-started') write(`${event.host} ${event.id}`);
      if (event.type === 'step-finished') for (const { what, to } of event.changes) write(`  (${what}: ${to})`);
    },
    stop: stop.signal,
    abort: new AbortController().signal,
  });

  return {
    sites,
    options: { steps },
    ways,
    log,
    when: (entry, act) => void acts.set(entry, act),
    end(replica) {
      containerOf(replica).isUp = false;
    },
    crash(replica) {
      containerOf(replica).starts += 1;
    },
    reload: () => drained.clear(),
    interrupt: () => stop.abort(),
    running: () =>
      [...containers].flatMap(([name, { isUp, release }]) => (isUp ? [`${name}: release ${release}`] : [])).toSorted(),
    restarts: () => Object.fromEntries([...containers].map(([name, { restart }]) => [name, restart])),
    hasRequests: (replica) => !drained.has(replica),
    get looks() {
      return hosts.looks;
    },
    get fewest() {
      return fewest;
    },
  };
}

/** One place more than replicas, as a rule. */
function placesFor(replicas: number, hasSpare: boolean): readonly string[] {
  return Array.from({ length: hasSpare ? replicas + 1 : replicas }, (_, i) => `app-${i + 1}`);
}

export function releaseOf(number: number, replicas: number, hasSpare: boolean): Site['release'] {
  const places = placesFor(replicas, hasSpare);
  return {
    number,
    digests: new Map(places.map((place) => [place, digestOf(number, place)])),
    ports: new Map(places.map((place) => [place, portOf(place)])),
    images: new Map([['app', `sha256:${number}`]]),
    references: new Map(),
    replicas: new Map([['app', replicas]]),
    checks: new Map(),
  };
}

function serviceOf(replicas: number, hasSpare: boolean, settings: Partial<ComposeServiceInput>): ComposeService {
  const slots = placesFor(replicas, hasSpare).map((name) => {
    return { name, container: `shop-${name}`, definition: '', port: portOf(name) };
  });
  const [service] = desired(composeService, [
    {
      project: 'shop',
      directory: '/opt/shop',
      service: 'app',
      image: 'shop/app',
      replicas,
      slots,
      rolling: true,
      health: { path: '/status', timeoutMs: LIMIT_MS },
      drain: { prepare: '/prepare', path: '/ready', timeoutMs: LIMIT_MS },
      ...settings,
      limits: { inFlightMs: LIMIT_MS, balancerMs: LIMIT_MS, steadyMs: 0, ...settings.limits },
    },
  ]);
  return service as ComposeService;
}
