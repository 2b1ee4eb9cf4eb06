import * as z from 'zod';
import { Secret, type Text } from '../shell/secret.ts';
import { input, joinScripts, quote, raw, renderScript, type Script, sh } from '../shell/sh.ts';
import { defineResource, type Unknown } from './contract.ts';
import { absolutePath, accountName, line, password, plainText } from './fields.ts';

const argv = () => z.array(plainText()).refine((words) => words[0], 'needs a program');
const script = () =>
  z.custom<Script>((value) => typeof value === 'object' && value !== null && 'parts' in value, {
    error: 'must be a script: sh`…`, which quotes what stands in it',
  });

const schema = z
  .strictObject({
    /** What it is for: names it in the plan. */
    name: line().min(1).max(100),
    /** A program and its arguments. They are visible to everyone on the host: a secret belongs into the environment. */
    argv: argv().optional(),
    /** Or a shell script. */
    script: script().optional(),
    /** It is done where this path exists. */
    creates: absolutePath().optional(),
    /** It is done where this program or script, which must change nothing, exits 0. */
    unless: z.union([argv(), script()], 'must be a list of words, or a script').optional(),
    environment: z
      .record(
        z.string().regex(/^(?!RUN$)[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable, other than RUN'),
        password(),
      )
      .default({}),
    /** The folder to run in. */
    cwd: absolutePath().default('/'),
    /** Who runs it, and `unless`. */
    user: accountName().default('root'),
    /** How long it may run, milliseconds. */
    timeoutMs: z
      .int()
      .positive()
      .default(30 * 60_000),
  })
  .refine(
    (desired) => (desired.argv === undefined) !== (desired.script === undefined),
    'needs argv or script, not both',
  )
  .refine(({ creates, unless }) => (creates === undefined) !== (unless === undefined), {
    error: 'needs creates or unless, not both: how else could it be told whether it is done?',
  })
  .refine(({ unless }) => unless === undefined || secretsOf(unless).length === 0, {
    path: ['unless'],
    error: 'must hold no secret: it runs before secrets are known',
  })
  .refine(({ user, script }) => user === 'root' || script === undefined || renderScript(script).inputs.length === 0, {
    path: ['script'],
    error: 'cannot have inputs where another user runs it: inputs are readable by root alone',
  });

export type CommandInput = z.input<typeof schema>;
type Command = z.output<typeof schema>;

/** EX_TEMPFAIL of sysexits.h(3): what `unless` exits with where it cannot be told yet. */
const NOT_YET_KNOWN = 75;

interface ActualCommand {
  readonly isDone: boolean;
}

/**
 * A command that runs until what it is for is there. Prefer a kind that states the outcome, where there is one.
 * After it ran, `creates` must exist or `unless` must succeed, or the run fails.
 *
 * @example command({ name: 'swap file', argv: ['fallocate', '-l', '2G', '/swapfile'], creates: '/swapfile' })
 * @example command({ name: 'default locale', argv: ['locale-gen'], unless: sh`locale -a | grep -qx en_US.utf8` })
 */
export const command = defineResource<CommandInput, Command, ActualCommand>({
  kind: 'command',
  schema,
  name: ({ name }) => name,
  timeoutMs: ({ timeoutMs }) => timeoutMs,

  probe: (all) => joinScripts(all.map(look)),

  parse(output, all): (ActualCommand | Unknown)[] {
    const told = new Set(output.split('\n'));
    return all.map((_, i) => {
      if (told.has(`unknown ${i}`)) return { unknown: 'whether it is done cannot be told yet' };
      return { isDone: told.has(`done ${i}`) };
    });
  },

  diff: ({ argv }, { isDone }) =>
    isDone ? [] : [{ action: 'run', what: '', to: argv === undefined ? 'a script' : argv.map(quote).join(' ') }],

  apply: (desired) => sh`
    ${enter(desired)}
    ${joinScripts(Object.entries(desired.environment).map(exportVariable))}
    ${run(desired.argv ?? desired.script ?? [], desired.user)}
  `,
});

function look(desired: Command, i: number): Script {
  const { creates, unless = [], user } = desired;
  // A dangling link is there as well: what it was made for is not known.
  if (creates !== undefined) return sh`if [ -e ${creates} ] || [ -L ${creates} ]; then echo ${`done ${i}`}; fi`;
  return sh`
    (
    ${enter(desired)}
    ${run(unless, user)}
    ) >/dev/null 2>&1 </dev/null
    case $? in
      0) echo ${`done ${i}`} ;;
      ${NOT_YET_KNOWN}) echo ${`unknown ${i}`} ;;
    esac
  `;
}

/** The folder, and for another user the environment that a login would give. */
function enter({ cwd, user }: Command): Script {
  if (user === 'root') return sh`cd ${cwd} || exit`;
  return sh`
    HOME=$(getent passwd ${user} | cut -d: -f6) && [ -n "$HOME" ] || { printf 'there is no user %s\n' ${user} >&2; exit 1; }
    export HOME USER=${user} LOGNAME=${user}
    cd ${cwd} || exit
  `;
}

/** The dot keeps newlines at the end, which `$()` drops. The value is in no argument: `cat` and `export` see a file alone. */
function exportVariable([name, value]: [string, Text]): Script {
  return sh`
    ${raw(name)}=$(cat ${input(value)} && echo .) || exit
    export ${raw(name)}="\${${raw(name)}%.}"
  `;
}

function run(task: readonly string[] | Script, user: string): Script {
  if (!isScript(task)) return user === 'root' ? sh`${task}` : sh`runuser -u ${user} -- ${task}`;
  return user === 'root' ? task : sh`runuser -u ${user} -- sh -c ${renderScript(task).text}`;
}

function isScript(task: readonly string[] | Script): task is Script {
  return 'parts' in task;
}

function secretsOf(task: readonly string[] | Script): Secret[] {
  if (!isScript(task)) return [];
  return renderScript(task)
    .inputs.map(({ content }) => content)
    .filter((content) => content instanceof Secret);
}
