import { isIPv6 } from 'node:net';
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
  /** For messages: `the replicas of app`. */
  owner: line().min(1).optional(),
  /** What in the inventory says which port it is: `host_port`. */
  setting: line().min(1).optional(),
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

const ANY_ADDRESS = ['0.0.0.0', '::'];
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
    sockets=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ at _ state _ _ _ _ _ inode _; do
      case "$state  ${hexPorts(all)} " in "0A "*" \${at##*:} "*) printf ' %s=%s' "$inode" "$at" ;; esac
    done)
    [ "$sockets" ] || exit 0
    ls -l /proc/[0-9]*/fd 2>/dev/null | while read -r entry; do
      case $entry in
        /proc/*) pid=\${entry#/proc/} pid=\${pid%%/*} ;;
        *"-> socket:["*)
          inode=\${entry##*\[} inode=\${inode%]}
          case $sockets in *" $inode="*) ;; *) continue ;; esac
          at=\${sockets##*" $inode="} at=\${at%% *}
          read -r name <"/proc/$pid/comm" &&
            printf 'LISTEN 0 0 %s:%d *:* users:(("%s",pid=%d,fd=0))\n' "\${at%:*}" "0x\${at##*:}" "$name" "$pid"
          ;;
      esac
    done
    :
  `,

  parse(output, all) {
    const listeners = output.split('\n').flatMap(readListener);
    return all.map(({ port }) => ({ listeners: listeners.filter((listener) => listener.port === port) }));
  },

  diff({ port, address, by, owner, setting }, { listeners }): Change[] {
    const allowed = by.map((name) => name.slice(0, NAME_LENGTH));
    return listeners
      .filter((listener) => overlaps(address, listener.address))
      .filter(({ programs }) => !programs.some(({ name }) => allowed.includes(name)))
      .slice(0, 1)
      .map(({ programs: [program] }) => ({
        action: 'conflict',
        what: `${portFor(port, owner)} is taken by ${program ? `${program.name} (pid ${program.pid})` : 'another program'}`,
        hint: hintFor(program?.name, port, setting),
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
      address: readHex(address) ?? address.replace(/[[\]]|%.*/g, ''),
      port: Number(port),
      programs: programs.map(([, name = '', pid]) => ({ name, pid: Number(pid) })),
    },
  ];
}

/**
 * An address as /proc/net/tcp writes it, in words of four bytes, the last byte first: `0100007F`. That of every address is
 * taken to be so for both families: nothing there tells otherwise.
 */
function readHex(text: string): string | undefined {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(text)) return undefined;
  if (/^0+$/.test(text)) return '*';
  const bytes = (text.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const last = bytes.slice(-4).map((byte) => Number.parseInt(byte, 16));
  // An IPv4 address in a socket of both families: ipv6(7).
  if (bytes.length === 4 || /^0{20}FFFF/.test(bytes.join(''))) return last.join('.');
  const groups = bytes.join('').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** ss(8) writes `*` for every address of both families, `[::]` for those of IPv6 alone. */
function overlaps(wanted: string | undefined, taken: string): boolean {
  if (wanted === undefined || wanted === taken || taken === '*') return true;
  // What is to be bound to `::` is so for both families, mostly.
  if (wanted === '::') return true;
  if (isIPv6(wanted) !== isIPv6(taken)) return false;
  return ANY_ADDRESS.includes(wanted) || ANY_ADDRESS.includes(taken);
}

/** `port 18001, for the replicas of app,` */
export function portFor(port: number, owner: string | undefined): string {
  return owner === undefined ? `port ${port}` : `port ${port}, for ${owner},`;
}

/** ` by `host_port``, behind "choose another port". */
export function bySetting(setting: string | undefined): string {
  return setting === undefined ? '' : ` by \`${setting}\``;
}

function hintFor(program: string | undefined, port: number, setting: string | undefined): string {
  if (program === 'docker-proxy') return `A container publishes it: docker ps --filter publish=${port}`;
  return `Stop that program and keep it from starting again, or choose another port${bySetting(setting)}.`;
}
