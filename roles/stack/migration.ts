/** The migration of a service's database, before the first of its replicas starts. */
import { createHash } from 'node:crypto';
import { COMPOSE, command, input, type Resource, type Script, STATE_FOLDER, sh, type Text } from '../../src/index.ts';
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
  const databases = sh`databases ${'%n %i %.9W'}`;
  const container = `${stack.name}-${service}-migration`;
  const overdue = `The migration was stopped. If it only needs longer, raise rollout.migrate of ${service}.`;
  return command({
    name: `${stack.name}-migrate-${service}`,
    timeoutMs: rollout.migrate,
    script: sh`
      ${COMPOSE}
      ${lookAt(volumes)}
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
      ${lookAt(volumes)}
      if [ -f ${marker} ] && found=$(${databases}); then
        [ "$found" = "$(cat ${marker})" ] && exit
        # Older versions wrote down what the engine tells: that holds for volumes that are older than the mark.
        grep -q '^[^/ ]* ' ${marker} && made=$(stat -c %Y ${marker}) && databases %W 2>/dev/null | {
          while read -r born; do [ "$born" -gt 0 ] && [ "$born" -le "$made" ] || exit 1; done
        } && exit
      fi
      # An engine that does not answer just now may have all of it.
      command -v docker >/dev/null && ! docker version >/dev/null 2>&1 && exit 75
      exit 1
    `,
  });
}

/**
 * Tells of the folder of each volume what stat(1) has in a format: by its number and birth it is known from one that was made
 * anew. The time that the engine tells is no help: before Docker 23 it is when something last changed in the data.
 * It fails where one of them is missing: then nothing has been migrated, whatever was written down.
 */
function lookAt(volumes: readonly string[]): Script {
  if (volumes.length === 0) return sh`databases() { echo none; }`;
  return sh`
    databases() {
      folders=$(docker volume inspect --format ${'{{.Mountpoint}}'} ${volumes}) || return
      printf '%s\n' "$folders" | while read -r data; do stat -c "$1" "\${data%/*}" || exit; done
    }
  `;
}
