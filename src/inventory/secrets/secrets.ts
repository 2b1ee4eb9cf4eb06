import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { ProvisionError, whyUnreadable } from '../../errors.ts';
import { fields } from '../../index.ts';
import { Secret } from '../../shell/secret.ts';
import { isVault } from '../../vault/envelope.ts';
import { textOf } from '../../vault/vault.ts';
import type { Resolver } from '../expressions/references.ts';
import type { Inventory } from '../types.ts';
import { parseVariables } from '../variables.ts';
import { openFile } from './vaulted.ts';

/** A secret of one host, and what to do where the host does not keep it yet. */
export interface SecretSource {
  readonly name: string;
  /** Holds the value where it is given; learns it from the host where it is generated. */
  readonly secret: Secret;
  /** How to make it, once, on the host; undefined where the value is given. */
  readonly generate: Generate | undefined;
}

export interface Generate {
  /** Characters. */
  readonly length: number;
  /** `url`: letters, digits, `-` and `_`, so that it can stand in a URL as it is. */
  readonly alphabet: 'url';
}

const generate = z.strictObject({
  length: z.int().min(16).max(512).default(32),
  alphabet: z.literal('url').default('url'),
});

/** A text; where it is encrypted in the inventory what it decrypts to: all of it becomes a secret again below. */
const given = (about: { examples?: string[] } = {}) =>
  z.preprocess(
    (value) => (value instanceof Secret && value.isKnown ? value.reveal() : value),
    z
      .string()
      .min(1, 'must not be empty')
      .meta({ ...fields.SECRET, ...about }),
  );

const secretSchema = z.union([
  given({ examples: ['generate'] }),
  z.strictObject({ generate }),
  z.strictObject({ env: z.string().regex(/^\w+$/, 'must be the name of an environment variable') }),
  z.strictObject({ file: z.string().min(1, 'must be the path of a file') }),
  z.strictObject({ value: given() }),
]);

type SecretSetting = z.output<typeof secretSchema>;

/** The variable `secrets`. */
export const SECRETS_SCHEMA = z.object({
  secrets: z
    .record(fields.simpleName(), secretSchema)
    .default({})
    .meta({ description: 'Secrets by their names: `generate`, where each has its value from, or a text.' }),
});

/**
 * The secrets of a host, from its variable `secrets`. Each is `generate`, `{ generate: { length: 40 } }`, `{ env: NAME }`,
 * `{ file: path }` relative to the inventory, `{ value: text }`, or a text other than `generate`, which is the value. Values
 * and files may be encrypted.
 * @throws ProvisionError `secret-missing`, `inventory-bad-parameter`, `inventory-unresolved-reference`; for what is encrypted
 *   as `openVault` and `unlock` of the keyring
 */
export async function readSecrets(
  resolver: Resolver,
  { dir, env, keyring }: Pick<Inventory, 'dir' | 'env' | 'keyring'>,
): Promise<SecretSource[]> {
  const { secrets } = parseVariables(SECRETS_SCHEMA, resolver, 'provision');
  return Promise.all(Object.entries(secrets).map(([name, setting]) => readSecret(name, setting)));

  async function readSecret(name: string, setting: SecretSetting): Promise<SecretSource> {
    if (setting === 'generate') return { name, secret: Secret.named(name), generate: generate.parse({}) };
    if (typeof setting === 'string') return ofValue(name, setting);
    if ('value' in setting) return ofValue(name, setting.value);
    if ('env' in setting) return ofValue(name, fromEnv(name, setting.env));
    if ('file' in setting) return ofValue(name, await fromFile(name, setting.file));
    return { name, secret: Secret.named(name), generate: setting.generate };
  }

  function fromEnv(name: string, variable: string): string {
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (value) return value;
    const state = value === undefined ? 'not set' : 'empty';
    throw missing(name, `its environment variable ${variable} is ${state}`, `Set it: ${variable}=… provision …`);
  }

  async function fromFile(name: string, file: string): Promise<string> {
    const path = resolve(dir, file);
    const content = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw missing(name, `its file ${file} cannot be read: ${whyUnreadable(cause)}`, `Put the secret into ${path}.`);
    });
    const value = isVault(content) ? await decrypted(content, path) : content.toString('utf8');
    // Editors end the last line of a file, which is no part of the secret.
    const secret = value.replace(/\r?\n$/, '');
    if (secret === '') throw missing(name, `its file ${file} is empty`, `Put the secret into ${path}.`);
    return secret;
  }

  async function decrypted(content: Buffer, path: string): Promise<string> {
    try {
      return textOf(await openFile(content, path, keyring));
    } catch (error) {
      if (!(error instanceof ProvisionError)) throw error;
      throw error.at({ host: resolver.host.name, location: path });
    }
  }

  function missing(name: string, why: string, hint: string): ProvisionError {
    const { host } = resolver;
    const location = host.origin(['secrets', name]);
    return new ProvisionError('secret-missing', `the secret ${name} is missing: ${why}`, {
      host: host.name,
      location,
      hint,
    });
  }
}

function ofValue(name: string, value: string): SecretSource {
  return { name, secret: Secret.named(name, value), generate: undefined };
}
