import { joinScripts, raw, type Script, sh } from '../../shell/sh.ts';
import { type Change, defineResource, type Unknown } from '../contract.ts';
import { NO_ENGINE } from '../docker/engine.ts';
import { isPulledAs, printRecords, readRecords } from '../docker/image-record.ts';
import { askHttp, readAnswers } from '../http-check.ts';
import {
  INSPECT_FORMAT,
  imageArgument,
  isReplicaOf,
  type NamedImage,
  readInspected,
  replicaContainer,
  serviceLabel,
} from './container.ts';
import { Checks, type ComposeService, type ComposeServiceInput, composeServiceSchema, replicaUrl } from './desired.ts';
import { madePath, STATE_FOLDER } from './files.ts';
import { outages } from './serving.ts';
import { bringUp } from './start.ts';
import { type ActualService, judge, type Made, missingSlots, type Replica } from './state.ts';

/**
 * One service of a compose project, in one or several replicas. It is converged when there are as many containers as
 * wanted, each made by us from its definition and from the image that the name stands for now, attached to the project's
 * network, running, and healthy where it has a health check.
 *
 * A container cannot be changed but only replaced: so the id of the one that was made is written down, together with the
 * definition, and by that every replacement made by hand is seen. Of a service that is `rolling`, a new definition or image
 * is for the rolling redeploy to bring out; so is a replica too many.
 *
 * @example
 * composeService({ project: 'shop', directory: '/opt/shop', service: 'redis', image: 'redis:8',
 *   slots: [{ name: 'redis-1', container: 'shop-redis-1', definition }] });
 */
export const composeService = defineResource<ComposeServiceInput, ComposeService, ActualService>({
  kind: 'compose-service',
  schema: composeServiceSchema,
  name: ({ project, service }) => serviceLabel(project, service),
  timeoutMs: 5 * 60_000,

  probe: (all) => {
    const projects = new Map(all.map(({ directory, project }) => [directory, project]));
    const asked = all.flatMap(healthUrls);
    return sh`
      known=${containersOf(all).join(' ')} others=
      look() {
        printf 'directory %s\n' "$1"
        cd "$1/${raw(STATE_FOLDER)}" 2>/dev/null || return
        for record in made/*; do
          [ -r "$record" ] || continue
          { read -r line; read -r _; read -r checks; } <"$record"
          printf 'made %s %s\nchecks %s %s\n' "\${record#*/}" "$line" "\${record#*/}" "$checks"
        done
        for fragment in services/*.yml; do
          container=\${fragment#*/}
          container=$2-\${container%.yml}
          case " $known $others " in *" $container "*) ;; *) [ -f "$fragment" ] && others="$others $container" ;; esac
        done
        [ -e releases/current ] && echo 'released'
        [ -e deploy.json ] && echo 'unfinished'
        [ -e held.json ] && sed 's/^/held /' releases/current/replicas && sha256sum releases/current/*.yml
        grep -H '' services/*.yml 2>/dev/null
      }
      ${asked.length === 0 ? raw(':') : sh`(${askReplicas(asked)}) >"$RUN"/health &`}
      ${joinScripts([...projects].map(([directory, project]) => sh`look ${directory} ${project}`))}
      ${printRecords(imagesOf(all))}
      if command -v docker >/dev/null; then
        printf 'docker%s\n' " $known $others"
        docker inspect --format ${INSPECT_FORMAT} $known $others ${imagesOf(all)} 2>&1
      fi
      wait
      cat "$RUN"/health 2>/dev/null
      :
    `;
  },

  parse(output, all): (ActualService | Unknown)[] {
    const files = readFiles(output);
    const [, names] = /^docker (.*)$/m.exec(output) ?? [];
    const inspected =
      names === undefined ? new Map() : readInspected(output, [...names.split(' ').filter(Boolean), ...imagesOf(all)]);
    if (inspected === undefined) return all.map(() => ({ unknown: NO_ENGINE }));
    const recorded = readRecords(output);
    const asked = all.flatMap(healthUrls);
    const given = readAnswers(output, 2 * asked.length);
    const answers = new Map(asked.map(({ container }, i) => [container, [given[i], given[asked.length + i]] as const]));

    return all.map((desired): ActualService => {
      const { project, directory, service, slots, image } = desired;
      const { fragments, made, checks, isReleased, isUnfinished, heldDigests, heldReplicas } =
        files.get(directory) ?? NO_FILES;
      // Of what the release does not have that somebody went back to, there is to be none.
      const heldCount = heldReplicas?.get(service) ?? (heldReplicas && desired.released ? 0 : undefined);
      const known = new Set(slots.map(({ name }) => name));
      const others = [...fragments.keys()].filter((name) => isReplicaOf(service, name) && !known.has(name));
      const replicas = [...slots, ...others.map((name) => ({ name, container: replicaContainer(project, name) }))];
      // A release that is held may have more places than the inventory has by now.
      const places = [...heldDigests.keys()]
        .filter((name) => isReplicaOf(service, name) && !known.has(name))
        .map((name) => ({ name, container: replicaContainer(project, name), definition: '' }));
      const named: NamedImage | undefined = inspected.get(imageArgument(image));
      return {
        replicas: replicas.flatMap(({ name, container }): Replica[] => {
          const [fragment, seen] = [fragments.get(name), inspected.get(container)];
          if (fragment === undefined && seen === undefined) return [];
          const [own, now] = answers.get(container) ?? [];
          const ownChecks = checks.get(name);
          const path = desired.health?.path;
          const answer = (ownChecks?.health?.path ?? path) === path ? own : now;
          return [
            {
              name,
              container: seen,
              fragment,
              made: made.get(name),
              heldDigest: heldDigests.get(name),
              answer,
              own: ownChecks && { checks: ownChecks, answer: own },
            },
          ];
        }),
        imageId: named?.id,
        recordedId: isPulledAs(image, named?.digests ?? []) ? undefined : recorded.get(imageArgument(image)),
        isReleased,
        ...(isUnfinished && desired.released && { isUnfinished }),
        // Databases are no part of a release.
        held: heldCount === undefined ? undefined : { replicas: heldCount, ...(places.length > 0 && { places }) },
      };
    });
  },

  diff(desired, actual): Change[] {
    const missing = missingSlots(desired, actual);
    if (actual.replicas.length === 0) {
      if (missing.length === 0) return [];
      return [{ action: 'create', what: '', to: missing.length === 1 ? 'running' : `${missing.length} replicas` }];
    }
    const verdicts = judge(desired, actual);
    const changes = [
      ...verdicts.flatMap(({ change }) => change ?? []),
      ...outages(desired, verdicts),
      ...missing.map(({ name }): Change => ({ action: 'create', what: name })),
    ];
    // To which release an unfinished redeploy brings the replicas is for that to say: the inventory's may be another one.
    return actual.isUnfinished ? changes.filter(({ rollout }) => !rollout) : changes;
  },

  perform: (desired, _changes, actual, target) => bringUp(desired, actual, target),
});

