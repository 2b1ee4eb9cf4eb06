import { asText, type Code, concatenate, literal, operand, samplesOf } from '../code/code.ts';
import { call, object } from '../code/layout.ts';
import { parseText } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import { dependsOn } from './authorized-key.ts';
import type { Module, ModuleContext } from './module.ts';
import { leaveOut } from './options.ts';

const FIELDS = ['minute', 'hour', 'day', 'month', 'weekday'] as const;
const ALIASES: Readonly<Record<string, readonly string[]>> = { day: ['day', 'dom'], weekday: ['weekday', 'dow'] };

export const cron: Module = {
  names: ['cron'],
  translate(args, context) {
    leaveOut(args, context, [['backup', false, 'what the crontab held before is not kept']]);
    const { scope, loop } = context;
    const name = args.required('name');
    const file = args.text('cron_file');
    const schedule = scheduleOf(args, context);
    if (args.flag('disabled', false) || args.flag('env', false))
      throw new NotTranslated('a disabled job, or a variable in a crontab, has no equivalent');
    const user = args.text('user');
    if (args.fixed('state') === 'absent')
      throw new NotTranslated('it removes a job from a crontab', 'Remove the line with lineInFile, once.');
    const job = args.required('job');
    if (file !== undefined) {
      if (loop !== undefined && !dependsOn(file, loop))
        throw new NotTranslated(
          'all jobs of its loop stand in one file of cron',
          'Write one file with all of its jobs.',
        );
      // What Ansible writes there, to the letter: then both agree that nothing is to be done.
      const path = String(file.literal ?? '').startsWith('/')
        ? file
        : concatenate([literal('/etc/cron.d/'), file], scope.need);
      const owner = user ?? literal('root');
      const pieces = [
        literal('#Ansible: '),
        name,
        literal('\n'),
        schedule,
        literal(' '),
        owner,
        literal(' '),
        job,
        literal('\n'),
      ];
      scope.need('file');
      const fields = object([
        ['path', path.code],
        ['content', concatenate(pieces, scope.need).code],
      ]);
      return { resources: [call('file', fields)] };
    }
    scope.need('cron');
    context.note(
      'the job stands in a file of its own in /etc/cron.d, and no more in the crontab of its user',
      'Where Ansible has put it there, remove it (crontab -e), or it runs twice.',
    );
    const fields = object([
      ['name', fileName(name)],
      ['user', user?.code],
      ['schedule', schedule.code],
      ['command', commandOf(job, args.raw('job'))],
    ]);
    return { resources: [call('cron', fields)] };
  },
};

function scheduleOf(args: ModuleArguments, { scope }: ModuleContext): Code {
  const special = args.text('special_time');
  if (special !== undefined) return concatenate([literal('@'), special], scope.need);
  const fields = FIELDS.map((field) => asText(args.code(...(ALIASES[field] ?? [field])) ?? literal('*')));
  return concatenate(
    fields.flatMap((field, i) => (i === 0 ? [field] : [literal(' '), field])),
    scope.need,
  );
}

/** As the shell gets it: our resource writes it for cron, which takes `\\%` for a sign and `%` for the end of the command. */
function commandOf(job: Code, written: unknown): string {
  const pieces = typeof written === 'string' ? parseText(written).filter((piece) => typeof piece === 'string') : [];
  const known = [job.literal, ...pieces, ...samplesOf([job])].filter((text) => typeof text === 'string');
  if (known.some((text) => /(?<!\\)(?:\\\\)*%/.test(text)))
    throw new NotTranslated(
      'what follows % in its job is the standard input of the command',
      'Write it as a command: echo … | …',
    );
  if (typeof job.literal !== 'string') return `commandOfCron(${job.code})`;
  return literal(job.literal.replaceAll(/\\([\\%])/g, '$1')).code;
}

/** A name that cron reads, as that of a file. */
function fileName(name: Code): string {
  if (typeof name.literal === 'string')
    return literal(
      name.literal
        .toLowerCase()
        .replace(/[^a-z0-9_-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'job',
    ).code;
  return `${operand(name)}.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-')`;
}
