import type { Client, ParsedKey } from 'ssh2';

/** How ssh2 asks to be let in with a key. Without `sign` it only asks whether the key would do. */
type AskWithKey = (user: string, key: ParsedKey, algorithm: string | undefined, sign?: Sign) => void;
type Sign = (data: Buffer, send: (signature: Buffer) => void) => void;

/** RSA keys have several; the other kinds one, which the key knows. */
const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' };

/**
 * Has a client that connects sign with each private key at once, as RFC 4252 has it in section 7. By itself ssh2 asks first
 * whether the key would do: a round trip for nothing, since a private key at hand costs nothing to sign with. Keys of an agent
 * are asked for as before: to sign with them may take somebody's finger.
 *
 * ssh2 offers no setting for this: that its client holds a `_protocol` with `authPK` is known from its source (1.17).
 */
export function signAtOnce(client: Client): void {
  const { _protocol: protocol } = client as Client & { readonly _protocol: { authPK: AskWithKey } };
  const ask = protocol.authPK.bind(protocol);
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || !key.isPrivateKey()) return ask(user, key, algorithm, sign);
    ask(user, key, algorithm, (data, send) => {
      const signature: Buffer | Error = key.sign(data, HASHES[algorithm ?? '']);
      // Asked, ssh2 tells by itself what is wrong with the key.
      if (signature instanceof Error) ask(user, key, algorithm);
      else send(signature);
    });
  };
}
