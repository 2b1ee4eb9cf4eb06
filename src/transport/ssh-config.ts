/** From what the inventory says and ~/.ssh/config adds to everything that is needed to reach a host. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import type { ConnectionSettings } from './settings.ts';
import { lookUpHost, type SshOptions } from './ssh-config-file.ts';
import type { HostAddress, HostKeyPolicy } from './types.ts';

export type { ConnectionSettings } from './settings.ts';

/** The machine that we run on. */
export interface LocalEnvironment {
  readonly home: string;
  /** Name of the user who runs us. */
  readonly user: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string | undefined;
  /** `~/.ssh/config` if not given. */
  readonly sshConfigFile?: string | undefined;
}

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const DEFAULT_PORT = 22;
const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;
const DEFAULT_KEEP_ALIVE_MS = 10_000;
const MAX_JUMPS = 8;

/**
 * Everything needed to reach a host: the inventory's word counts most, then ~/.ssh/config, then ssh's defaults.
 * Keys that somebody named are loaded here, so that a wrong path or passphrase is told before any host is touched.
 *
 * @throws ProvisionError `ssh-config-invalid`, `key-unreadable`, `inventory-bad-parameter` for a jump that cannot be read
 */
export async function resolveAddress(
  settings: ConnectionSettings,
  environment: LocalEnvironment,
): Promise<HostAddress> {
  const address =
    settings.transport === 'local' ? localAddress(settings, environment) : await resolve(settings, environment, 0);
  const namesKeys = ({ keyFiles }: HostAddress) => keyFiles.some(({ required }) => required);
  const withKeys = address.transport === 'ssh' ? [address, ...address.jumps].filter(namesKeys) : [];
  if (withKeys.length > 0) {
    const { loadCredentials } = await import('./ssh-auth.ts');
    await Promise.all(withKeys.map(loadCredentials));
  }
  return address;
}

function localAddress(settings: ConnectionSettings, { user }: LocalEnvironment): HostAddress {
  return {
    name: settings.name,
    transport: 'local',
    hostname: 'localhost',
    port: DEFAULT_PORT,
    user,
    keyFiles: [],
    jumps: [],
    hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [] },
    become: { method: settings.become ?? 'auto', password: settings.becomePassword },
    connectTimeoutMs: settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    keepAliveMs: DEFAULT_KEEP_ALIVE_MS,
  };
}

async function resolve(
  settings: ConnectionSettings,
  environment: LocalEnvironment,
  depth: number,
): Promise<HostAddress> {
  const { name, transport = 'ssh' } = settings;
  const { home, user: localUser } = environment;
  const configName = settings.hostname ?? name;
  const file = environment.sshConfigFile ?? join(home, '.ssh', 'config');
  const options = await lookUpHost(file, { host: configName, user: settings.user, localUser, home });
  const option = (key: string) => options.get(key)?.[0];

  const hostname = option('hostname')?.replaceAll('%h', configName) ?? configName;
  const user = settings.user ?? option('user') ?? localUser;
  const port = settings.port ?? number(file, 'Port', option('port')) ?? DEFAULT_PORT;
  const expand = expander({ home, localUser, hostname, port, user, configName });
  const connectTimeoutS = number(file, 'ConnectTimeout', option('connecttimeout'));
  const keepAliveS = number(file, 'ServerAliveInterval', option('serveraliveinterval'));
  const jump = settings.jump ?? option('proxyjump') ?? 'none';
  if (transport === 'ssh' && settings.jump === undefined && !isUnset(option('proxycommand')) && isUnset(jump)) {
    throw needsOpenssh(name, file);
  }

  return {
    name,
    transport,
    hostname,
    configName,
    port,
    user,
    keyFiles: keyFiles(settings, options, expand, home),
    passphrase: settings.passphrase,
    password: settings.password,
    agentSocket: agentSocket(option('identityagent'), environment, expand),
    identitiesOnly: option('identitiesonly')?.toLowerCase() === 'yes',
    jumps: isUnset(jump) ? [] : await resolveJumps(jump, settings, environment, depth),
    hostKeys: hostKeyPolicy(settings, options, expand),
    // Logging in with a password, one would type the same to sudo; su asks for another one, that of root.
    become: {
      method: settings.become ?? 'auto',
      password: settings.becomePassword ?? (settings.become === 'su' ? undefined : settings.password),
    },
    connectTimeoutMs:
      settings.connectTimeoutMs ?? (connectTimeoutS ? connectTimeoutS * 1000 : DEFAULT_CONNECT_TIMEOUT_MS),
    keepAliveMs: keepAliveS ? keepAliveS * 1000 : DEFAULT_KEEP_ALIVE_MS,
  };
}

/** Keys that are named replace the default ones, as with ssh; a named one of ~/.ssh/config that does not exist is no error. */
function keyFiles(
  { keyFile }: ConnectionSettings,
  options: SshOptions,
  expand: (text: string) => string,
  home: string,
): HostAddress['keyFiles'] {
  if (keyFile !== undefined) return [{ path: expand(keyFile), required: true }];
  const named = (options.get('identityfile') ?? []).filter((path) => !isUnset(path)).map(expand);
  if (named.length > 0) {
    return named.map((path) =>
      existsSync(path) ? { path, required: true } : { path, required: false, missing: true },
    );
  }
  return DEFAULT_KEYS.map((key) => ({ path: join(home, '.ssh', key), required: false }));
}

