import { type Change, defineResource, fields, joinScripts, type Script, sh, z } from '../../src/index.ts';
import { splitAddress } from './backend.ts';
import {
  ask,
  CONFIGURED,
  type LiveServer,
  type LiveState,
  movedTo,
  nameOf,
  RUNNING,
  readLiveState,
  STATES,
  STATES_AND_FRONTENDS,
} from './live-state.ts';

const { absolutePath, line } = fields;

const schema = z.strictObject({
  /** Of haproxy, for its administration. */
  socket: absolutePath(),
  /** Its configuration, and a file that is there while haproxy has loaded what stands in it. */
  config: absolutePath(),
  loadedMark: absolutePath(),
  frontends: z.array(line()),
  servers: z.array(z.strictObject({ backend: line(), server: line(), address: line(), isReplica: z.boolean() })),
});

export type HaproxyServersInput = z.input<typeof schema>;
type HaproxyServers = z.output<typeof schema>;
type Server = HaproxyServers['servers'][number];

/** A server is checked every two seconds at least: `default-server` of the configuration. */
const CHECKED_WITHIN_S = 3;

/**
 * Whether visitors are let in, and to the servers where they belong. A redeploy drains servers, and never puts them into
 * maintenance, changes their weight or ends their checks: where that is so, it was done by hand. Those that are replicas of a
 * stack are put in service again; of others it is told, as of those that are drained: whether a redeploy goes on elsewhere is
 * not known here.
 */
export const haproxyServers = defineResource<HaproxyServersInput, HaproxyServers, LiveState>({
  kind: 'servers',
  schema,
  name: () => 'haproxy',

  probe: (all) =>
    joinScripts(
      all.map(
        ({ socket, config, loadedMark }, i) => sh`
          echo ${`servers ${i}`}
          if [ -S ${socket} ] && command -v socat >/dev/null; then
            ${ask(socket, STATES_AND_FRONTENDS)}
            [ -e ${loadedMark} ] && grep -E ${CONFIGURED} ${config}
          fi
          :
        `,
      ),
    ),

  parse(output, all) {
    const sections = output.split(/^servers \d+$/m).slice(1);
    return all.map((_, i) => readLiveState(sections[i] ?? ''));
  },

  diff: (desired, actual): Change[] => [
    ...closedFrontends(desired, actual).map(({ name, status }): Change => {
      const from = status === 'STOP' ? 'shut down, by hand' : 'disabled, by hand';
      return { action: 'update', what: `frontend ${name}`, from, to: 'open' };
    }),
    ...desired.servers.flatMap((server) => serverChanges(server, actual)),
  ],

  remark({ servers }, actual) {
    const names = (isReplica: boolean, test: (live: LiveServer) => boolean) =>
      servers.filter((server) => server.isReplica === isReplica && hasLive(actual, server, test)).map(nameOf);
    const remarks = [
      ['haproxy has in maintenance, by hand', names(false, isInMaintenance)],
      ['haproxy has given another weight, by hand', names(false, hasOtherWeight)],
      ['haproxy does not check, by hand', names(false, isUnchecked)],
      [
        'haproxy has drained, by a redeploy that has not ended or by hand, though healthy',
        names(true, ({ isDrained, isRunning, isInMaintenance }) => isDrained && isRunning && !isInMaintenance),
      ],
    ] as const;
    const told = remarks.filter(([, found]) => found.length > 0).map(([what, found]) => `${what}: ${found.join(', ')}`);
    return told.length > 0 ? told.join('; ') : undefined;
  },

  apply(desired, _, actual) {
    const { servers } = desired;
    const replicas = servers.filter(({ isReplica }) => isReplica);
    const thatHas = (test: (live: LiveServer) => boolean) =>
      replicas.filter((server) => hasLive(actual, server, test)).map(nameOf);
    const commands = [
      ...servers.flatMap((server) => addressCommand(server, actual)),
      ...thatHas(isUnchecked).map((name) => `enable health ${name}`),
      ...thatHas(hasOtherWeight).map((name) => `set server ${name} weight 100%`),
    ];
    const closed = closedFrontends(desired, actual);
    const opening = closed.filter(({ status }) => status !== 'STOP').map(({ name }) => `enable frontend ${name}`);
    const taken = thatHas(isInMaintenance);
    return joinScripts([
      sh`
        tell() { printf '%s\n' "$1" | socat -t 10 - ${`UNIX-CONNECT:${desired.socket}`}; }
        # What has been changed is told, too.
        order() {
          said=$(tell "$1") || exit
          case $said in
            '' | *changed* | *'no need to change'*) ;;
            *) printf 'reason: haproxy refuses "%s": %s\n' "$1" "$said" >&2; exit 1 ;;
          esac
        }
      `,
      ...commands.map(order),
      ...(taken.length > 0 ? [takeIn(taken)] : []),
      ...opening.map(order),
      // One that was shut down comes back with a new process alone.
      ...(opening.length < closed.length ? [sh`systemctl reload haproxy`] : []),
    ]);
  },
});

function serverChanges(server: Server, state: LiveState): Change[] {
  const name = nameOf(server);
  const live = state.servers.get(name);
  const moved = movedTo(server, state);
  const changes: Change[] = moved ? [{ action: 'update', what: `address of ${name}`, ...moved }] : [];
  if (live === undefined || !server.isReplica) return changes;
  if (isUnchecked(live)) changes.push({ action: 'update', what: `health checks of ${name}`, from: 'off', to: 'on' });
  if (hasOtherWeight(live)) {
    changes.push({ action: 'update', what: `weight of ${name}`, from: live.weight, to: live.configuredWeight });
  }
  if (isInMaintenance(live))
    changes.push({ action: 'update', what: name, from: 'in maintenance, by hand', to: 'ready' });
  return changes;
}

function closedFrontends({ frontends }: HaproxyServers, state: LiveState) {
  return frontends
    .map((name) => ({ name, status: state.frontends.get(name) ?? 'OPEN' }))
    .filter(({ status }) => status === 'PAUSED' || status === 'STOP');
}

function addressCommand(server: Server, state: LiveState): string[] {
  const moved = movedTo(server, state);
  if (moved === undefined) return [];
  const { host, port } = splitAddress(moved.to);
  return [`set server ${nameOf(server)} addr ${host} port ${port}`];
}

function order(command: string): Script {
  return sh`order ${command}`;
}

/** From maintenance to ready, haproxy sends requests before it has checked: a server comes back as one that is down. */
function takeIn(names: readonly string[]): Script {
  return sh`
    for server in ${names}; do
      order "set server $server state drain; set server $server health down; set server $server state ready"
    done
    # One that does not answer stays down. Nobody need wait for it.
    for _ in ${Array.from({ length: 2 * CHECKED_WITHIN_S }, (_, i) => i)}; do
      sleep 0.5
      tell ${STATES} | awk -v names=${` ${names.join(' ')} `} '
        index(names, " " $2 "/" $4 " ") && $6 != ${RUNNING} { down = 1 }
        END { exit down }' && break
    done
    :
  `;
}

function hasLive({ servers }: LiveState, server: Server, test: (live: LiveServer) => boolean): boolean {
  const live = servers.get(nameOf(server));
  return live !== undefined && test(live);
}

const isInMaintenance = (live: LiveServer) => live.isInMaintenance;
const isUnchecked = (live: LiveServer) => !live.isChecked;
const hasOtherWeight = (live: LiveServer) => live.weight !== live.configuredWeight;
