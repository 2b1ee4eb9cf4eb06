import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Secret } from '../shell/secret.ts';
import { input, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { simpleName } from './fields.ts';

/** Where a host keeps what was generated for it. Only root can look inside. */
export const SECRETS_FOLDER = '/var/lib/provision/secrets';

const schema = z.strictObject({
  name: simpleName(),
  /** Learns the value that the host keeps, or the new one. */
  secret: z.custom<Secret>((value) => value instanceof Secret),
  /** Characters, each of them worth 6 bits. */
  length: z.int().min(16).max(512).default(32),
});

export type GeneratedSecretInput = z.input<typeof schema>;
type GeneratedSecret = z.output<typeof schema>;

interface ActualSecret {
  readonly value: string | undefined;
  /** Mode and owner: `600 0`. */
  readonly access: string | undefined;
}

const PRIVATE = '600 0';

/**
 * A secret that is generated once and kept on the host, readable by root alone. Its characters are safe in URLs
 * (RFC 3986, unreserved), so that it can stand in a database's address as it is.
 *
 * @example generatedSecret({ name: 'db_app', secret: Secret.named('db_app') })
 */
export const generatedSecret = defineResource<GeneratedSecretInput, GeneratedSecret, ActualSecret>({
  kind: 'secret',
  schema,
  name: ({ name }) => name,

  probe: (all) => sh`
    cd ${SECRETS_FOLDER} 2>/dev/null || exit 0
    for name in ${all.map(({ name }) => name)}; do
      [ -f "$name" ] && read -r value <"$name" && printf 'value %s %s\n' "$name" "$value"
    done
    stat -c 'access %n %a %u' ${all.map(({ name }) => name)} 2>/dev/null
    :
  `,

  parse(output, all) {
    const found = new Map<string, string>();
    for (const line of output.split('\n')) {
      const [what = '', name = '', ...rest] = line.split(' ');
      found.set(`${what} ${name}`, rest.join(' '));
    }
    return all.map(({ name }) => ({ value: found.get(`value ${name}`), access: found.get(`access ${name}`) }));
  },

  learn({ secret, length }, { value }) {
    if (value !== undefined) secret.learn(value);
    else if (!secret.isKnown) secret.learn(generate(length));
  },

  diff(_, { value, access }): Change[] {
    if (value === undefined) return [{ action: 'create', what: '', to: 'generated, kept on the host' }];
    if (access === PRIVATE) return [];
    return [{ action: 'update', what: 'mode and owner', from: access, to: PRIVATE }];
  },

  apply: ({ name, secret }, [change]) => {
    if (change?.action === 'update') return sh`cd ${SECRETS_FOLDER} && chown 0:0 ${name} && chmod 600 ${name}`;
    return sh`
      umask 077
      mkdir -p ${SECRETS_FOLDER} && cd ${SECRETS_FOLDER} || exit
      cat ${input(Secret.join(secret, '\n'))} >${`.${name}`} && sync ${`.${name}`} && mv ${`.${name}`} ${name}
    `;
  },
});

function generate(length: number): string {
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length);
}
