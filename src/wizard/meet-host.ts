/** The first look at a host: its key, and what it is like. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Secret } from '../shell/secret.ts';
import { connect } from '../transport/connect.ts';
import type { ShownHostKey } from '../transport/host-key.ts';
import type { ConnectionSettings } from '../transport/settings.ts';
import { showHostKey } from '../transport/show-host-key.ts';
import { resolveAddress } from '../transport/ssh-config.ts';
import { isVault } from '../vault/envelope.ts';
import { parseSurvey, SURVEY_PROBE, type Survey } from './host-survey.ts';
import type { LocalMachine } from './local-machine.ts';
import type { Parts } from './notations.ts';
import { parseSource } from './secret-source.ts';

/** How the wizard reaches hosts; tests bring their own. */
export interface Meeting {
  /** @throws ProvisionError `unreachable`, `host-key-changed`, `host-key-revoked` and what resolving the address finds wrong */
  showKey(host: HostToMeet): Promise<ShownHostKey>;
  /** Logs in with that key alone. @throws ProvisionError as `connect` */
  survey(host: HostToMeet, key: string): Promise<Survey>;
}

export interface HostToMeet {
  readonly server: Parts;
  /** Empty: the usual ones. */
  readonly sshKey: string;
  /** Each a source, or `none`. */
  readonly loginPassword: string;
  readonly sudoPassword: string;
}

/** @param openVault decrypts what stands in the inventory, or was typed during this run */
export function createMeeting(machine: LocalMachine, env: NodeJS.ProcessEnv, openVault: OpenVault): Meeting {
  async function addressOf({ server, sshKey, loginPassword, sudoPassword }: HostToMeet, hostKey?: string) {
    const { name = '', address = '', user, port } = server;
    const [password, becomePassword] = await Promise.all([readSource(loginPassword), readSource(sudoPassword)]);
    const settings: ConnectionSettings = {
      name,
      hostname: address,
      ...(user && { user }),
      ...(port && { port: Number(port) }),
      ...(sshKey && { keyFile: sshKey.startsWith('~') ? sshKey : resolve(machine.folder, sshKey) }),
      ...(password && { password }),
      ...(becomePassword && { becomePassword }),
      ...(hostKey && { hostKey }),
    };
    const { home, user: localUser, agentSocket } = machine;
    return resolveAddress(settings, { home, user: localUser, agentSocket });
  }

  async function readSource(text: string): Promise<Secret | undefined> {
    const source = parseSource(text);
    if (source?.from === 'vault') return openVault(source.envelope);
    const value =
      source?.from === 'env'
        ? env[source.name]
        : source?.from === 'file'
          ? await readFile(resolve(machine.folder, source.path), 'utf8').catch(() => undefined)
          : undefined;
    if (!value) return undefined;
    return isVault(value) ? openVault(value) : Secret.named('a password', value.replace(/\r?\n$/, ''));
  }

  return {
    showKey: async (host) => showHostKey(await addressOf(host)),
    async survey(host, key) {
      const connection = await connect(await addressOf(host, key));
      try {
        const { stdout } = await connection.run(SURVEY_PROBE, { timeoutMs: 30_000 });
        return parseSurvey(stdout);
      } finally {
        await connection.close();
      }
    },
  };
}

/** @throws ProvisionError where it cannot be decrypted */
export type OpenVault = (envelope: string) => Promise<Secret>;
