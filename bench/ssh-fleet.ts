/** The floor of a fleet's bench: OpenSSH's client, which runs `true` on each host. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import type { OwnSshd } from './sshd.ts';

/** sshd begins to drop connections at ten that have not logged in. */
const AT_A_TIME = 8;

/**
 * @param addresses of the sshd
 * @returns milliseconds from the first start to the last end
 * @throws Error where one fails
 */
export async function sshEach(addresses: readonly string[], { port, keyFile }: OwnSshd): Promise<number> {
  const options = [
    ...['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'],
    // As ours: the one that OpenSSH would choose costs sshd more.
    'KexAlgorithms=curve25519-sha256',
  ];
  const args = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-i', keyFile, '-p', String(port)];
  const left = [...addresses];
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: AT_A_TIME }, logInToNext));
  return performance.now() - startedMs;

  async function logInToNext(): Promise<void> {
    for (let address = left.shift(); address !== undefined; address = left.shift()) {
      const ssh = spawn('ssh', [...args, `${userInfo().username}@${address}`, 'true'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [code] = await once(ssh, 'close');
      if (code !== 0) throw new Error(`ssh ${address} true ended with status ${code}`);
    }
  }
}
