/** The first line of a template that begins with `#jinja2:`: options of Jinja, which Ansible takes out of the text. */
import { NotTranslated } from '../not-translated.ts';
import type { TemplateOptions } from './template-nodes.ts';

const HEADER = '#jinja2:';
const OPTIONS: Readonly<Record<string, keyof TemplateOptions>> = {
  trim_blocks: 'trimBlocks',
  lstrip_blocks: 'lstripBlocks',
};

/**
 * The template without that line, and what it is read with: what the line says counts.
 * @throws NotTranslated where it sets another option
 */
export function withoutHeader(text: string, options: TemplateOptions): readonly [body: string, TemplateOptions] {
  if (!text.startsWith(HEADER)) return [text, options];
  const end = text.indexOf('\n');
  const given = text.slice(HEADER.length, end === -1 ? text.length : end).split(',');
  const set = given.map((pair): [keyof TemplateOptions, boolean] => {
    const [, name = '', value] = /^\s*(\w+)\s*:\s*(True|False)\s*$/.exec(pair) ?? [];
    const option = OPTIONS[name];
    if (option !== undefined) return [option, value === 'True'];
    throw new NotTranslated(
      `its first line sets ${pair.trim()}, which has no equivalent`,
      'Write the template by hand.',
    );
  });
  return [end === -1 ? '' : text.slice(end + 1), { ...options, ...Object.fromEntries(set) }];
}
