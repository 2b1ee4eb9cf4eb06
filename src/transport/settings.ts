import type { Secret } from '../shell/secret.ts';

/** How a host is to be reached, as the inventory says it. What it leaves open comes from ~/.ssh/config and defaults. */
export interface ConnectionSettings {
  /** The host's name in the inventory: for messages. */
  readonly name: string;
  /** Name or address to connect to; the host's name where there is none. */
  readonly hostname?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** Private key file: absolute, or starting with `~/`. */
  readonly keyFile?: string | undefined;
  readonly passphrase?: Secret | undefined;
  readonly password?: Secret | undefined;
  readonly become?: 'auto' | 'none' | 'sudo' | 'doas' | 'su' | undefined;
  readonly becomePassword?: Secret | undefined;
  /** Hosts to jump through, first one first: `user@host:port`, separated by commas. */
  readonly jump?: string | undefined;
  /** Public keys that the host must have one of: `ssh-ed25519 AAAA...`. */
  readonly hostKey?: string | readonly string[] | undefined;
  readonly hostKeyChecking?: 'strict' | 'accept-new' | undefined;
  readonly knownHostsFile?: string | undefined;
  readonly transport?: 'ssh' | 'openssh' | 'local' | undefined;
  /** Milliseconds until TCP, handshake and authentication must be done. */
  readonly connectTimeoutMs?: number | undefined;
}
