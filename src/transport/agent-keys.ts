import { OpenSSHAgent } from './ssh2.ts';

/** The public keys that an agent holds, as in `.pub` files. None where it cannot be asked. */
export function agentKeys(socket: string | undefined): Promise<readonly string[]> {
  if (socket === undefined) return Promise.resolve([]);
  return new Promise((resolve) => {
    new OpenSSHAgent(socket).getIdentities((error, keys = []) => {
      if (error) return resolve([]);
      const lines = keys.flatMap((key) => {
        if (!('getPublicSSH' in key)) return [];
        return [`${key.type} ${key.getPublicSSH().toString('base64')} ${key.comment}`.trim()];
      });
      resolve(lines);
    });
  });
}