interface Files {
  /** By name of the container's compose service. */
  readonly fragments: ReadonlyMap<string, string>;
  readonly made: ReadonlyMap<string, Made>;
  readonly checks: ReadonlyMap<string, Checks>;
  readonly isReleased: boolean;
  readonly isUnfinished: boolean;
  readonly heldDigests: ReadonlyMap<string, string>;
  /** By service; undefined where no release is held. */
  readonly heldReplicas: ReadonlyMap<string, number> | undefined;
}

const NO_FILES = readFolder('');

/** What the state folders of the projects hold, by the project's folder. */
function readFiles(output: string): ReadonlyMap<string, Files> {
  const parts = output.split(/^directory (?=\/)/m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), readFolder(part)]));
}

function readFolder(lines: string): Files {
  const matches = (pattern: RegExp) => [...lines.matchAll(pattern)];
  const fragments = new Map<string, string>();
  for (const [, name = '', text = ''] of matches(/^services\/([a-z0-9_-]+)\.yml:(.*)$/gm)) {
    fragments.set(name, `${fragments.get(name) ?? ''}${text}\n`);
  }
  const made = matches(/^made (\S+) (\S+) (\S+) ?(\S*)$/gm);
  const held = matches(/^held (\S+) (\d+)$/gm);
  const digests = matches(/^([0-9a-f]{64}) {2}releases\/current\/(\S+)\.yml$/gm);
  return {
    fragments,
    made: new Map(made.map(([, name = '', id = '', digest = '', config = '']) => [name, { id, digest, config }])),
    checks: new Map(
      matches(/^checks (\S+) (\{.*\})$/gm).map(([, name = '', json = '']) => [name, Checks.parse(JSON.parse(json))]),
    ),
    isReleased: /^released$/m.test(lines),
    isUnfinished: /^unfinished$/m.test(lines),
    heldDigests: new Map(digests.map(([, digest = '', name = '']) => [name, digest])),
    heldReplicas:
      held.length === 0 ? undefined : new Map(held.map(([, service = '', count]) => [service, Number(count)])),
  };
}

function containersOf(all: readonly ComposeService[]): string[] {
  return all.flatMap(({ slots }) => slots.map(({ container }) => container));
}

function imagesOf(all: readonly ComposeService[]): string[] {
  return [...new Set(all.map(({ image }) => imageArgument(image)))];
}

interface Asked {
  readonly container: string;
  /** Where it is written down what the replica was asked when it came up. */
  readonly record: string;
  /** Of the replica: `http://127.0.0.1:18001`. */
  readonly origin: string;
  readonly path: string;
}

function healthUrls(desired: ComposeService): readonly Asked[] {
  const { directory, health, slots } = desired;
  return slots.flatMap((slot) => {
    const origin = replicaUrl(desired, slot, '');
    if (health === undefined || origin === undefined) return [];
    return [{ container: slot.container, record: `${directory}/${madePath(slot.name)}`, origin, path: health.path }];
  });
}

/** Asks each as it was asked when it came up; where that was something else for one of them, all as they are asked now as well. */
function askReplicas(asked: readonly Asked[]): Script {
  const own = asked.map(({ origin }, i) => sh`${origin}"$path_${raw(String(i))}"`);
  const now = asked.map(({ origin, path }) => sh`${`${origin}${path}`}`);
  const paths = asked.map(
    ({ record, path }, i) => sh`
      asked=
      { read -r _ && read -r asked; } 2>/dev/null <${record}
      path_${raw(String(i))}=\${asked:-${path}}
      [ "$path_${raw(String(i))}" = ${path} ] || differs=yes
    `,
  );
  return sh`
    differs=
    ${joinScripts(paths)}
    if [ "$differs" ]; then
    ${askHttp([...own, ...now])}
    else
    ${askHttp(own)}
    fi
  `;
}
