import type { Code } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import { destination, fileFields, sourceOf, tellOfSystemd, unit, unitNamed } from './content.ts';
import type { Module, ModuleContext } from './module.ts';
import { refuseOptions } from './options.ts';

export const template: Module = {
  names: ['template'],
  translate(args, context) {
    refuseOptions(args, [['output_encoding', 'utf-8', 'a file is UTF-8 here', 'Write it with a command.']]);
    const [source, newline] = [sourceOf(args, context), args.fixed('newline_sequence')];
    if (source === undefined) throw new NotTranslated('src is not given');
    if (newline !== undefined && newline !== '\\n' && newline !== '\n')
      throw new NotTranslated('lines shall not end with a line feed');
    const options = { trimBlocks: args.flag('trim_blocks', true), lstripBlocks: args.flag('lstrip_blocks', false) };
    const path = destination(args, source);
    const fields = fileFields(args, context);
    return { resources: [templateResource(path, context.template(source, options), fields, context)] };
  },
};

/** The file that a template of ours becomes, or the unit. */
export function templateResource(
  path: Code,
  { path: ours, vars }: ReturnType<ModuleContext['template']>,
  fields: ReturnType<typeof fileFields>,
  context: ModuleContext,
): Doc {
  const filled = typeof vars === 'object' && vars.type === 'object' && vars.fields.length > 0 ? vars : undefined;
  const name = unitNamed(path, fields);
  if (name !== undefined) {
    context.scope.need('templateText');
    return unit(name, call('templateText', ours, ...(filled === undefined ? [] : [filled])), context);
  }
  tellOfSystemd(path, context);
  context.scope.need('template');
  return call('template', object([['path', path.code], ['template', ours], ['vars', filled], ...fields]));
}
