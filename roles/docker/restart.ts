import { type Handler, sh } from '../../src/index.ts';

/** Restarts the engine, unless it was started after its configuration was written, as by its own installation. */
export const restartDocker: Handler = {
  id: 'restart docker',
  script: sh`
    systemctl is-active --quiet docker || exit 0
    started=$(systemctl show --timestamp=unix -p ExecMainStartTimestamp --value docker)
    written=$(stat -c %Y /etc/docker/daemon.json)
    [ "\${started#@}" -gt "$written" ] 2>/dev/null && exit 0
    systemctl restart docker && exit 0
    journalctl -q -u docker -n 8 -o cat >&2
    exit 1
  `,
};
