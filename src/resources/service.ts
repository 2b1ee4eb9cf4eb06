import * as z from 'zod';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource, type Handler } from './contract.ts';
import { unitName } from './fields.ts';

const schema = z
  .strictObject({
    /** A unit's name; without a suffix it is a `.service`. */
    name: unitName(),
    /** Now; left as it is where it is not given. */
    state: z.enum(['running', 'stopped']).optional(),
    /** When the host boots; left as it is where it is not given. */
    enabled: z.boolean().optional(),
  })
  .refine(({ state, enabled }) => state !== undefined || enabled !== undefined, 'needs state or enabled');

export type ServiceInput = z.input<typeof schema>;
type Service = z.output<typeof schema>;

/** Properties of a unit, named as in org.freedesktop.systemd1(5). Empty texts where there is no systemd. */
interface ActualService {
  readonly LoadState: string;
  readonly ActiveState: string;
  readonly SubState: string;
  readonly UnitFileState: string;
}

const PROPERTIES = ['LoadState', 'ActiveState', 'SubState', 'UnitFileState'] as const;

/** Without them nobody could log in to mend it. */
const VITAL = /^(ssh|sshd|dbus|network|networking|NetworkManager|systemd-\w+)\./;

/** Unit files that `systemctl enable` leaves as they are. */
const NEVER_ENABLED = ['static', 'indirect', 'generated', 'transient'];

/**
 * A service of systemd, or another unit: running or stopped, started at boot or not.
 *
 * A start counts once the service is active and stays so for a moment; a failed one tells the service's last log lines.
 * A service that is not installed yet is planned to be started: name it after its package.
 *
 * @example service({ name: 'docker', state: 'running', enabled: true })
 */
export const service = defineResource<ServiceInput, Service, ActualService>({
  kind: 'service',
  schema,
  name: ({ name }) => shortName(name),
  // A start takes up to TimeoutStartSec, 90 s unless the unit says otherwise, and a stop as long.
  timeoutMs: 300_000,

  // One block of lines per unit, in the order of the arguments, also for names that are aliases.
  probe: (all) => sh`
    command -v systemctl >/dev/null || exit 0
    systemctl show -p ${PROPERTIES.join()} ${all.map(({ name }) => name)} 2>/dev/null || :
  `,

  parse(output, all) {
    const blocks = output.trim().split(/\n\n+/);
    return all.map((_, i) => {
      const entries = (blocks[i] ?? '').split('\n').map((entry) => entry.split(/=(.*)/s, 2));
      const block = Object.fromEntries(entries) as Record<string, string | undefined>;
      const { LoadState = '', ActiveState = '', SubState = '', UnitFileState = '' } = block;
      return { LoadState, ActiveState, SubState, UnitFileState };
    });
  },

  diff(desired, actual): Change[] {
    const { name, state, enabled } = desired;
    if (actual.LoadState === 'masked' && (state === 'running' || enabled)) {
      const hint = `Allow it on the host, if that is meant: systemctl unmask ${name}`;
      return [{ action: 'conflict', what: `${name} is masked: somebody forbade that it ever starts`, hint }];
    }
    return [...stateChanges(desired, actual), ...bootChanges(desired, actual)];
  },

  apply({ name, enabled, state }, changes, { ActiveState }): Script {
    const what = changes.map((change) => change.what);
    const scripts: Script[] = [];
    if (what.includes('enabled')) scripts.push(sh`systemctl ${enabled ? 'enable' : 'disable'} -q ${name} || exit`);
    if (what.includes('state') && state === 'stopped') scripts.push(sh`systemctl stop ${name} || exit`);
    if (what.includes('state') && state === 'running') {
      // One that is starting, or waits for its next attempt, is restarted: `start` would take it for done.
      scripts.push(bringUp(name, ActiveState === 'activating' ? 'restart' : 'start'));
    }
    return joinScripts(scripts);
  },

  disturb({ name, state, enabled }) {
    if (VITAL.test(name)) return undefined;
    if (state === 'running') return sh`systemctl stop ${name}`;
    return enabled ? sh`systemctl disable -q ${name}` : undefined;
  },
});

