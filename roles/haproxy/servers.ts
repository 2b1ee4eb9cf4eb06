import { type Change, defineResource, fields, joinScripts, sh, z } from '../../src/index.ts';

const { absolutePath, line } = fields;

const schema = z.strictObject({
  /** Of haproxy, for its administration. */
  socket: absolutePath(),
  servers: z.array(z.strictObject({ backend: line(), server: line(), isReplica: z.boolean() })),
});

export type HaproxyServersInput = z.input<typeof schema>;
type HaproxyServers = z.output<typeof schema>;

/** Servers as `backend/server`; none where haproxy does not run. */
interface ActualServers {
  /** Somebody has put them into maintenance. */
  readonly inMaintenance: ReadonlySet<string>;
  /** They pass their checks, and get no requests. */
  readonly drained: ReadonlySet<string>;
  /** They pass their checks, and get requests. */
  readonly serving: ReadonlySet<string>;
}

/**
 * srv_admin_state, a bit mask of what was told over the socket, and srv_op_state: haproxy's management manual,
 * "show servers state".
 */
const FORCED_MAINTENANCE = 0x01;
const FORCED_DRAIN = 0x08;
const RUNNING = 2;
/** A server is checked every two seconds at least: `default-server` of the configuration. */
const CHECKED_WITHIN_S = 3;

/**
 * Whether the servers of haproxy may get requests. A redeploy drains servers, and never puts them into maintenance: one that is
 * was taken out by somebody. Those that are replicas of a stack are taken in again; of others it is told, as of those that
 * are drained: whether a redeploy goes on elsewhere is not known here.
 */
export const haproxyServers = defineResource<HaproxyServersInput, HaproxyServers, ActualServers>({
  kind: 'servers',
  schema,
  name: () => 'haproxy',

  probe: (all) =>
    joinScripts(
      all.map(
        ({ socket }, i) => sh`
          echo ${`servers ${i}`}
          if [ -S ${socket} ] && command -v socat >/dev/null; then
            echo 'show servers state' | socat -t 5 -T 5 - ${`UNIX-CONNECT:${socket}`} 2>/dev/null
          fi
          :
        `,
      ),
    ),

  parse(output, all) {
    const sections = output.split(/^servers \d+$/m).slice(1);
    return all.map((_, i) => readStates(sections[i] ?? ''));
  },

  diff: (desired, actual): Change[] =>
    toTakeIn(desired, actual).map((what) => ({ action: 'update', what, from: 'in maintenance, by hand', to: 'ready' })),

  remark({ servers }, { inMaintenance, drained }) {
    const names = (isReplica: boolean, states: ReadonlySet<string>) =>
      servers.filter((server) => server.isReplica === isReplica && states.has(nameOf(server))).map(nameOf);
    const left = names(false, inMaintenance);
    const unused = names(true, drained);
    const remarks = [
      ...(left.length > 0 ? [`haproxy has in maintenance, by hand: ${left.join(', ')}`] : []),
      ...(unused.length > 0
        ? [`haproxy has drained, by a redeploy that has not ended or by hand, though healthy: ${unused.join(', ')}`]
        : []),
    ];
    return remarks.length > 0 ? remarks.join('; ') : undefined;
  },

  // From maintenance to ready, haproxy sends requests before it has checked: a server comes back as one that is down.
  apply(desired, _, actual) {
    const names = toTakeIn(desired, actual);
    return sh`
      tell() { printf '%s\n' "$1" | socat -t 10 - ${`UNIX-CONNECT:${desired.socket}`}; }
      for server in ${names}; do
        said=$(tell "set server $server state drain; set server $server health down; set server $server state ready") || exit
        [ -z "$said" ] || { printf 'reason: haproxy does not take %s in: %s\n' "$server" "$said" >&2; exit 1; }
      done
      # One that does not answer stays down. Nobody need wait for it.
      for _ in ${Array.from({ length: 2 * CHECKED_WITHIN_S }, (_, i) => i)}; do
        sleep 0.5
        tell 'show servers state' | awk -v names=${` ${names.join(' ')} `} '
          index(names, " " $2 "/" $4 " ") && $6 != ${RUNNING} { down = 1 }
          END { exit down }' && break
      done
      :
    `;
  },
});

function toTakeIn({ servers }: HaproxyServers, { inMaintenance }: ActualServers): readonly string[] {
  return servers.filter((server) => server.isReplica && inMaintenance.has(nameOf(server))).map(nameOf);
}

/** Fields of a line: 2 the backend, 4 the server, 6 how it is, 7 what was told. */
export function readStates(output: string): ActualServers {
  const states = output
    .split('\n')
    .map((row) => row.split(' '))
    .filter(([first = '']) => /^\d+$/.test(first))
    .map(([, backend = '', , server = '', , isHow, told]) => ({
      name: nameOf({ backend, server }),
      isRunning: Number(isHow) === RUNNING,
      has: (state: number) => (Number(told) & state) !== 0,
    }));
  const namesOf = (some: typeof states) => new Set(some.map(({ name }) => name));
  return {
    inMaintenance: namesOf(states.filter(({ has }) => has(FORCED_MAINTENANCE))),
    serving: namesOf(
      states.filter(({ has, isRunning }) => isRunning && !has(FORCED_DRAIN) && !has(FORCED_MAINTENANCE)),
    ),
    drained: namesOf(states.filter(({ has, isRunning }) => isRunning && has(FORCED_DRAIN) && !has(FORCED_MAINTENANCE))),
  };
}

function nameOf({ backend, server }: { readonly backend: string; readonly server: string }): string {
  return `${backend}/${server}`;
}
