import * as z from 'zod';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { secretText, simpleName, unitName } from './fields.ts';
import { type ActualFile, type File, file } from './file.ts';

const schema = z
  .strictObject({
    /** Without a suffix it is a `.service`. */
    name: unitName(),
    /**
     * Not the unit itself, which something else brings, but what is added to it: the name of a file in its `.d` folder,
     * without `.conf`.
     */
    dropIn: simpleName().optional(),
    /** The whole unit file. Everyone on the host can read it: a secret belongs into a file that `EnvironmentFile=` names. */
    content: secretText().optional(),
    state: z.enum(['present', 'absent']).default('present'),
  })
  .refine(({ state, content }) => (state === 'present') === (content !== undefined), {
    path: ['content'],
    error: 'must be given, unless the state is absent',
  });

export type SystemdUnitInput = z.input<typeof schema>;
type SystemdUnit = z.output<typeof schema>;

interface ActualUnit {
  readonly file: ActualFile;
  /** The file was changed and systemd does not know. */
  readonly needsReload: boolean;
}

const FOLDER = '/etc/systemd/system';
const RELOAD = 'known to systemd';

/**
 * A unit file in /etc/systemd/system, or a drop-in of one, that systemd has read. Whether the unit runs is for `service`
 * to say; one that is removed is stopped and disabled first.
 *
 * @example systemdUnit({ name: 'nginx', dropIn: 'limits', content: '[Service]\nLimitNOFILE=65536\n' })
 * @example systemdUnit({ name: 'backup.timer', content: '[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n' })
 */
export const systemdUnit = defineResource<SystemdUnitInput, SystemdUnit, ActualUnit>({
  kind: 'systemd-unit',
  schema,
  name: fileName,

  probe: (all) =>
    joinScripts([
      sh`systemctl show -p Id,LoadState,NeedDaemonReload ${all.map(({ name }) => name)} 2>/dev/null | sed 's/^/unit /'`,
      file.probe(all.map(fileOf)),
    ]),
  metadataOf: (all) => all.map(fileOf).map(({ path }) => path),

  parse(output, all) {
    const files = file.parse(output, all.map(fileOf));
    // One block per unit, in their order; an alias has another Id.
    const lines = output.split('\n');
    const valuesOf = (property: string) =>
      lines.flatMap((line) => (line.startsWith(`unit ${property}=`) ? [line.slice(line.indexOf('=') + 1)] : []));
    const [loads, reloads] = [valuesOf('LoadState'), valuesOf('NeedDaemonReload')];
    return all.map((_, i) => ({
      file: files[i] as ActualFile,
      // Of a masked unit systemd reads nothing else. Version 252 says all the same that it should, however often it is reloaded.
      needsReload: reloads[i] === 'yes' && loads[i] !== 'masked',
    }));
  },

  diff(desired, actual): Change[] {
    const changes = [...file.diff(fileOf(desired), actual.file)];
    if (changes.length > 0 || !actual.needsReload) return changes;
    return [{ action: 'update', what: RELOAD, from: 'an older file', to: 'the file as it is' }];
  },

  apply(desired, changes, actual): Script {
    const isUnit = desired.dropIn === undefined;
    const isFile = changes.some(({ what }) => what !== RELOAD);
    return joinScripts([
      isUnit && desired.state === 'absent' ? sh`systemctl disable -q --now ${desired.name} 2>/dev/null` : sh``,
      sh`mkdir -p ${isUnit ? FOLDER : `${FOLDER}/${desired.name}.d`} || exit`,
      isFile ? (file.apply?.(fileOf(desired), changes, actual.file) ?? sh``) : sh``,
      sh`systemctl daemon-reload`,
    ]);
  },

  disturb: (desired) => file.disturb?.(fileOf(desired)),
});

/** In systemd's folder. */
function fileName({ name, dropIn }: Pick<SystemdUnit, 'name' | 'dropIn'>): string {
  return dropIn === undefined ? name : `${name}.d/${dropIn}.conf`;
}

function fileOf({ content, state, ...unit }: SystemdUnit): File {
  return file({ path: `${FOLDER}/${fileName(unit)}`, state, ...(content === undefined ? {} : { content }) })
    .desired as File;
}