/** Restarts a service, unless it is stopped or not installed. Fails where it does not come up again. */
export function restartService(name: string): Handler {
  const unit = unitName().parse(name);
  const script = sh`
    case $(systemctl show -p ActiveState --value ${unit}) in inactive | deactivating) exit 0 ;; esac
    ${bringUp(unit, 'restart')}
  `;
  return { id: `restart ${shortName(unit)}`, script };
}

/** Lets a service that runs read its configuration again; one that does not run is left alone. */
export function reloadService(name: string): Handler {
  const unit = unitName().parse(name);
  const script = sh`
    systemctl is-active -q ${unit} || exit 0
    ${bringUp(unit, 'reload')}
  `;
  return { id: `reload ${shortName(unit)}`, script };
}

function stateChanges({ state }: Service, { LoadState, ActiveState, SubState }: ActualService): Change[] {
  const isActive = ['active', 'reloading', 'refreshing'].includes(ActiveState);
  const isStopped = ['inactive', 'failed', ''].includes(ActiveState);
  if (state === undefined || (state === 'running' ? isActive : isStopped)) return [];
  if (state === 'stopped') return [{ action: 'update', what: 'state', from: 'running', to: state }];
  return [{ action: 'update', what: 'state', from: describe(LoadState, ActiveState, SubState), to: state }];
}

function bootChanges({ name, enabled }: Service, { LoadState, UnitFileState }: ActualService): Change[] {
  const isEnabled = UnitFileState.startsWith('enabled');
  // What is enabled until the next boot alone, `enabled-runtime`, is neither.
  if (enabled === undefined || (enabled ? UnitFileState === 'enabled' : !isEnabled)) return [];
  if (!enabled) return [{ action: 'update', what: 'enabled', from: UnitFileState, to: 'disabled' }];
  if (NEVER_ENABLED.includes(UnitFileState)) {
    const what = `${name} cannot be enabled: systemd calls it ${UnitFileState}`;
    return [{ action: 'conflict', what, hint: 'Leave `enabled` out, or enable the unit that starts it.' }];
  }
  const from = LoadState === 'loaded' ? UnitFileState || 'disabled' : 'not installed';
  return [{ action: 'update', what: 'enabled', from, to: 'enabled' }];
}

function describe(loadState: string, activeState: string, subState: string): string {
  if (loadState === '' || loadState === 'not-found') return 'not installed';
  if (subState === 'auto-restart') return 'failing and restarted again and again';
  return activeState === 'inactive' ? 'stopped' : activeState;
}

/** Runs the command and sees to it that the service is active, and stays so. It fails with the service's last log lines. */
function bringUp(name: string, verb: 'start' | 'restart' | 'reload'): Script {
  return sh`
    property() { systemctl show -p "$1" --value ${name}; }
    fail() {
      printf 'reason: %s is %s: result %s, exit status %s, restarts %s\n' ${name} \
        "$(property ActiveState)" "$(property Result)" "$(property ExecMainStatus)" "$(property NRestarts)"
      journalctl -q --no-pager -o cat -n 8 -u ${name} 2>/dev/null
      exit 1
    } >&2
    # A unit that failed too often is not started again before that is forgotten.
    systemctl reset-failed ${name} 2>/dev/null
    systemctl ${verb} ${name} || fail
    restarts=$(property NRestarts)
    # These types are active as soon as their process exists: look whether it stays.
    case $(property Type) in simple | exec | idle) sleep 1 ;; esac
    systemctl is-active -q ${name} && [ "$(property NRestarts)" = "$restarts" ] || fail
  `;
}

function shortName(unit: string): string {
  return unit.replace(/\.service$/, '');
}
