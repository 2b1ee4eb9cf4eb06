import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import type { Resource, ResourceOptions } from './contract.ts';
import { cronSchedule } from './cron-schedule.ts';
import { accountName, line } from './fields.ts';
import { file } from './file.ts';

const schema = z
  .strictObject({
    /** Name of the file in /etc/cron.d. cron passes over names with a dot, cron(8). */
    name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,199}$/, 'must be a name that cron reads: letters, digits, _ and -'),
    user: accountName().default('root'),
    /** `@daily`, or five fields: `30 4 * * mon-fri`. */
    schedule: cronSchedule().optional(),
    /** One line for /bin/sh. What cron would take out of it, `%` and backslashes, is escaped. */
    command: line().regex(/\S/, 'must not be empty').optional(),
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
        line().refine((value) => !(value.includes('"') && value.includes("'")), 'must not hold both \' and "'),
      )
      .default({}),
    state: z.enum(['present', 'absent']).default('present'),
  })
  .refine(
    ({ state, schedule, command }) => state === 'absent' || (schedule !== undefined && command !== undefined),
    'schedule and command must be given, unless the state is absent',
  );

export type CronInput = z.input<typeof schema>;

/**
 * A job of cron(8), as a file of its own in /etc/cron.d.
 *
 * @example cron({ name: 'backup', schedule: '30 4 * * *', command: 'date +%F >/var/backups/last' })
 * @throws ProvisionError `resource-invalid`
 */
export function cron(job: CronInput, options?: ResourceOptions): Resource {
  const result = schema.safeParse(job);
  if (!result.success) throw invalid(job, result.error);
  const { name, user, schedule, command = '', environment, state } = result.data;
  const path = `/etc/cron.d/${name}`;
  if (state === 'absent') return file({ path, state }, options);
  const lines = [
    ...Object.entries(environment).map(([variable, value]) => `${variable}=${quoteValue(value)}`),
    `${schedule} ${user} ${escapeCommand(command)}`,
  ];
  return file({ path, content: `${lines.join('\n')}\n` }, options);
}

/** A bare `%` ends the command, and a backslash takes that from the character after it, crontab(5). */
function escapeCommand(command: string): string {
  return command.replaceAll(/[\\%]/g, '\\$&');
}

function quoteValue(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

function invalid(job: CronInput, error: z.ZodError): ProvisionError {
  const [issue] = error.issues;
  const where = ['cron', issue?.path.join('.')].filter(Boolean).join(': ');
  return new ProvisionError('resource-invalid', `${where}: ${issue?.message ?? 'invalid'}`, {
    task: `cron:${job.name}`,
    hint: 'See docs/resources.md for what cron takes.',
    cause: error,
  });
}
