/** What this machine needs to work on hosts. Nothing is changed. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProvisionError, whyUnreadable } from '../errors.ts';
import { agentKeys } from '../transport/agent-keys.ts';
import { parseKnownHosts } from '../transport/known-hosts.ts';
import { lookUpHost } from '../transport/ssh-config-file.ts';
import { parseKey } from '../transport/ssh2.ts';
import { type Check, missing, ok, warning } from './check.ts';

export interface LocalMachine {
  readonly home: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `24.21.0`. */
  readonly nodeVersion: string;
  /** The least that does: `22.18`. */
  readonly leastNodeVersion: string;
  /** The folder where facts of hosts and compiled code are kept. */
  readonly cacheFolder: string;
  /** The folder where runs leave their logs. */
  readonly runsFolder: string;
  readonly temporaryFolder: string;
}

const KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
/** A build's files are packed here on their way to a host. */
const LEAST_FREE_BYTES = 1024 ** 3;

/** @param needsSsh whether there is a host other than this machine, or none is known */
export async function checkLocal(machine: LocalMachine, needsSsh: boolean): Promise<readonly Check[]> {
  return [
    nodeCheck(machine),
    ...(needsSsh ? await sshChecks(machine) : [ok('SSH', 'not needed: the only host is this machine')]),
    folderCheck(
      'cache',
      machine.cacheFolder,
      'Mend its permissions, or set XDG_CACHE_HOME: each run takes longer without.',
    ),
    folderCheck(
      'logs of runs',
      machine.runsFolder,
      'Mend its permissions, or set XDG_STATE_HOME: runs leave no log without.',
    ),
    await spaceCheck(machine),
    ok('Docker', 'not needed on this machine: images are built on the hosts'),
  ];
}

async function sshChecks(machine: LocalMachine): Promise<readonly Check[]> {
  const agent = await askAgent(machine.env.SSH_AUTH_SOCK);
  return [
    agentCheck(machine, agent),
    keysCheck(usableKeys(machine), agent),
    await configCheck(machine),
    knownHostsCheck(machine),
  ];
}

function nodeCheck({ nodeVersion, leastNodeVersion }: LocalMachine): Check {
  const numbers = (version: string) => version.split('.').map(Number);
  const [[major = 0, minor = 0], [leastMajor = 0, leastMinor = 0]] = [numbers(nodeVersion), numbers(leastNodeVersion)];
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok('Node.js', nodeVersion);
  return missing(
    'Node.js',
    `${nodeVersion} is too old`,
    `Install Node.js ${leastNodeVersion} or newer: https://nodejs.org.`,
  );
}

/** How many keys the agent has; why not, where it does not say; undefined where there is none. */
type Agent = { readonly keys: number } | { readonly reason: string } | undefined;

async function askAgent(socket: string | undefined): Promise<Agent> {
  if (!socket) return undefined;
  try {
    return { keys: (await agentKeys(socket)).length };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

function agentCheck({ env }: LocalMachine, agent: Agent): Check {
  if (agent === undefined) return ok('SSH agent', 'none runs');
  if ('reason' in agent) {
    return warning('SSH agent', `${env.SSH_AUTH_SOCK}: ${agent.reason}`, 'Start it again, or unset SSH_AUTH_SOCK.');
  }
  if (agent.keys > 0) return ok('SSH agent', `it has ${agent.keys} ${agent.keys === 1 ? 'key' : 'keys'}`);
  return ok('SSH agent', 'it runs, and has no keys');
}

interface KeyFile {
  readonly path: string;
  readonly isEncrypted: boolean;
  readonly isOpen: boolean;
}

function usableKeys({ home }: LocalMachine): readonly KeyFile[] {
  return KEYS.flatMap((name): KeyFile[] => {
    const path = join(home, '.ssh', name);
    try {
      const key = parseKey(readFileSync(path));
      // ssh(1) refuses a key that others may read.
      return [{ path, isEncrypted: key instanceof Error, isOpen: (statSync(path).mode & 0o077) !== 0 }];
    } catch {
      return [];
    }
  });
}

function keysCheck(keys: readonly KeyFile[], agent: Agent): Check {
  const hasAgent = agent !== undefined && 'keys' in agent && agent.keys > 0;
  const open = keys.find(({ isOpen }) => isOpen);
  if (open) return warning('keys', `${open.path} can be read by others`, `Run: chmod 600 ${open.path}`);
  const ready = keys.filter(({ isEncrypted }) => !isEncrypted);
  const [locked] = keys.filter(({ isEncrypted }) => isEncrypted);
  if (ready.length > 0) return ok('keys', ready.map(({ path }) => path).join(', '));
  if (hasAgent) return ok('keys', 'those of the agent');
  if (locked) {
    const hint = `Load it into the agent (ssh-add ${locked.path}), or set provision_ssh_passphrase.`;
    return warning('keys', `${locked.path} has a passphrase, or cannot be read`, hint);
  }
  const hint = 'Make one (ssh-keygen -t ed25519), name another in the inventory, or log in with a password.';
  return warning('keys', 'none in ~/.ssh, and none in an agent', hint);
}

async function configCheck({ home, user }: LocalMachine): Promise<Check> {
  const file = join(home, '.ssh', 'config');
  if (!existsSync(file)) return ok('~/.ssh/config', 'there is none');
  try {
    await lookUpHost(file, { host: 'host.invalid', localUser: user, home });
    return ok('~/.ssh/config', 'can be read');
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    const { message, location, hint } = error;
    return missing('~/.ssh/config', location ? `${location}: ${message}` : message, hint);
  }
}

function knownHostsCheck({ home }: LocalMachine): Check {
  const name = 'known hosts';
  const file = join(home, '.ssh', 'known_hosts');
  try {
    const count = parseKnownHosts(readFileSync(file, 'utf8'), file).length;
    if (canWrite(file)) return ok(name, `${count} ${count === 1 ? 'key' : 'keys'} in ${file}`);
    return warning(name, `${file} cannot be written`, 'New hosts cannot be remembered: mend its permissions.');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      return missing(name, `${file} cannot be read: ${whyUnreadable(error)}`, 'Mend its permissions.');
    }
    const hint = 'Log in once with ssh to each new host, or pin its key in the inventory: provision_host_key.';
    return warning(name, `${file} is not there`, hint);
  }
}

function folderCheck(name: string, folder: string, hint: string): Check {
  if (canWrite(existing(folder))) return ok(name, folder);
  return warning(name, `${folder} cannot be written`, hint);
}

async function spaceCheck({ temporaryFolder }: LocalMachine): Promise<Check> {
  const room = await statfs(temporaryFolder).catch(() => undefined);
  if (room === undefined) {
    return missing('free space', `${temporaryFolder} is not there`, 'Make it, or set TMPDIR to another folder.');
  }
  const { bavail, bsize } = room;
  const gib = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB`;
  if (bavail * bsize >= LEAST_FREE_BYTES) return ok('free space', `${gib} in ${temporaryFolder}`);
  return warning('free space', `only ${gib} in ${temporaryFolder}`, 'Free some, or set TMPDIR to another folder.');
}

/** The folder itself, or the nearest above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
