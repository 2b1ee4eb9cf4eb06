/**
 * A link through the system's own `ssh`: for what ssh2 does not know, such as certificates, FIDO keys and ProxyCommand.
 *
 * Each channel is a process. The first one logs in and carries the others (ControlMaster, with its socket in a private
 * folder): a login for each channel would cost six round trips or more, and sshd drops connections when many come at once.
 * It is no daemon: it ends with the root shell that it carries.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, ProvisionError } from '../errors.ts';
import { lastLines } from './become-errors.ts';
import { startProcess } from './link-local.ts';
import type { Channel, HostAddress, Link } from './types.ts';

/** @throws ProvisionError `authentication-failed` where a password is configured: ssh takes it from a terminal alone */
export function openOpensshLink(address: HostAddress): Link {
  if (address.password !== undefined || address.passphrase !== undefined) throw noPasswords(address);
  const folder = mkdtempSync(join(tmpdir(), 'provision-'));
  const args = sshArguments(address, folder);
  const channels = new Set<Channel>();
  const closed = Promise.withResolvers<string>();

  return {
    closed: closed.promise,
    async open(command) {
      const channel = startProcess('ssh', [...args, command]);
      const isFirst = channels.size === 0;
      channels.add(channel);
      void channel.closed.then(({ reason }) => {
        channels.delete(channel);
        if (isFirst) closed.resolve(reason ?? 'ssh ended');
      });
      return channel;
    },
    async close() {
      for (const channel of channels) channel.destroy();
      rmSync(folder, { recursive: true, force: true });
      closed.resolve('it was closed');
    },
    explain: (errorOutput, code) => explain(address, errorOutput, code),
  };
}

/** Exported for its tests. Options are settled here, so that ~/.ssh/config cannot change what the shell protocol needs. */
export function sshArguments(address: HostAddress, folder: string): string[] {
  const { hostname, configName, user, port, keyFiles, jumps, connectTimeoutMs, keepAliveMs } = address;
  const options: Record<string, string | undefined> = {
    BatchMode: 'yes',
    ConnectTimeout: String(Math.ceil(connectTimeoutMs / 1000)),
    ServerAliveInterval: String(Math.ceil(keepAliveMs / 1000)),
    ServerAliveCountMax: '3',
    ControlMaster: 'auto',
    ControlPath: join(folder, 'control'),
    ControlPersist: 'no',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    ClearAllForwardings: 'yes',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    HostName: hostname,
    IdentitiesOnly: address.identitiesOnly ? 'yes' : undefined,
    ...hostKeyOptions(address, folder),
  };
  return [
    ...Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : ['-o', `${name}=${value}`])),
    ...keyFiles.filter(({ required }) => required).flatMap(({ path }) => ['-i', path]),
    ...(jumps.length === 0 ? [] : ['-J', jumps.map(jumpArgument).join(',')]),
    ...['-l', user, '-p', String(port), '--', configName ?? hostname],
  ];
}

/** ssh looks jump hosts up in ~/.ssh/config as well, by the names that stand there. */
function jumpArgument({ user, hostname, configName = hostname, port }: HostAddress): string {
  return `${user}@${configName.includes(':') ? `[${configName}]` : configName}:${port}`;
}

function hostKeyOptions({ hostKeys }: HostAddress, folder: string): Record<string, string | undefined> {
  const { mode, pinned, alias, knownHostsFiles } = hostKeys;
  if (pinned.length === 0) {
    return {
      StrictHostKeyChecking: mode === 'strict' ? 'yes' : 'accept-new',
      UserKnownHostsFile: knownHostsFiles.map((file) => `"${file}"`).join(' ') || '/dev/null',
      HostKeyAlias: alias,
    };
  }
  const file = join(folder, 'known_hosts');
  writeFileSync(file, pinned.map((key) => `* ${key}\n`).join(''), { mode: 0o600 });
  return { StrictHostKeyChecking: 'yes', UserKnownHostsFile: file, GlobalKnownHostsFile: '/dev/null' };
}

const REASONS: readonly { pattern: RegExp; code: ErrorCode; message: string; hint: string }[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    code: 'host-key-changed',
    message: 'the host key is not the one that is known',
    hint: 'Somebody may be listening in. Only if you know why it changed: remove the old key and put the new one in its place.',
  },
  {
    pattern: /REVOKED HOST KEY|marked as revoked/i,
    code: 'host-key-revoked',
    message: 'the host key is revoked',
    hint: 'Do not use this host until it has a new key.',
  },
  {
    pattern: /Host key verification failed|No .* host key is known/,
    code: 'host-key-unknown',
    message: 'the host key is not known',
    hint: 'Log in once with `ssh` and compare the fingerprint, or pin the key with `provision_host_key`.',
  },
  {
    pattern: /Permission denied|Too many authentication failures|No supported authentication methods/,
    code: 'authentication-failed',
    message: 'ssh cannot log in',
    hint: 'Check user and key in the inventory and in ~/.ssh/config: the same `ssh` command must work by hand without a question.',
  },
  {
    pattern: /Bad configuration option|bad configuration options|Bad owner or permissions/,
    code: 'ssh-config-invalid',
    message: 'ssh does not accept its configuration',
    hint: 'Mend ~/.ssh/config.',
  },
];

/** ssh exits 255 for failures of its own, and passes on every other status. */
function explain(address: HostAddress, errorOutput: string, code: number | undefined): ProvisionError | undefined {
  const { name, hostname, port } = address;
  const detail = lastLines(errorOutput);
  if (code === undefined) {
    return new ProvisionError('unreachable', 'the `ssh` command cannot be started', {
      host: name,
      hint: 'Install the OpenSSH client, or leave the transport at `ssh`.',
    });
  }
  if (code !== 255) return undefined;
  const reason = REASONS.find(({ pattern }) => pattern.test(errorOutput));
  if (reason !== undefined)
    return new ProvisionError(reason.code, reason.message, { host: name, hint: reason.hint, detail });
  return new ProvisionError('unreachable', `ssh cannot reach ${hostname} port ${port}`, {
    host: name,
    hint: 'See whether the host is up, sshd runs there, and firewalls let you through.',
    detail,
  });
}

function noPasswords({ name }: HostAddress): ProvisionError {
  return new ProvisionError('authentication-failed', 'the openssh transport takes no password and no passphrase', {
    host: name,
    hint: 'Load the key into the agent with `ssh-add`, or leave the transport at `ssh`. A become password is fine.',
  });
}
