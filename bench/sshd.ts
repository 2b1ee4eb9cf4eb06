/** An sshd of this machine that a bench starts for itself, and ends: its defaults, but with a port and keys of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../test/lab/lab-error.ts';
import { step } from '../test/lab/progress.ts';
import { aptInstall } from '../test/lab/run-process.ts';

const SSHD = '/usr/sbin/sshd';
/** Debian's packages ask this program whether they may start what they install. */
const POLICY = '/usr/sbin/policy-rc.d';

export interface OwnSshd {
  readonly pid: number;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** Private key of the only one who may log in: the user that we are. */
  readonly keyFile: string;
  stop(): void;
}

/** Installs sshd where it is missing and we are root, without starting it as a service. @throws LabError where it stays missing */
export async function ensureSshd(): Promise<void> {
  if (existsSync(SSHD)) return;
  if (process.getuid?.() === 0) {
    await step('sshd: install', async (note) => {
      const isOurs = !existsSync(POLICY);
      if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
      try {
        await aptInstall(['openssh-server'], note);
      } finally {
        if (isOurs) rmSync(POLICY, { force: true });
      }
    });
  }
  if (!existsSync(SSHD)) throw new LabError(`there is no ${SSHD}`, 'Install openssh-server; it need not run.');
}

/** Starts it for all addresses of this machine; only from itself may anybody log in. */
export async function startOwnSshd(folder: string): Promise<OwnSshd> {
  const port = await freePort();
  const [hostKey, userKey] = ['host_key', 'user_key'].map((name) => makeKey(join(folder, name)));
  writeFileSync(join(folder, 'authorized_keys'), `${userKey}\n`, { mode: 0o600 });
  const config = [
    `Port ${port}`,
    'ListenAddress 0.0.0.0',
    `AllowUsers ${userInfo().username}@127.0.0.0/8`,
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'AuthenticationMethods publickey',
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PrintMotd no',
    // What stands in our ~/.bashrc is not to be measured.
    `SetEnv HOME=${folder}`,
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  // Where it runs as root, it wants this folder of the distribution's start-up script.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(SSHD, ['-D', '-E', join(folder, 'sshd.log'), '-f', join(folder, 'sshd_config')], {
    stdio: 'ignore',
  });
  const stop = () => void server.kill();
  process.once('exit', stop);
  for (let tries = 0; tries < 200 && server.exitCode === null; tries += 1) {
    if (await isListening(port)) {
      return { pid: server.pid as number, port, hostKey: hostKey as string, keyFile: join(folder, 'user_key'), stop };
    }
    await sleep(50);
  }
  stop();
  throw new Error(`sshd does not listen; its log is ${join(folder, 'sshd.log')}`);
}

function makeKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
  return execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
