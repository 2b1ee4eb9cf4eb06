import { file, type Handler, type Resource, raw, scriptText, sh, systemdUnit } from '../../src/index.ts';
import { CERTIFICATES_FOLDER } from '../certs/params.ts';
import { STATE_FILE } from './server-state.ts';

export const CONFIG_FILE = '/etc/haproxy/haproxy.cfg';
/** Where a project that somebody brought back to an earlier release holds the configuration that came with it. */
export const HOLD_FOLDER = '/var/lib/provision/balancer/held';
/** What an apply has changed the configuration from: that of the release before, where the same apply brings out a new one. */
export const BACKUP_FILE = '/var/lib/provision/balancer/before.cfg';
export const ADMIN_SOCKET = '/run/haproxy/admin.sock';
/** Where the unit of Debian and Ubuntu has the master listen. */
export const MASTER_SOCKET = '/run/haproxy-master.sock';

/**
 * What haproxy has loaded, as sha256sum(1) writes it: see `loadedMark` of `file`. Whatever starts or reloads haproxy notes it, and
 * before that happens: what is changed in this moment is loaded once too often rather than never.
 */
export const LOADED_MARK = '/run/haproxy-loaded';
const HASHES = raw(`sha256sum ${CONFIG_FILE} ${CERTIFICATES_FOLDER}/*.pem`);

/**
 * Reloads haproxy without losing a request, and fails where the new configuration did not come to run.
 *
 * What the running worker knows of its servers goes over to the next one, drained servers included; a server that is new, or
 * whose address has changed, is down until its first check has passed. Where all servers of a backend are new, they count as
 * healthy until a check has failed: visitors may be sent there from this moment on, and with all of them down nobody would
 * answer. Where haproxy does not run there is nothing to do: it reads its files when it starts.
 */
export const reloadHaproxy: Handler = {
  id: 'reload haproxy',
  script: sh`
    systemctl is-active --quiet haproxy || exit 0
    tell() { printf '%s\n' "$2" | socat -t 30 - "UNIX-CONNECT:$1"; }
    failed() {
      echo 'reason: haproxy goes on with its old configuration, for it could not load the new one' >&2
      printf '%s\n' "$1" | grep ALERT >&2
      exit 1
    }
    ${HASHES} >"$RUN/loaded" 2>/dev/null
    loaded() {
      mv -f "$RUN/loaded" ${LOADED_MARK}
      exit 0
    }

    if ! command -v socat >/dev/null || ! [ -S ${MASTER_SOCKET} ]; then
      haproxy -c -q -f ${CONFIG_FILE} && kill -USR2 "$(systemctl show --property=MainPID --value haproxy)" && loaded
      exit
    fi

    # Fields of a line: 2 backend, 4 server, 5 its address, 19 its port.
    if [ -f ${STATE_FILE} ] && tell ${ADMIN_SOCKET} 'show servers state' >"$RUN/live" 2>/dev/null; then
      cp -p ${STATE_FILE} "$RUN/starting"
      trap 'cp -p "$RUN/starting" ${STATE_FILE}' EXIT
      awk 'NR == FNR { live[$2, $4, $5, $19] = $0; known[$2]; next }
        NF > 1 && ($2, $4, $5, $19) in live { print live[$2, $4, $5, $19]; next }
        NF < 2 || /^#/ || $2 in known { print }' "$RUN/live" "$RUN/starting" >${STATE_FILE}
    fi

    answer=$(tell ${MASTER_SOCKET} reload)
    case $answer in
      *Success=1*) loaded ;;
      *Success=0*) failed "$answer" ;;
    esac
    # Before 2.7 the answer is empty, and the master counts failed reloads since the last good one.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      processes=$(tell ${MASTER_SOCKET} 'show proc' 2>/dev/null) && [ -n "$processes" ] && break
      sleep 1
    done
    case $processes in
      *'[failed: 0]'*) loaded ;;
    esac
    failed "$(haproxy -c -f ${CONFIG_FILE} 2>&1 && journalctl -q -u haproxy --since -60s -o cat)"
  `,
};

const COMMAND_PATH = '/usr/local/sbin/reload-haproxy';

/** Whoever says `systemctl reload haproxy`, be it by hand or a hook of other software, reloads it in the same way. */
export function reloadByHand(): readonly Resource[] {
  return [
    file({ path: COMMAND_PATH, content: commandText(), mode: '0755' }),
    // A haproxy that was started before has not noted what it runs.
    systemdUnit({ name: 'haproxy', dropIn: 'provision', content: dropInText() }, { notify: reloadHaproxy }),
  ];
}

/** `-`: what is noted must never keep haproxy from running. */
function dropInText(): string {
  return `[Service]
ExecStartPre=-/bin/sh -c '${scriptText(HASHES)} >${LOADED_MARK} 2>/dev/null'
ExecReload=
ExecReload=${COMMAND_PATH}
ExecStopPost=-/bin/rm -f ${LOADED_MARK}
`;
}

/** The handler, as a program of the host. */
function commandText(): string {
  return `#!/bin/sh
# Reloads haproxy without losing a request. Managed by provision: changes are overwritten.
RUN=$(mktemp -d /run/reload-haproxy.XXXXXX) || exit
trap 'rm -rf "$RUN"' EXIT
(
${scriptText(reloadHaproxy.script)}
)
`;
}
