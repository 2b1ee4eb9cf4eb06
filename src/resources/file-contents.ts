/** What is in regular files, as far as it matters: whether it is what it shall be, and if not, what it is instead. */
import { eachLine } from '../shell/each-line.ts';
import { KILLED } from '../shell/path-metadata.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';

export interface ExpectedContent {
  readonly path: string;
  /** False where the content does not matter. */
  readonly look: boolean;
  /** Undefined where the expected content holds secrets: their values are known only after the host was asked. */
  readonly sha256?: string | undefined;
}

export interface ActualContents {
  /** Of files that are as expected, and of those without an expected hash. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Of files that differ, and of those without an expected hash, where they are short enough to be shown. */
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Paths on which something is mounted, as on /etc/hosts in a container; only told where any file's content is. */
  readonly mounted: ReadonlySet<string>;
}

/** Longer files are not sent for showing what changes in them. */
const SHOWN_BYTES = 65_536;

/** One sha256sum checks all files with an expected hash, another one takes the hashes of the rest. Where one is killed, the script fails. */
export function probeContents(all: readonly ExpectedContent[]): Script {
  const known = all.filter(({ look, sha256 }) => look && sha256 !== undefined);
  const unknown = all.filter(({ look, sha256 }) => look && sha256 === undefined);
  const report = sh`
    case $line in
      *': OK') printf '%s\n' "$line" ;;
      *) show "\${line%: FAILED}" ;;
    esac
  `;
  return sh`
    is_file() { [ -f "$1" ] && [ ! -L "$1" ]; }
    expect() { if is_file "$1"; then printf '%s  %s\n' "$2" "$1"; fi; }
    show() {
      shown=yes
      printf 'content %s\n' "$1"
      head -c ${SHOWN_BYTES + 1} <"$1" | base64
    }
    shown= killed=
    ${eachLine(check(known), report)}
    [ $ended -lt ${KILLED} ] || killed=yes
    set --
    for path in ${unknown.map(({ path }) => path)}; do
      if is_file "$path"; then
        set -- "$@" "$path"
        show "$path"
      fi
    done
    [ $# = 0 ] || sha256sum "$@" 2>/dev/null
    [ $? -lt ${KILLED} ] || killed=yes
    if [ "$shown" ]; then
    ${MOUNT_POINTS}
    fi
    [ -z "$killed" ]
  `;
}

function check(known: readonly ExpectedContent[]): Script {
  return sh`
    {
    ${joinScripts(known.map(({ path, sha256 = '' }) => sh`expect ${path} ${sha256}`))}
    :
    } | sha256sum -c 2>/dev/null
  `;
}

// Prints the mount points that are no folders: the fifth field of each line, proc_pid_mountinfo(5).
const MOUNT_POINTS = eachLine(
  sh`cut -d' ' -f5 /proc/self/mountinfo 2>/dev/null`,
  sh`[ -d "$line" ] || printf 'mounted %s\n' "$line"`,
);

/** What `probeContents` printed; lines of other probes are passed over. */
export function parseContents(output: string, all: readonly ExpectedContent[]): ActualContents {
  const expected = new Map(all.map(({ path, sha256 = '' }) => [path, sha256]));
  const hashes = new Map<string, string>();
  const mounted = new Set<string>();
  const encoded = new Map<string, string>();
  let current = '';
  for (const line of output.split('\n')) {
    const [, sum = '', summed = ''] = /^([0-9a-f]{64}) {2}(\/.*)$/.exec(line) ?? [];
    const [, expectedPath = ''] = /^(\/.*): OK$/.exec(line) ?? [];
    if (summed !== '') hashes.set(summed, sum);
    else if (expectedPath !== '') hashes.set(expectedPath, expected.get(expectedPath) ?? '');
    else if (line.startsWith('mounted ')) mounted.add(unescapeMountPoint(line.slice('mounted '.length)));
    else if (line.startsWith('content ')) {
      current = line.slice('content '.length);
      encoded.set(current, '');
    } else if (isBase64(line)) encoded.set(current, (encoded.get(current) ?? '') + line);
  }
  const contents = [...encoded].map(([path, base64]) => [path, Buffer.from(base64, 'base64')] as const);
  return { hashes, mounted, contents: new Map(contents.filter(([, bytes]) => bytes.length <= SHOWN_BYTES)) };
}

function isBase64(line: string): boolean {
  return /^[A-Za-z0-9+/]+=*$/.test(line);
}

/** Blanks and backslashes stand there as octal escapes. */
function unescapeMountPoint(point: string): string {
  return point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
