/** Fields that many resource kinds share. Each refuses what could break out of where it ends up. */
import * as z from 'zod';
import { isKnown, reveal, Secret, type Text } from '../shell/secret.ts';
import { publicKeyProblem } from './authorized-keys-file.ts';
import { isCryptHash } from './crypt-hash.ts';

/** One line without control characters. */
export const line = () => z.string().regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'must be one line without control characters');

/** What JSON Schema says of a text that nobody is to read again. Whatever has it is not shown, though written openly. */
export const SECRET = { type: 'string', writeOnly: true } as const;

/** A text that may be secret. */
export const secretText = () =>
  z
    .custom<Text>((value) => typeof value === 'string' || value instanceof Secret, 'must be a text or a secret')
    .meta(SECRET);

const NO_NUL = 'must not hold a NUL character';

/** A text that may hold anything but NUL characters. */
export const plainText = () => z.string().regex(/^[^\0]*$/, NO_NUL);

/** A text that may be secret, for what ends at a NUL character: passwords, and variables of an environment. */
export const password = () =>
  secretText()
    .refine((text) => !isKnown(text) || !reveal(text).includes('\0'), NO_NUL)
    .meta(SECRET);

/** An absolute path without control characters, backslashes, `.` or `..` segments, or a slash at its end. */
export const absolutePath = () =>
  line()
    .regex(/^\//, 'must be an absolute path')
    .regex(/^[^\\]*$/, 'must not hold a backslash')
    .refine((path) => path === '/' || !/(^|\/)\.{0,2}(\/|$)/.test(path.slice(1)), {
      error: 'must not hold empty, . or .. segments',
    });

/** A name of a user or group, as shadow-utils takes it (useradd(8)). */
export const accountName = () =>
  z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9, _ and -, and start with a letter or _');

/** A name of a package, whatever the distribution; each package manager is stricter still. */
export const packageName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9+._:~-]*$/, 'must be the name of a package: letters, digits and any of + . _ : ~ -');

/** A public key as in a `.pub` file, or a line of authorized_keys with its options. */
export const publicKey = () =>
  line().check((context) => {
    const problem = publicKeyProblem(context.value);
    if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
  });

const OCTAL_MODE = "must be 3 or 4 octal digits, in quotes: '0644'";

/** Permission bits as four octal digits; three are padded: `644` is `0644`. */
export const fileMode = () =>
  z
    .string(OCTAL_MODE)
    .regex(/^[0-7]{3,4}$/, OCTAL_MODE)
    .transform((mode) => mode.padStart(4, '0'));

/** A unit's name with its suffix: `docker.service`; `.service` is added where there is none. */
export const unitName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9:_.@-]{0,250}$/, 'must be the name of a systemd unit')
    .transform((unit) => (/\.(service|socket|timer|path|mount|target)$/.test(unit) ? unit : `${unit}.service`));

/** A simple name for things that provision itself names: stacks, services, secrets. */
export const simpleName = () =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, _ and -, and start with a letter or digit');

/** An owner or owning group: a name, or a number where the host has no name for it, as within a container's volume. */
export const owner = () => z.union([accountName(), z.int().min(0).max(4_294_967_294)]);

/** A command and its arguments that must accept a file before it is put in place; `%s` stands for its temporary name. */
export const validateWords = () =>
  z
    .array(line())
    .min(1)
    .refine((words) => words.slice(1).some((word) => word.includes('%s')), 'must hold %s as an argument')
    .optional();

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time span: `500ms`, `60s`, `2m`, `1h`, `30d`, or a number of seconds. Becomes milliseconds. */
export const duration = () =>
  z.union([
    z
      .number()
      .nonnegative()
      .transform((seconds) => Math.round(seconds * 1000)),
    z
      .string()
      .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a time span such as 500ms, 60s, 2m, 1h or 30d')
      .transform((span) => Number.parseInt(span, 10) * UNITS_MS[span.replace(/^\d+/, '') as keyof typeof UNITS_MS]),
  ]);

/** The name of a Docker container or volume. */
export const containerName = () =>
  z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, 'must be the name of a container');

/**
 * A password's hash of crypt(5), with its method: `$6$salt$…`. A secret that is not known yet cannot be one. Who sees it can
 * try passwords on it: it is shown to nobody.
 */
export const cryptHash = () =>
  secretText()
    .refine((hash) => isKnown(hash) && isCryptHash(reveal(hash)), {
      error: 'must be a whole hash of a password, such as `openssl passwd -6` prints',
    })
    .transform((hash) => (typeof hash === 'string' ? Secret.named('the hash of a password', hash) : hash));

/** A name of a database or its user that every engine takes: PostgreSQL allows 63 characters, MySQL 32 for a user. */
export const sqlName = () =>
  z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/,
      'must be 1 to 32 of letters, digits, _ and -, and start with a letter or _',
    )
    .refine(
      (name) => !/^(postgres|root|mysql|mariadb|public|none)$|^pg_/i.test(name),
      'is a name of the server itself',
    );

/** A number, also as a text: so `-e` and INI files give it. */
export const number = () =>
  z.preprocess((value) => (typeof value === 'string' && NUMBER.test(value) ? Number(value) : value), z.number());

/**
 * A text, also as a number with a fraction, which is printed: `2.5` is `"2.5"`. What is read as `8` may have been written `8.0`,
 * so whole numbers are refused, and so are numbers so small that Python prints them with an exponent.
 */
export const text = () =>
  z.preprocess((value) => (typeof value === 'number' && hasCertainText(value) ? String(value) : value), z.string());

/** Whether Python prints the number as JavaScript does, however it was written. */
function hasCertainText(value: number): boolean {
  return Number.isFinite(value) && !Number.isInteger(value) && Math.abs(value) >= 1e-4;
}

/** As JavaScript prints it: so no text becomes another one. */
const NUMBER = /^(0|-?[1-9]\d{0,14}|-?(0|[1-9]\d{0,8})\.\d{0,5}[1-9])$/;
