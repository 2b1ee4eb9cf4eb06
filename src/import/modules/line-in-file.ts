import { type Code, concatenate, literal, operand, quote } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import { splitWords } from '../words.ts';
import type { ModuleArguments } from './arguments.ts';
import { tellOfSystemd } from './content.ts';
import type { Module, ModuleContext } from './module.ts';
import { BACKUP, leaveOut } from './options.ts';
import { permissions } from './permissions.ts';
import { presence } from './presence.ts';

export const lineInFile: Module = {
  names: ['lineinfile'],
  translate(args, context) {
    leaveOut(args, context, [BACKUP]);
    const { scope } = context;
    if (args.flag('backrefs', false))
      throw new NotTranslated('backrefs: true keeps parts of the line that was there', 'Write the whole line.');
    if (args.flag('firstmatch', false))
      throw new NotTranslated('firstmatch: true means another line than the last one that matches');
    const file = args.requiredPath('path', 'dest', 'destfile', 'name');
    const path = file.code;
    const line = args.text('line', 'value');
    if (typeof line?.literal === 'string' && /[\r\n]/.test(line.literal))
      throw new NotTranslated('its line is more than one', 'Write a resource for each line.');
    const state = presence(args);
    const isAbsent = state === 'absent';
    const creates = args.flag('create', false);
    const access = permissions(args, context);
    if (state !== undefined && access.some(([, value]) => value !== undefined)) {
      throw new NotTranslated(
        'it sets owner or mode of a file that it takes a line from, or may take one from',
        'Say them where the file is made.',
      );
    }
    tellOfSystemd(file, context);
    scope.need('lineInFile');
    const command = args.fixed('validate');
    const validate: Doc | undefined =
      command === undefined ? undefined : { type: 'array', items: splitWords(command).map(quote) };
    const fields = object([
      ['path', path],
      ['line', line?.code],
      ['match', pattern(args, context)],
      ['after', place(args, 'insertafter', 'EOF')],
      ['before', place(args, 'insertbefore', 'BOF')],
      ['state', isAbsent ? "'absent'" : state?.code],
      ['create', creates ? 'true' : undefined],
      ...access,
      ['validate', validate],
    ]);
    return { resources: [call('lineInFile', fields)] };
  },
};

/** Python's expressions and JavaScript's are the same but for a few. */
function pattern(args: ModuleArguments, { scope }: ModuleContext): Doc | undefined {
  const searched = args.code('search_string');
  const code = args.text('regexp', 'regex');
  if (searched !== undefined) {
    if (typeof searched.literal !== 'string') throw new NotTranslated('search_string depends on a variable');
    return quote(searched.literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  }
  if (code === undefined) return undefined;
  checkPattern(code);
  return concatenate([withoutTabs(code)], scope.need).code;
}

function checkPattern({ literal: value }: Code): void {
  if (typeof value !== 'string') return;
  try {
    new RegExp(value);
  } catch {
    throw new NotTranslated(`the regular expression ${value} is one of Python's own`, 'Write it as JavaScript has it.');
  }
  if (/\\[AZ]|\(\?[a-zA-Z]/.test(value))
    throw new NotTranslated(`the regular expression ${value} is one of Python's own`, 'Write it as JavaScript has it.');
}

/** `EOF` and `BOF` are the ends of the file: the first is meant where nothing is said. */
function place(args: ModuleArguments, name: string, end: string): Doc | undefined {
  const code = args.text(name);
  if (code === undefined || code.literal === 'EOF') return undefined;
  if (code.literal === end) return literal('^').code;
  checkPattern(code);
  return operand(withoutTabs(code));
}

/** A regular expression holds no control characters, and need not. */
function withoutTabs(code: Code): Code {
  return typeof code.literal === 'string' ? literal(code.literal.replaceAll('\t', '\\t')) : code;
}
