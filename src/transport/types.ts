/** How a host is reached, and what a connection can do. Implementations: ssh, openssh, local, and the fake of the tests. */
import type { Duplex, Readable, Writable } from 'node:stream';
import type { ProvisionError } from '../errors.ts';
import type { ScriptResult } from '../resources/contract.ts';
import type { Secret } from '../shell/secret.ts';
import type { Script } from '../shell/sh.ts';

/** Everything needed to reach one host and to become root there. Comes from the inventory and ~/.ssh/config. */
export interface KeyFile {
  readonly path: string;
  /** One that cannot be used is an error. */
  readonly required: boolean;
  /** Somebody named it, though it is not there: told where nothing else lets us in. */
  readonly missing?: boolean;
}

export interface HostAddress {
  /** The host's name in the inventory: for messages. */
  readonly name: string;
  readonly transport: 'ssh' | 'openssh' | 'local';
  /** Name or address to connect to. */
  readonly hostname: string;
  /** What ~/.ssh/config knows it by, where that is another name: the openssh transport lets ssh read it again. */
  readonly configName?: string | undefined;
  readonly port: number;
  readonly user: string;
  /** Private key files to try, in order. */
  readonly keyFiles: readonly KeyFile[];
  readonly passphrase?: Secret | undefined;
  readonly password?: Secret | undefined;
  /** Path of the agent's socket; undefined: no agent. */
  readonly agentSocket?: string | undefined;
  /** Ask the agent for the keys of `keyFiles` alone (IdentitiesOnly of ssh_config). */
  readonly identitiesOnly?: boolean | undefined;
  /** Hosts to jump through, first one first. */
  readonly jumps: readonly HostAddress[];
  readonly hostKeys: HostKeyPolicy;
  readonly become: Become;
  /** Milliseconds until TCP, handshake and authentication must be done. Default 15,000. */
  readonly connectTimeoutMs: number;
  /** Milliseconds between keep-alive messages; three unanswered end the connection. Default 10,000. */
  readonly keepAliveMs: number;
}

export interface HostKeyPolicy {
  /** `strict`: known keys only. `accept-new`: a host never seen is written down; a changed key is refused all the same. */
  readonly mode: 'strict' | 'accept-new';
  readonly knownHostsFiles: readonly string[];
  /** Public keys (`ssh-ed25519 AAAA...`) that the inventory pins; where there are any, only they count. */
  readonly pinned: readonly string[];
  /** Name to look the host up by instead of its own (HostKeyAlias of ssh_config). */
  readonly alias?: string | undefined;
}

/** How to become root: `auto` is nothing for root and sudo for everyone else. */
export interface Become {
  readonly method: 'auto' | 'none' | 'sudo' | 'doas' | 'su';
  readonly password?: Secret | undefined;
}

/** One program on the far side with its three streams. */
export interface Channel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the program has ended or the channel closed. Never rejects. */
  readonly closed: Promise<{ code: number | undefined; reason: string | undefined }>;
  /** Ends it without waiting. */
  destroy(): void;
}

/** A logged-in link over which programs can be started. The root shell speaks its protocol over it. */
export interface Link {
  /** Starts a program through the login shell of the user. */
  open(command: string): Promise<Channel>;
  close(): Promise<void>;
  /** Whether all that was written before `close` still reaches the programs. */
  readonly closesInOrder?: boolean;
  /** Settles with the reason when the link is gone, also by `close`. */
  readonly closed: Promise<string>;
  /** What it means that a program never started: for a link that only logs in when the first one does. */
  explain?(errorOutput: string, code: number | undefined): ProvisionError | undefined;
}

/** A root shell on a host: one exchange at a time. */
export interface Connection {
  readonly host: string;
  /** Which start of the host it was opened to: another one after each restart. Undefined where that is not known. */
  readonly startOfHost?: string | undefined;
  /**
   * Runs one script: one exchange, whatever the script's length.
   * The answer's text is decoded as UTF-8. With `lock`, the host lock is taken first, or the exchange fails.
   * Called while another exchange runs, it waits its turn.
   * @throws ProvisionError `connection-lost`, `command-timed-out`, `host-locked`, `disk-full`, `output-too-large`, `unsupported-host`
   */
  run(script: Script, options?: RunOptions): Promise<ScriptResult>;
  /**
   * A program as root with a raw stream of its own, on a further channel; seven at a time, others wait. Ending the stream ends the
   * program's input; destroying it closes both directions, which ends every program that reads or writes.
   * The stream fails with `command-failed` where the program exits with another status than 0, its last words as detail.
   * @throws TypeError where the command has inputs
   */
  stream(command: Script): Promise<Duplex>;
  close(): Promise<void>;
  /** How many exchanges there were since login. */
  readonly exchanges: number;
}

export interface RunOptions {
  /** Milliseconds; default 120,000. The host itself enforces it, and the client a little later, unless the script is quick. */
  readonly timeoutMs?: number;
  /** Take the host lock, under this description (`alice@laptop, provision apply`), and keep it until the connection ends. */
  readonly lock?: string;
  /** The token of a holder that is known to be gone (HostLocked has it): the lock is taken over, when its last step has ended. */
  readonly lockFrom?: string;
  /**
   * The script only reads, soon ends, and starts nothing that outlives it. It runs with the fewest processes: without $RUN, and
   * without a time limit of the host's. The client keeps that, and ends the connection. Not for scripts with inputs, nor with a lock.
   */
  readonly isQuick?: boolean;
}
