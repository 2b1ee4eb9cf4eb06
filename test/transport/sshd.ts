/** A real sshd of this machine on loopback, with its own keys, for the user who runs the tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const SSHD = '/usr/sbin/sshd';

export interface Sshd {
  readonly port: number;
  /** Lines as for known_hosts, without the host: `ssh-ed25519 AAAA…`. */
  readonly hostKeys: { readonly ed25519: string; readonly ecdsa: string };
  stop(): void;
}

/** Starts sshd with its files in this folder; whoever has one of these public keys may log in. */
export async function startSshd(folder: string, authorized: readonly string[], listen = '127.0.0.1'): Promise<Sshd> {
  const port = await freePort();
  const hostKeys = {
    ed25519: makeKey(folder, 'host_ed25519', 'ed25519'),
    ecdsa: makeKey(folder, 'host_ecdsa', 'ecdsa'),
  };
  writeFileSync(join(folder, 'authorized_keys'), `${authorized.join('\n')}\n`, { mode: 0o600 });
  const config = `
    Port ${port}
    ListenAddress ${listen}
    HostKey ${join(folder, 'host_ed25519')}
    HostKey ${join(folder, 'host_ecdsa')}
    AuthorizedKeysFile ${join(folder, 'authorized_keys')}
    PidFile none
    StrictModes no
    UsePAM no
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin yes`;
  writeFileSync(join(folder, 'sshd_config'), config);
  // Where it runs as root, it wants this folder of the distribution's start-up script.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  await untilListening(port, server);
  return { port, hostKeys, stop: () => server.kill() };
}

/** Makes a key pair with ssh-keygen and returns its public half as a line without comment. */
export function makeKey(folder: string, name: string, type: string, passphrase = ''): string {
  const path = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', path]);
  return execFileSync('ssh-keygen', ['-y', '-P', passphrase, '-f', path], { encoding: 'utf8' }).trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilListening(port: number, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (server.exitCode !== null) throw new Error(`sshd ended with status ${server.exitCode}`);
    const isListening = await new Promise<boolean>((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isListening) return;
    await delay(50);
  }
  throw new Error('sshd does not listen');
}
