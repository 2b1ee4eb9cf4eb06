/** Whether the servers that get requests just now know the health check that haproxy would ask them from now on. */
import {
  askHttp,
  type Change,
  defineResource,
  describeAnswer,
  fields,
  type HttpAnswer,
  isHealthy,
  joinScripts,
  readAnswers,
  type Script,
  sh,
  wantedAnswer,
  z,
} from '../../src/index.ts';
import type { Backend } from './backend.ts';
import { joinAddress } from './backend.ts';
import { checkLines } from './check-lines.ts';
import { ask, isServing, readLiveState, STATES } from './live-state.ts';

const { absolutePath, line } = fields;

const schema = z.strictObject({
  /** Of haproxy, for its administration. */
  socket: absolutePath(),
  configFile: absolutePath(),
  /** While a file is in this folder, the configuration stays as it is. */
  holdFolder: absolutePath(),
  backends: z.array(
    z.strictObject({
      name: line(),
      path: line(),
      status: z.int(),
      body: z.string().optional(),
      /** What stands of the check in the configuration. */
      lines: z.array(line()),
      servers: z.array(z.strictObject({ name: line(), address: line() })),
    }),
  ),
});

export type KnownChecksInput = z.input<typeof schema>;
type KnownChecks = z.output<typeof schema>;

interface ActualChecks {
  /** `backend/server`: those that get requests. */
  readonly serving: ReadonlySet<string>;
  /** By backend, in the order of its servers; none where the configuration has that check already. */
  readonly answers: ReadonlyMap<string, readonly (HttpAnswer | undefined)[]>;
}

/** A look alone: a check that they do not know would take all of them out at once. One that gives no answer is left to haproxy. */
export const knownChecks = defineResource<KnownChecksInput, KnownChecks, ActualChecks>({
  kind: 'known-checks',
  schema,
  name: () => 'haproxy',

  probe: (all) =>
    joinScripts(
      all.map(
        ({ socket, configFile, holdFolder, backends }, i) => sh`
          (
            echo ${`checks ${i}`}
            set -- ${holdFolder}/*
            [ -S ${socket} ] && [ -r ${configFile} ] && ! [ -e "$1" ] || exit 0
            checks=$(awk '/^[^ #]/ { backend = $1 == "backend" ? $2 : "" }
              backend != "" && /^ +(option httpchk|http-check )/ { sub(/^ +/, ""); print backend, $0 }' ${configFile})
            [ "$checks" != ${backends.flatMap(({ name, lines }) => lines.map((line) => `${name} ${line}`)).join('\n')} ] || exit 0
            checks_of() { printf '%s\n' "$checks" | awk -v name="$1" '$1 == name { sub(/^[^ ]+ /, ""); print }'; }
            differs=
            ${joinScripts(
              backends.map(
                ({ name, path, lines, servers }) => sh`
                  if [ "$(checks_of ${name})" != ${lines.join('\n')} ]; then
                    differs=yes
                    echo ${`backend ${name}`}
                    (${askAs(servers.map(({ address }) => `http://${address}${path}`))})
                    echo
                  fi
                `,
              ),
            )}
            if [ "$differs" ] && command -v socat >/dev/null; then
              ${ask(socket, STATES)}
            fi
          )
          :
        `,
      ),
    ),

  parse(output, all) {
    const sections = output.split(/^checks \d+$/m).slice(1);
    return all.map(({ backends }, i): ActualChecks => {
      const section = sections[i] ?? '';
      const parts = section.split(/^backend (?=\S+$)/m).slice(1);
      const asked = parts.map((part) => [part.slice(0, part.indexOf('\n')), part] as const);
      const count = (name: string) => backends.find((backend) => backend.name === name)?.servers.length ?? 0;
      return {
        serving: new Set([...readLiveState(section).servers.values()].filter(isServing).map(({ name }) => name)),
        answers: new Map(asked.map(([name, part]) => [name, readAnswers(part, count(name))])),
      };
    });
  },

  diff: ({ backends }, { serving, answers }): Change[] =>
    backends.flatMap(({ name: backend, path, servers, ...wanted }) =>
      servers.flatMap(({ name }, i): Change[] => {
        const answer = answers.get(backend)?.[i];
        if (answer === undefined || !serving.has(`${backend}/${name}`) || isHealthy(wanted, answer)) return [];
        return [
          {
            action: 'conflict',
            what: `${backend}/${name} does not answer ${path} with ${wantedAnswer(wanted)}, as haproxy would ask it from now on`,
            from: describeAnswer(answer),
            hint: 'First bring out a version that answers both the old health check and the new one. Then change `health`.',
          },
        ];
      }),
    ),
});

/** With the name that haproxy's own checks have; for curl it counts for all that follows. */
function askAs([first = '', ...others]: readonly string[]): Script {
  return askHttp([sh`-H ${'Host: localhost'} ${first}`, ...others]);
}

/** What is asked of the servers of these backends. */
export function checksOf(backends: readonly Backend[]): KnownChecksInput['backends'] {
  return backends.flatMap(({ name, health, servers }) =>
    health === undefined
      ? []
      : [
          {
            name,
            path: health.path,
            status: health.status,
            body: health.body,
            lines: [...checkLines(health)],
            servers: servers.map((server) => ({ name: server.name, address: joinAddress(server) })),
          },
        ],
  );
}