function agentSocket(option: string | undefined, environment: LocalEnvironment, expand: (text: string) => string) {
  if (option === undefined || option === 'SSH_AUTH_SOCK' || option === '$SSH_AUTH_SOCK') return environment.agentSocket;
  return option.toLowerCase() === 'none' ? undefined : expand(option);
}

function hostKeyPolicy(
  settings: ConnectionSettings,
  options: SshOptions,
  expand: (text: string) => string,
): HostKeyPolicy {
  const { hostKey, hostKeyChecking, knownHostsFile } = settings;
  const files = (options.get('userknownhostsfile') ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']).map(expand);
  const own = knownHostsFile === undefined ? files.filter((file) => !isUnset(file)) : [expand(knownHostsFile)];
  return {
    mode: hostKeyChecking ?? checking(options.get('stricthostkeychecking')?.[0]),
    knownHostsFiles: [...own, ...GLOBAL_KNOWN_HOSTS],
    pinned: hostKey === undefined ? [] : [hostKey].flat(),
    alias: options.get('hostkeyalias')?.[0],
  };
}

/** `no` would take any key, a changed one as well: we go no further than `accept-new`. */
function checking(option = 'ask'): HostKeyPolicy['mode'] {
  return ['accept-new', 'no', 'off'].includes(option.toLowerCase()) ? 'accept-new' : 'strict';
}

/** Each jump host is looked up in ~/.ssh/config as well, and only the first one may have jump hosts of its own. */
async function resolveJumps(
  jump: string,
  settings: ConnectionSettings,
  environment: LocalEnvironment,
  depth: number,
): Promise<HostAddress[]> {
  if (depth >= MAX_JUMPS) {
    throw new ProvisionError('ssh-config-invalid', `more than ${MAX_JUMPS} jump hosts, one behind the other`, {
      host: settings.name,
      hint: 'Do jump hosts in ~/.ssh/config name each other?',
    });
  }
  const jumps: HostAddress[] = [];
  for (const [i, text] of jump.split(',').entries()) {
    const { keyFile, passphrase, hostKeyChecking, knownHostsFile, connectTimeoutMs, transport } = settings;
    const address = await resolve(
      {
        ...parseJump(text.trim(), settings.name),
        ...(i > 0 && { jump: 'none' }),
        ...{ passphrase, hostKeyChecking, knownHostsFile, connectTimeoutMs, transport, become: 'none' },
      },
      environment,
      depth + 1,
    );
    const shared =
      keyFile === undefined ? [] : [{ path: keyFile.replace(/^~(?=\/)/, environment.home), required: true }];
    jumps.push(...address.jumps, { ...address, jumps: [], keyFiles: [...shared, ...address.keyFiles] });
  }
  return jumps;
}

/** `user@host:port`, `[2001:db8::1]:22`, `ssh://host`. */
function parseJump(text: string, host: string): Pick<ConnectionSettings, 'name' | 'user' | 'port'> {
  const pattern = /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<v6>[^\]]+)\]|(?<name>[^:@[\]\s]+))(?::(?<port>\d+))?\/?$/;
  const { user, v6, name = v6, port } = pattern.exec(text)?.groups ?? {};
  if (name === undefined) {
    throw new ProvisionError('inventory-bad-parameter', `the jump host \`${text}\` cannot be read`, {
      host,
      hint: 'Write user@host:port, without user or port where they are the usual ones; several with commas between them.',
    });
  }
  return { name, user, port: port === undefined ? undefined : Number(port) };
}

interface Tokens {
  readonly home: string;
  readonly localUser: string;
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  readonly configName: string;
}

/** Expands `~/` and the tokens of ssh_config(5) "TOKENS". */
function expander({ home, localUser, hostname, port, user, configName }: Tokens): (text: string) => string {
  const tokens: Record<string, string> = {
    '%%': '%',
    '%d': home,
    '%h': hostname,
    '%n': configName,
    '%p': String(port),
    '%r': user,
    '%u': localUser,
  };
  return (text) => text.replace(/^~(?=\/|$)/, home).replaceAll(/%./g, (token) => tokens[token] ?? token);
}

function isUnset(option: string | undefined): boolean {
  return option === undefined || option.toLowerCase() === 'none';
}

function number(file: string, name: string, value: string | undefined): number | undefined {
  if (value === undefined || isUnset(value)) return undefined;
  if (/^\d{1,5}$/.test(value)) return Number(value);
  throw new ProvisionError('ssh-config-invalid', `${name} is no number: ${value}`, {
    location: file,
    hint: 'Mend the file.',
  });
}

function needsOpenssh(host: string, file: string): ProvisionError {
  return new ProvisionError('ssh-config-invalid', 'the SSH configuration of this host has a ProxyCommand', {
    host,
    location: file,
    hint: 'Use the openssh transport for it (`provision_transport: openssh`), or ProxyJump.',
  });
}
