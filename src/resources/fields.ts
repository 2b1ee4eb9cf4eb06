/** Fields that many resource kinds share. Each refuses what could break out of where it ends up. */
import * as z from 'zod';
import { Secret, type Text } from '../shell/secret.ts';

/** One line without control characters. */
export const line = () => z.string().regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'must be one line without control characters');

/** A text that may be secret. */
export const secretText = () =>
  z.custom<Text>((value) => typeof value === 'string' || value instanceof Secret, 'must be a text or a secret');

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

/** Permission bits as four octal digits; three are padded: `644` is `0644`. */
export const fileMode = () =>
  z
    .string()
    .regex(/^[0-7]{3,4}$/, "must be 3 or 4 octal digits, in quotes: '0644'")
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
