import * as z from 'zod';
import { raw, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { line } from './fields.ts';

const schema = z.strictObject({
  port: z.int().min(1).max(65_535),
  /** The address to be bound; without it, every address of the host. */
  address: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** Names of the programs that may listen there. */
  by: z.array(line().min(1)).default([]),
});

export type PortInput = z.input<typeof schema>;
type Port = z.output<typeof schema>;

/** A program that listens. */
interface Listener {
  readonly address: string;
  readonly port: number;
  /** Empty where the kernel does not tell, as for programs of another namespace. */
  readonly programs: readonly { readonly name: string; readonly pid: number }[];
}

interface ActualPort {
  readonly listeners: readonly Listener[];
}

const ANY_ADDRESS = ['*', '0.0.0.0', '::'];
/** The kernel cuts names of programs: PR_SET_NAME(2const). */
const NAME_LENGTH = 15;

/**
 * A TCP port that nobody but these programs may listen on: a look alone, for a clear word before anything is changed.
 * Where nobody listens, it is as it shall be.
 *
 * @example port({ port: 443, by: ['haproxy'] })
 */
export const port = defineResource<PortInput, Port, ActualPort>({
  kind: 'port',
  schema,
  name: ({ address, port }) => (address === undefined ? String(port) : `${address}:${port}`),

  // Without ss(8) of iproute2, the kernel's own table tells: /proc/net/tcp, state 0A is LISTEN, ports are hexadecimal.
  probe: (all) => sh`
    if command -v ss >/dev/null; then
      ss -Hltnp
      exit
    fi
    holders() {
      ls -l /proc/[0-9]*/fd 2>/dev/null | while read -r entry; do
        case $entry in
          /proc/*) pid=\${entry#/proc/} pid=\${pid%%/*} ;;
          *"-> socket:[$1]") echo "$pid" ;;
        esac
      done
    }
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ local _ state _ _ _ _ _ inode _; do
      case "$state  ${hexPorts(all)} " in "0A "*" \${local##*:} "*) ;; *) continue ;; esac
      for pid in $(holders "$inode"); do
        read -r name <"/proc/$pid/comm" &&
          printf 'LISTEN 0 0 *:%d *:* users:(("%s",pid=%d,fd=0))\n' "0x\${local##*:}" "$name" "$pid"
      done
    done
    :
  `,

  parse(output, all) {
    const listeners = output.split('\n').flatMap(readListener);
    return all.map(({ port }) => ({ listeners: listeners.filter((listener) => listener.port === port) }));
  },

  diff({ port, address, by }, { listeners }): Change[] {
    const allowed = by.map((name) => name.slice(0, NAME_LENGTH));
    return listeners
      .filter((listener) => overlaps(address, listener.address))
      .filter(({ programs }) => !programs.some(({ name }) => allowed.includes(name)))
      .slice(0, 1)
      .map(({ programs: [program] }) => ({
        action: 'conflict',
        what: `port ${port} is taken by ${program ? `${program.name} (pid ${program.pid})` : 'another program'}`,
        hint: hintFor(program?.name, port),
      }));
  },
});

/** The ports as /proc/net/tcp writes them. */
function hexPorts(all: readonly Port[]): Script {
  return raw(all.map(({ port }) => port.toString(16).toUpperCase().padStart(4, '0')).join(' '));
}

/** `LISTEN 0 511 [::]:80 [::]:* users:(("nginx",pid=12,fd=6),("nginx",pid=13,fd=6))`, the columns apart by blanks. */
function readListener(line: string): Listener[] {
  const [, address, port] = /^LISTEN +\d+ +\d+ +(\S+):(\d+) /.exec(line) ?? [];
  if (address === undefined) return [];
  const programs = [...line.matchAll(/\("((?:[^"\\]|\\.)*)",pid=(\d+)/g)];
  return [
    {
      // An address may be bound to one interface: `127.0.0.53%lo`.
      address: address.replace(/[[\]]|%.*/g, ''),
      port: Number(port),
      programs: programs.map(([, name = '', pid]) => ({ name, pid: Number(pid) })),
    },
  ];
}

function overlaps(wanted: string | undefined, taken: string): boolean {
  return wanted === undefined || wanted === taken || ANY_ADDRESS.includes(wanted) || ANY_ADDRESS.includes(taken);
}

function hintFor(program: string | undefined, port: number): string {
  if (program === 'docker-proxy') return `A container publishes it: docker ps --filter publish=${port}`;
  return 'Stop that program and keep it from starting again, or choose another port.';
}
