/** The migration of a service's database, before the first of its replicas starts. */
import { createHash } from 'node:crypto';
import { COMPOSE, command, input, type Resource, STATE_FOLDER, sh, type Text } from '../../src/index.ts';
import { dataVolume, volumeName } from './compose-file.ts';
import type { Image } from './images.ts';
import type { Stack, StackService } from './params.ts';

/** What it leaves in the state folder of the stack when it has run. */
export function migrationMark(service: string, migrate: readonly string[], { reference }: Image): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([reference, migrate]))
    .digest('hex')
    .slice(0, 16);
  return `migrated-${service}-${digest}`;
}

/**
 * Runs in a container of its own, from the new image, while the replicas still run the old one. What is written down is
 * for which volumes of databases it ran: one that was made anew is empty, and needs it again.
 * At its limit it is stopped, so that it never runs beside the next one.
 */
export function migration(
  stack: Stack,
  folder: string,
  service: string,
  { migrate, rollout }: Pick<StackService, 'rollout'> & { readonly migrate: readonly string[] },
  { name, definition }: { readonly name: string; readonly definition: Text },
  image: Image,
): Resource {
  const marker = `${folder}/${STATE_FOLDER}/${migrationMark(service, migrate, image)}`;
  const volumes = Object.entries(stack.databases).map(([name, database]) =>
    volumeName(stack, dataVolume(name, database)),
  );
  const format = '{{.Name}} {{.CreatedAt}}';
  // It fails where one of them is missing: then nothing has been migrated, whatever was written down.
  const databases = volumes.length === 0 ? sh`echo none` : sh`docker volume inspect --format ${format} ${volumes}`;
  const container = `${stack.name}-${service}-migration`;
  const overdue = `The migration was stopped. If it only needs longer, raise rollout.migrate of ${service}.`;
  return command({
    name: `${stack.name}-migrate-${service}`,
    timeoutMs: rollout.migrate,
    script: sh`
      ${COMPOSE}
      cd ${folder} || exit
      stop() {
        docker rm -f ${container} >/dev/null 2>&1
        echo ${overdue} >&2
        exit 124
      }
      trap stop TERM
      docker rm -f ${container} >/dev/null 2>&1
      compose -p ${stack.name} -f ${input(definition)} -f ${`${STATE_FOLDER}/volumes.yml`} \
        run --rm --no-deps -T --name ${container} ${name} ${migrate} &
      wait $! || exit
      ${databases} >${`${marker}.new`} && mv ${`${marker}.new`} ${marker}
    `,
    unless: sh`
      [ -f ${marker} ] && found=$(${databases}) && [ "$found" = "$(cat ${marker})" ] && exit
      # An engine that does not answer just now may have all of it.
      command -v docker >/dev/null && ! docker version >/dev/null 2>&1 && exit 75
      exit 1
    `,
  });
}
