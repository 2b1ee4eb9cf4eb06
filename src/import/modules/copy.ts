import { basename } from 'node:path';
import type { Code } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { contentText } from '../jinja/content-text.ts';
import { hasJinja } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import { destination, fileFields, sourceOf, tellOfSystemd, unit, unitNamed } from './content.ts';
import type { Module, ModuleContext } from './module.ts';
import { templateResource } from './template.ts';

/** Longer texts are written line by line. */
const ONE_LINE = 100;

export const copy: Module = {
  names: ['copy'],
  translate(args, context) {
    // Folders are not copied, and what is encrypted is not read.
    args.ignore('directory_mode', 'decrypt');
    if (args.flag('remote_src', false))
      throw new NotTranslated('it copies a file of the host', 'Use a command with `creates`.');
    const source = args.has('content') ? undefined : sourceOf(args, context);
    const written = source === undefined ? args.raw('content') : undefined;
    if (typeof written === 'string' && hasJinja(written)) checkText(written);
    if (typeof written === 'string' && written.includes('{%')) {
      const path = destination(args, source);
      const name = typeof path.literal === 'string' ? basename(path.literal) : 'content';
      const fields = fileFields(args, context);
      return { resources: [templateResource(path, context.templateOf(name, written), fields, context)] };
    }
    const content = contentOf(args, context, source);
    const path = destination(args, source);
    const fields = fileFields(args, context);
    const name = unitNamed(path, fields);
    if (name !== undefined) return { resources: [unit(name, contentDoc(content), context)] };
    tellOfSystemd(path, context);
    context.scope.need('file');
    return { resources: [call('file', object([['path', path.code], ['content', contentDoc(content)], ...fields]))] };
  },
};

/** What an option comes to that looks like a list or mapping is one to Ansible, and is written anew, as JSON. */
function checkText(written: string): void {
  // A section, and something below it, is none: an expression ends with its line.
  if (/^\[[^[\]{}\n]*\][ \t]*\n\s*[^\s#{]/.test(written)) return;
  if (/^\s*(\[|\{(?![{%#]))/.test(written.replace(/^(\s*\{%.*?%\})+/s, '')))
    throw new NotTranslated(
      'its content begins like a list or mapping, which Ansible reads and writes anew as JSON',
      'Make it a template, or compute it in the role.',
    );
}

function contentOf(args: ModuleArguments, context: ModuleContext, source: string | undefined): Code {
  if (source !== undefined) return context.fileContent(source);
  const content = args.raw('content');
  if (content === undefined) throw new NotTranslated('neither content nor src is given');
  return contentText(content, context.scope);
}

/** A text of several lines as a list of them. */
export function contentDoc({ code, literal }: Code): Doc {
  if (typeof literal !== 'string' || literal.split('\n').length < 3 || code.length < ONE_LINE) return code;
  const lines = literal
    .split('\n')
    .map((line) => `'${JSON.stringify(line).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`);
  return { type: 'chain', of: { type: 'array', items: lines }, method: 'join', args: ["'\\n'"] };
}
