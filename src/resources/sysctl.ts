import * as z from 'zod';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { line } from './fields.ts';
import { type ActualFile, type File, file } from './file.ts';

const schema = z.strictObject({
  /** `net.ipv4.ip_forward`, as sysctl(8) takes it: a dot within a part is a slash there. */
  name: z
    .string()
    .max(200)
    .regex(/^[a-z0-9_]+(\.[A-Za-z0-9_/:@-]+)+$/, 'must be the name of a kernel setting, such as net.core.somaxconn'),
  value: z.union([z.int().transform(String), line().regex(/\S/, 'must not be empty')]),
});

export type SysctlInput = z.input<typeof schema>;
type Sysctl = z.output<typeof schema>;

interface ActualSysctl {
  /** Undefined where the kernel has no such setting. */
  readonly running: string | undefined;
  readonly file: ActualFile;
}

/**
 * A kernel setting: now, and after the next boot by a file of its own in /etc/sysctl.d, as systemd-sysctl reads them.
 *
 * @example sysctl({ name: 'net.core.somaxconn', value: 4096 })
 */
export const sysctl = defineResource<SysctlInput, Sysctl, ActualSysctl>({
  kind: 'sysctl',
  schema,
  name: ({ name }) => name,

  // grep and not the shell's `read`: the kernel answers only the first read of such a file, and `read` takes byte by byte.
  probe: (all) =>
    joinScripts([sh`grep -sH '' ${all.map(({ name }) => pathOf(name))} || :`, file.probe(all.map(fileOf))]),
  metadataOf: (all) => all.map(({ name }) => filePathOf(name)),

  parse(output, all) {
    const lines = output.split('\n');
    const files = file.parse(output, all.map(fileOf));
    return all.map(({ name }, i) => {
      const prefix = `${pathOf(name)}:`;
      const line = lines.find((text) => text.startsWith(prefix));
      return { running: line?.slice(prefix.length), file: files[i] as ActualFile };
    });
  },

  diff(desired, actual): Change[] {
    const changes = file.diff(fileOf(desired), actual.file).map(nameFile);
    if (normalise(actual.running) === normalise(desired.value)) return changes;
    return [...changes, { action: 'update', what: RUNNING, from: normalise(actual.running), to: desired.value }];
  },

  apply(desired, changes, actual): Script {
    const { name, value } = desired;
    const fileChanges = file.diff(fileOf(desired), actual.file);
    return joinScripts([
      changes.some(({ what }) => what === RUNNING) ? set(name, value) : sh``,
      sh`mkdir -p ${FOLDER} && rm -f ${formerPathOf(name)} || exit`,
      fileChanges.length === 0 ? sh`` : (file.apply?.(fileOf(desired), fileChanges, actual.file) ?? sh``),
    ]);
  },
});

const FOLDER = '/etc/sysctl.d';
const FILE = 'after a boot';
const RUNNING = 'now';

/** The file is a means: its changes are told as what they are for. */
function nameFile(change: Change): Change {
  return change.action === 'conflict' ? change : { ...change, what: FILE };
}

/** The kernel decides first: a value that it refuses gets into no file. */
function set(name: string, value: string): Script {
  return sh`
    [ -e ${pathOf(name)} ] || { printf 'the kernel has no setting %s; a module may be missing\n' ${name} >&2; exit 1; }
    printf '%s\n' ${value} 2>/dev/null >${pathOf(name)} || {
      printf 'the kernel refuses %s for %s\n' ${value} ${name} >&2
      exit 1
    }
  `;
}

/** Dots and slashes change places: sysctl(8). */
function pathOf(name: string): string {
  return `/proc/sys/${name.replace(/[./]/g, (sign) => (sign === '.' ? '/' : '.'))}`;
}

function fileOf({ name, value }: Sysctl): File {
  return file({ path: filePathOf(name), content: `${name} = ${value}\n` }).desired as File;
}

/** systemd-sysctl goes by the names of files, and the last one wins: also over Debian's 99-sysctl.conf, /etc/sysctl.conf. */
function filePathOf(name: string): string {
  return `${FOLDER}/99-zz-provision-${name.replaceAll('/', '-')}.conf`;
}

/** What the file was called before: others came after it. */
function formerPathOf(name: string): string {
  return `${FOLDER}/60-provision-${name.replaceAll('/', '-')}.conf`;
}

function normalise(value: string | undefined): string | undefined {
  return value?.trim().replace(/\s+/g, ' ');
}
