import { OpenSSHAgent } from './ssh2.ts';

/** An agent only looks into its memory for this: one that takes longer hangs. */
const LIMIT_MS = 3_000;

/** The public keys that an agent holds, as in `.pub` files. @throws Error where it cannot be asked, or does not answer */
export function agentKeys(socket: string): Promise<readonly string[]> {
  const agent = new OpenSSHAgent(socket);
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => reject(new Error('it does not answer')), LIMIT_MS);
  const open = agent.getStream.bind(agent);
  agent.getStream = (callback) =>
    open((error, stream) => {
      // An open connection to one that hangs would keep the process alive for good.
      promise.catch(() => stream?.destroy());
      callback(error, stream);
    });
  agent.getIdentities((error, keys = []) => {
    if (error) return reject(error);
    const lines = keys.flatMap((key) => {
      if (!('getPublicSSH' in key)) return [];
      return [`${key.type} ${key.getPublicSSH().toString('base64')} ${key.comment}`.trim()];
    });
    resolve(lines);
  });
  return promise.finally(() => clearTimeout(timer));
}
