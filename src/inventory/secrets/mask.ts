/** Makes what may be a secret in an inventory a `Secret`, although it is written openly: for showing variables to people. */
import * as z from 'zod';
import { schemasAt, unwrap } from '../../schema/keys.ts';
import { MASK, redact } from '../../shell/redact.ts';
import { Secret, type Text } from '../../shell/secret.ts';
import { holdsValue } from '../expressions/expression.ts';
import { parseTemplate } from '../expressions/template.ts';
import { isContainer, type Vars } from '../types.ts';
import { isSecretName } from './secret-name.ts';
import { opened } from './veil.ts';

type Schema = z.core.$ZodType;

/** What is secret by what it says, whatever it is called: a private key, a text that is made unreadable. */
const SECRET_VALUE = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\|\s*(password_hash|vault)\b/;

/** The password in an address, unless a reference stands there: `postgresql://app:PASSWORD@db/app`. */
const URL_PASSWORD = /(?<=:\/\/[^\s:@/]*:)(?!\{\{)[^\s/]+(?=@)/g;

/**
 * A copy of the variables in which secrets are a `Secret`: what one of the schemas marks so (`fields.SECRET`), and what is
 * called like one, or a private key; of an inventory that is encrypted as a whole each text, number and truth value that may be one. References to secrets stay as they
 * are; they show no value.
 */
export function maskVars(vars: Vars, schemas: readonly Schema[], isEncrypted = false): Vars {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => {
      const below = schemas.flatMap((schema) => schemasAt(schema, [name]));
      return [name, maskValue(value, { name, schemas: below, within: false, isEncrypted })];
    }),
  );
}

interface Place {
  readonly name: string;
  /** What may stand there; none where only the user knows. */
  readonly schemas: readonly Schema[];
  /** Whether what it lies in is called like a secret. */
  readonly within: boolean;
  readonly isEncrypted: boolean;
}

function maskValue(value: unknown, place: Place): unknown {
  const { name, schemas, isEncrypted } = place;
  const isCalledSecret = isSecretName(name) || (place.within && schemas.length === 0);
  if (isContainer(value)) {
    const isList = Array.isArray(value);
    const entries = Object.entries(value).map(([key, entry]) => {
      const below = schemas.flatMap((schema) => schemasAt(schema, [isList ? Number(key) : key]));
      const inner = { name: isList ? name : key, schemas: below, within: isCalledSecret, isEncrypted };
      return [key, maskValue(entry, inner)] as const;
    });
    return isList ? entries.map(([, entry]) => entry) : Object.fromEntries(entries);
  }
  if (typeof value === 'boolean') return isEncrypted ? maskSwitch(value, schemas) : value;
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return value;
  const forms = schemas.flatMap(unwrap);
  if (forms.some((form) => wordsOf(form).includes(value))) return value;
  if (typeof value === 'string' && isReference(value)) return value;
  const isSecret = isCalledSecret || SECRET_VALUE.test(String(value));
  if (isSecret || forms.some((form) => z.globalRegistry.get(form)?.writeOnly === true)) {
    return Secret.named(name, String(value));
  }
  if (!isEncrypted) return value;
  const veiled = veil(String(value), schemas);
  return veiled instanceof Secret ? veiled : value;
}

/** A text that may be a secret as one, be it because only the user knows what stands there. */
function veil(text: string, schemas: readonly Schema[]): Text {
  // Its value is not searched for elsewhere: a text that may be secret here may stand openly there.
  const secret = Secret.lazy('text', () => text);
  const isTaken = schemas.length === 0 || schemas.some((schema) => (schema as z.ZodType).safeParse(secret).success);
  return isTaken ? secret : text;
}

/** True or false where only the user knows what stands there. */
function maskSwitch(value: boolean, schemas: readonly Schema[]): unknown {
  return schemas.length === 0 ? Secret.lazy('text', () => String(value)) : value;
}

/** The values that a schema names: they are no secret. */
function wordsOf(form: Schema): readonly unknown[] {
  const { def } = (form as z.core.$ZodTypes)._zod;
  if (def.type === 'enum') return Object.values(def.entries);
  if (def.type === 'literal') return def.values;
  const { examples } = z.globalRegistry.get(form) ?? {};
  return Array.isArray(examples) ? examples : [];
}

/** Whether the text is one reference and nothing else: no value is written in it. What is wrong with it is for others to tell. */
function isReference(text: string): boolean {
  try {
    const [first, ...others] = parseTemplate(text);
    return typeof first === 'object' && others.length === 0 && !holdsValue(first);
  } catch {
    return false;
  }
}

/** The environment, with those variables as secrets that are called so; they become known as such when they are used. */
export function maskEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, Text | undefined>> {
  const masked: Record<string, Text | undefined> = { ...env };
  for (const [name, value] of Object.entries(env)) {
    if (!value || !isSecretName(name)) continue;
    Object.defineProperty(masked, name, { get: () => Secret.named(name, value) });
  }
  return masked;
}

/** Plain data as it is, for who asked for secrets. @param isKept whether a secret stays one */
export function revealed(value: unknown, isKept = (_: Secret) => false): unknown {
  if (value instanceof Secret) return isKept(value) ? value : value.isKnown ? opened(value) : value.toString();
  if (Array.isArray(value)) return value.map((entry) => revealed(entry, isKept));
  if (!isContainer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, revealed(entry, isKept)]));
}

/** Plain data for people to see: secrets as `<secret>`, and all that was found to be one in other texts as well. */
export function shown(value: unknown): unknown {
  if (value instanceof Secret) return value.toString();
  if (typeof value === 'string') return redact(value).replaceAll(URL_PASSWORD, MASK);
  if (Array.isArray(value)) return value.map(shown);
  if (isContainer(value)) return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shown(entry)]));
  return value;
}
