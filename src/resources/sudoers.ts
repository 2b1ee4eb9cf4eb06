import * as z from 'zod';
import { type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { line } from './fields.ts';
import { type ActualFile, type File, file } from './file.ts';

const schema = z
  .strictObject({
    /** Name of the file. sudo passes over names with a dot or with `~` at their end, sudoers(5). */
    name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,199}$/, 'must be a name that sudo reads: letters, digits, _ and -'),
    /** One line of sudoers(5), or several. */
    rule: z
      .union([line(), z.array(line()).min(1)])
      .transform((rule) => (Array.isArray(rule) ? rule : [rule]))
      .optional(),
    state: z.enum(['present', 'absent']).default('present'),
  })
  .refine(({ state, rule }) => (state === 'present') === (rule !== undefined), {
    path: ['rule'],
    error: 'must be given, unless the state is absent',
  });

export type SudoersInput = z.input<typeof schema>;
type Sudoers = z.output<typeof schema>;

/**
 * A file of /etc/sudoers.d. It is checked by itself before it is put there, and together with all others afterwards: where
 * they clash, and did not before, it is taken back. sudo must be installed.
 *
 * @example sudoers({ name: 'deploy', rule: 'deploy ALL=(ALL:ALL) NOPASSWD: ALL' })
 */
export const sudoers = defineResource<SudoersInput, Sudoers, ActualFile>({
  kind: 'sudoers',
  schema,
  name: ({ name }) => name,

  probe: (all) => file.probe(all.map(toFile)),
  metadataOf: (all) => all.map(toFile).map(({ path }) => path),
  probeIsQuick: true,

  parse: (output, all) => file.parse(output, all.map(toFile)),
  appliesTogether: true,

  diff: (desired, actual): Change[] => [...file.diff(toFile(desired), actual)],

  apply(desired, changes, actual): Script {
    const rules = toFile(desired);
    const apply = file.apply?.(rules, changes, actual) ?? sh``;
    if (desired.state === 'absent') return apply;
    return sh`
      if ! command -v visudo >/dev/null; then
        echo 'sudo is not installed: install the package sudo before its rules' >&2
        exit 1
      fi
      # What was wrong before is not this file's doing, and no reason to refuse it.
      visudo -c >/dev/null 2>&1 && sound=yes || sound=no
      kept=$RUN/sudoers
      rm -f "$kept"
      [ ! -f ${rules.path} ] || cp -p ${rules.path} "$kept" || exit
      (
      ${apply}
      ) || exit
      if [ "$sound" = yes ] && ! said=$(visudo -c 2>&1); then
        if [ -f "$kept" ]; then cp -p "$kept" ${rules.path}; else rm -f ${rules.path}; fi
        printf '%s\n' "$said" ${`reason: ${rules.path} was taken back: together with the other files, sudo refuses it`} >&2
        exit 1
      fi
    `;
  },

  disturb: (desired) => (desired.state === 'absent' ? undefined : sh`rm ${toFile(desired).path}`),
});

function toFile({ name, rule = [], state }: Sudoers): File {
  const path = `/etc/sudoers.d/${name}`;
  if (state === 'absent') return file.schema.parse({ path, state });
  const content = rule.map((text) => `${text}\n`).join('');
  return file.schema.parse({ path, content, mode: '0440', validate: ['visudo', '-cf', '%s'] });
}
