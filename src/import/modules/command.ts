import { asText, type Code, literal } from '../code/code.ts';
import { array, call, type Doc, object } from '../code/layout.ts';
import { known } from '../code/shapes.ts';
import { plainWord, shellScript } from '../code/shell-text.ts';
import { translateText } from '../jinja/expressions.ts';
import { hasJinja } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import { wordsOf } from '../words.ts';
import type { ModuleArguments } from './arguments.ts';
import type { Module, ModuleContext } from './module.ts';

export const command: Module = {
  names: ['command', 'shell', 'raw'],
  translate(args, context) {
    // They are about what is read and told, and variables in arguments are refused.
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
      ['cwd', args.path('chdir')?.code],
      ['user', user?.code],
      ['timeoutMs', context.timeoutMs],
    ]);
    return { resources: [call('command', fields)] };
  },

  handler(args, context): Doc {
    if (context.user !== undefined || args.has('chdir')) {
      throw new NotTranslated('a handler runs as root, and in /', 'Write the script by hand.');
    }
    if (args.has('creates') || args.has('removes'))
      throw new NotTranslated('a handler runs whenever it is notified', 'Write the test into its script.');
    args.ignore('warn');
    const [[, work] = []] = workOf(args, context).filter(([, value]) => value !== undefined);
    context.scope.need('sh');
    const plain = typeof work === 'string' ? work : `sh\`\${[${argvCode(work)}]}\``;
    const script = plain.replace(/^sh`/, (start) => `${start}${exportsOf(context)}`);
    return object([
      ['id', context.label.code],
      ['script', script],
    ]);
  },
};

/** What tells that nothing is left to do. @throws NotTranslated where nothing does */
function doneWhen(args: ModuleArguments, { scope }: ModuleContext): readonly (readonly [string, Doc | undefined])[] {
  const [creates, removes] = [args.path('creates'), args.path('removes')];
  for (const path of [creates, removes]) {
    if (typeof path?.literal === 'string' && !path.literal.startsWith('/'))
      throw new NotTranslated('creates or removes is no absolute path', 'Write the whole path.');
  }
  if (creates !== undefined && removes === undefined && !isPattern(creates)) return [['creates', creates.code]];
  const tests = [
    ...(creates === undefined ? [] : [existence(creates)]),
    ...(removes === undefined ? [] : [absence(removes)]),
  ];
  if (tests.length === 0) {
    throw new NotTranslated(
      'nothing tells whether it is done already',
      'Say `creates`, or write `unless`: a command that succeeds once it is done.',
    );
  }
  scope.need('sh');
  return [['unless', `sh\`${tests.join(' || ')}\``]];
}

/** Ansible takes them for patterns of file names. */
function isPattern({ code }: Code): boolean {
  return /[*?[\]]/.test(code);
}

function absence(path: Code): string {
  return isPattern(path) ? `! ${existence(path)}` : `[ ! -e \${${path.code}} ]`;
}

/** Shell code that succeeds where the path is there, or a path that matches the pattern. */
function existence(path: Code): string {
  if (!isPattern(path)) return `[ -e \${${path.code}} ]`;
  if (typeof path.literal !== 'string' || !/^[\w./@%+=:,*?[\]!-]+$/.test(path.literal))
    throw new NotTranslated('creates or removes is a pattern with references in it', 'Write `unless` by hand.');
  return `ls -d ${path.literal} >/dev/null 2>&1`;
}

/** `argv`, or a script for a shell. */
function workOf(
  args: ModuleArguments,
  { scope, module }: ModuleContext,
): readonly (readonly [string, Doc | undefined])[] {
  if (args.has('stdin'))
    throw new NotTranslated('its standard input has no equivalent', 'Write a script that reads it.');
  const shell = args.fixed('executable');
  const words = args.raw('argv');
  const line = args.raw('cmd', '_raw');
  if (Array.isArray(words))
    return [
      [
        'argv',
        array(
          words.map((word) => {
            checkExpansion(String(word));
            return argument(String(word), { scope }).code;
          }),
        ),
      ],
    ];
  if (typeof line !== 'string') throw new NotTranslated('it has no command');
  if (module === 'shell' || module === 'raw') {
    if (shell !== undefined && !/(^|\/)sh$/.test(shell)) return [['argv', inShell(shell, line.trim())]];
    scope.need('sh');
    return [['script', shellScript(line.trim(), scope)]];
  }
  const argv = wordsOf(line).map(({ text, isBare }) => {
    checkExpansion(text);
    const code = argument(text, { scope });
    return isBare ? plainWord(code) : code.code;
  });
  return [['argv', array(argv)]];
}

/** A script of another shell than sh. */
function inShell(shell: string, script: string): Doc {
  if (hasJinja(script)) throw new NotTranslated(`its script is for ${shell}, and has references`, 'Write it for sh.');
  return array([shell, '-c', script].map((word) => literal(word).code));
}

/** Ansible replaces variables of the environment, although no shell is there. */
function checkExpansion(word: string): void {
  if (/^~|\$\w|\$\{/.test(word))
    throw new NotTranslated(
      `its argument ${word} depends on the environment of who logs in`,
      'Write what it stands for.',
    );
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

/** The environment of a handler, as the beginning of its script. */
function exportsOf({ environment }: ModuleContext): string {
  const entries = environment?.entries ?? [];
  if (entries.some(([, { shape }]) => known(shape).type === 'secret'))
    throw new NotTranslated('a secret stands in its environment', 'Write the script by hand.');
  return entries.map(([name, { code }]) => `export ${name}=\${${code}}; `).join('');
}

function argvCode(work: Doc | undefined): string {
  return typeof work === 'object' && work.type === 'array' ? work.items.join(', ') : '';
}
