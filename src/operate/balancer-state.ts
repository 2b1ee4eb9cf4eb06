/** What the load balancer of a host knows of its servers, and to which replica each belongs. */
import { readStatistics } from '../deploy/balancer.ts';
import type { Balancer } from '../engine/role.ts';
import { type Script, sh } from '../shell/sh.ts';

export interface BalancerState {
  /** False where haproxy does not answer on its socket. */
  readonly isRunning: boolean;
  readonly servers: readonly ServerState[];
}

export interface ServerState {
  readonly backend: string;
  readonly server: string;
  /** The replica it stands for; undefined for a server that is no replica of a stack. */
  readonly replica: { readonly host: string; readonly stack: string; readonly name: string } | undefined;
  /** In words of haproxy: `UP L7OK 200`, `DOWN L4CON`, `DRAIN`, `no check`. */
  readonly state: string;
  /** Whether it gets requests. */
  readonly isUp: boolean;
}

/** Type 4 are the servers, of all proxies: haproxy's management manual, "show stat". */
const COMMAND = 'show stat -1 4 -1';

export function balancerProbe({ adminSocket }: Pick<Balancer, 'adminSocket'>): Script {
  return sh`
    if [ -S ${adminSocket} ]; then
      echo 'process newest'
      printf '%s\n' ${COMMAND} | socat -t 5 - ${`UNIX-CONNECT:${adminSocket}`} 2>/dev/null
    fi
    :
  `;
}

export function readBalancer(output: string, { servers }: Pick<Balancer, 'servers'>): BalancerState {
  const rows = readStatistics(output);
  return {
    isRunning: rows.length > 0,
    servers: rows.map(({ values }): ServerState => {
      const {
        pxname: backend = '',
        svname: server = '',
        status = '',
        check_status: check = '',
        check_code = '',
      } = values;
      const known = servers.find((one) => one.backend === backend && one.server === server);
      return {
        backend,
        server,
        replica: known && { host: known.host, stack: known.stack, name: known.slot },
        state: [status, check.replace('* ', ''), check_code].filter(Boolean).join(' '),
        isUp: /^(UP|no check)/.test(status),
      };
    }),
  };
}
