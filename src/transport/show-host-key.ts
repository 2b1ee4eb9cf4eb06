/** Has a host show its key, and goes away before anyone logs in. */
import { hostKeyCheck, judgeHostKey, type ShownHostKey } from './host-key.ts';
import { openSocketTo } from './link-ssh.ts';
import { Client } from './ssh2.ts';
import { unreachable } from './tcp.ts';
import type { HostAddress } from './types.ts';

/**
 * The key that a host shows: of a type that is known of it already, where one is.
 *
 * @throws ProvisionError `unreachable`, `host-key-changed`, `host-key-revoked`
 */
export async function showHostKey(address: HostAddress): Promise<ShownHostKey> {
  const { algorithms } = hostKeyCheck(address);
  const socket = await openSocketTo(address);
  const client = new Client();
  try {
    const key = await new Promise<Buffer>((resolve, reject) => {
      // The key is refused, so that an error follows: by then the promise is settled.
      client.on('error', (error) => reject(unreachable(address, error)));
      client.on('close', () =>
        reject(unreachable(address, Object.assign(new Error('closed'), { code: 'ECONNRESET' }))),
      );
      client.connect({
        sock: socket,
        username: address.user,
        readyTimeout: address.connectTimeoutMs,
        algorithms: { serverHostKey: algorithms, compress: ['none'] },
        hostVerifier: (shown: Buffer) => {
          resolve(Buffer.from(shown));
          return false;
        },
      });
    });
    return judgeHostKey(address, key);
  } finally {
    client.destroy();
    socket.destroy();
  }
}
