/** What haproxy tells of its servers and frontends over its socket, and what of that somebody has changed there. */
import { isIP } from 'node:net';
import { type Script, sh } from '../../src/index.ts';
import { joinAddress, splitAddress } from './backend.ts';
import { word } from './config-word.ts';
import { canonical, readState } from './server-state.ts';

/** A server of the configuration. */
export interface ConfiguredServer {
  readonly backend: string;
  readonly server: string;
  /** As the configuration writes it, with its port. */
  readonly address: string;
}

export interface LiveServer {
  readonly name: string;
  /** It passes its checks. */
  readonly isRunning: boolean;
  /** Somebody has put it into maintenance. */
  readonly isInMaintenance: boolean;
  readonly isDrained: boolean;
  readonly isChecked: boolean;
  readonly weight: string;
  readonly configuredWeight: string;
  readonly address: string;
}

/** Empty where haproxy does not run. */
export interface LiveState {
  /** By `backend/server`. */
  readonly servers: ReadonlyMap<string, LiveServer>;
  /** How each frontend is: OPEN, PAUSED, STOP. */
  readonly frontends: ReadonlyMap<string, string>;
  /** Servers in the configuration that haproxy has loaded, as it writes them, each behind its backend; empty where that is not known. */
  readonly configured: ReadonlySet<string>;
}

/** What of the loaded configuration is to be read: its backends and servers. */
export const CONFIGURED = '^(backend|    server) ';
export const STATES = 'show servers state';
export const STATES_AND_FRONTENDS = `${STATES}; show stat -1 1 -1`;

/** Bit masks and states: haproxy's management manual, "show servers state". */
const FORCED_MAINTENANCE = 0x01;
const FORCED_DRAIN = 0x08;
const CHECK_CONFIGURED = 0x02;
const CHECK_ENABLED = 0x04;
export const RUNNING = 2;

/** Nothing where haproxy does not answer. */
export function ask(socket: string, question: string): Script {
  return sh`echo ${question} | socat -t 5 -T 5 - ${`UNIX-CONNECT:${socket}`} 2>/dev/null`;
}

export function readLiveState(output: string): LiveState {
  const lines = output.split('\n');
  const servers = lines.flatMap(readServer);
  const frontends = readFrontends(lines);
  return {
    servers: new Map(servers.map((server) => [server.name, server])),
    frontends,
    configured: readConfigured(lines),
  };
}

/** Whether it gets requests. */
export function isServing({ isRunning, isInMaintenance, isDrained, weight }: LiveServer): boolean {
  return isRunning && !isInMaintenance && !isDrained && weight !== '0';
}

export function nameOf({ backend, server }: { readonly backend: string; readonly server: string }): string {
  return `${backend}/${server}`;
}

/** What haproxy is asked at, where that is not what the configuration that it has loaded says. A name is left alone: it may lead anywhere. */
export function movedTo(
  server: ConfiguredServer,
  { servers, configured }: LiveState,
): { readonly from: string; readonly to: string } | undefined {
  const { host, port } = splitAddress(server.address);
  const live = servers.get(nameOf(server));
  if (live === undefined || isIP(host) === 0 || !configured.has(configuredLine(server))) return undefined;
  const to = joinAddress({ host: canonical(host), port });
  return live.address === to ? undefined : { from: live.address, to };
}

function configuredLine({ backend, server, address }: ConfiguredServer): string {
  return [backend, server, address].map(word).join(' ');
}

function readServer(line: string): LiveServer[] {
  const state = readState(line);
  if (state === undefined) return [];
  const has = (mask: string, bit: number) => (Number(mask) & bit) !== 0;
  const { srv_admin_state: told, srv_check_state: check } = state;
  return [
    {
      name: nameOf({ backend: state.be_name, server: state.srv_name }),
      isRunning: Number(state.srv_op_state) === RUNNING,
      isInMaintenance: has(told, FORCED_MAINTENANCE),
      isDrained: has(told, FORCED_DRAIN),
      isChecked: !has(check, CHECK_CONFIGURED) || has(check, CHECK_ENABLED),
      weight: state.srv_uweight,
      configuredWeight: state.srv_iweight,
      address: joinAddress({ host: state.srv_addr, port: Number(state.srv_port) }),
    },
  ];
}

/** CSV behind a line with the names of its columns. */
function readFrontends(lines: readonly string[]): ReadonlyMap<string, string> {
  const status =
    lines
      .find((line) => line.startsWith('# pxname,'))
      ?.split(',')
      .indexOf('status') ?? -1;
  const rows = lines.map((line) => line.split(',')).filter(([, name]) => name === 'FRONTEND');
  return new Map(rows.map((cells) => [cells[0] ?? '', cells[status] ?? '']));
}

/** Lines of the configuration: `backend NAME`, and below it `    server NAME ADDRESS check`. */
function readConfigured(lines: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  let backend = '';
  for (const line of lines) {
    const [, section] = /^backend (.+)$/.exec(line) ?? [];
    const [, server] = /^ +server (.+?) check\b/.exec(line) ?? [];
    if (section !== undefined) backend = section;
    if (server !== undefined) found.add(`${backend} ${server}`);
  }
  return found;
}
