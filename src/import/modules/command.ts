import { asText, type Code, literal } from '../code.ts';
import { translateText } from '../expressions.ts';
import { array, call, type Doc, object } from '../layout.ts';
import { NotTranslated } from '../not-translated.ts';
import { known } from '../shapes.ts';
import { shellScript } from '../shell-text.ts';
import { splitWords } from '../words.ts';
import type { ModuleArguments } from './arguments.ts';
import type { Module, ModuleContext } from './module.ts';

export const command: Module = {
  names: ['command', 'shell', 'raw'],
  translate(args, context) {
    args.ignore('warn', 'stdin_add_newline', 'strip_empty_ends', 'expand_argument_vars');
    const { scope, label, user, environment } = context;
    const done = doneWhen(args, context);
    const work = workOf(args, context);
    scope.need('command');
    const fields = object([
      ['name', label.code],
      ...work,
      ...done,
      ['environment', environment?.code],
      ['cwd', args.text('chdir')?.code],
      ['user', user?.code],
    ]);
    return { resources: [call('command', fields)] };
  },

  handler(args, context): Doc {
    if (context.user !== undefined || context.environment !== undefined || args.has('chdir')) {
      throw new NotTranslated(
        'a handler runs as root, in / and without an environment of its own',
        'Write the script by hand.',
      );
    }
    args.ignore('creates', 'removes', 'warn');
    const [[, work] = []] = workOf(args, context).filter(([, value]) => value !== undefined);
    context.scope.need('sh');
    const script = typeof work === 'string' ? work : `sh\`\${[${argvCode(work)}]}\``;
    return object([
      ['id', context.label.code],
      ['script', script],
    ]);
  },
};

/** What tells that nothing is left to do. @throws NotTranslated where nothing does */
function doneWhen(args: ModuleArguments, { scope }: ModuleContext): readonly (readonly [string, Doc | undefined])[] {
  const creates = args.text('creates');
  const removes = args.text('removes');
  if (creates !== undefined) {
    if (typeof creates.literal === 'string' && !creates.literal.startsWith('/'))
      throw new NotTranslated('creates is no absolute path', 'Write the whole path.');
    return [['creates', creates.code]];
  }
  if (removes === undefined) {
    throw new NotTranslated(
      'nothing tells whether it is done already',
      'Say `creates`, or write `unless`: a command that succeeds once it is done.',
    );
  }
  scope.need('sh');
  return [['unless', `sh\`[ ! -e \${${removes.code}} ]\``]];
}

/** `argv`, or a script for a shell. */
function workOf(
  args: ModuleArguments,
  { scope, module }: ModuleContext,
): readonly (readonly [string, Doc | undefined])[] {
  if (args.has('stdin'))
    throw new NotTranslated('its standard input has no equivalent', 'Write a script that reads it.');
  args.ignore('executable');
  const words = args.raw('argv');
  const line = args.raw('cmd', '_raw');
  if (Array.isArray(words)) return [['argv', array(words.map((word) => argument(String(word), { scope }).code))]];
  if (typeof line !== 'string') throw new NotTranslated('it has no command');
  if (module === 'shell' || module === 'raw') {
    scope.need('sh');
    return [['script', shellScript(line.trim(), scope)]];
  }
  return [['argv', array(splitWords(line).map((word) => argument(word, { scope }).code))]];
}

function argument(word: string, { scope }: Pick<ModuleContext, 'scope'>): Code {
  const code = asText(word === '' ? literal('') : translateText(word, scope));
  if (known(code.shape).type === 'secret') {
    throw new NotTranslated(
      'a secret would stand in its arguments, where everyone on the host can read it',
      'Give it by `environment`.',
    );
  }
  return code;
}

function argvCode(work: Doc | undefined): string {
  return typeof work === 'object' && work.type === 'array' ? work.items.join(', ') : '';
}
