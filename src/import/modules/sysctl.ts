import { asText, type Code, choose, literal } from '../code/code.ts';
import { call, object } from '../code/layout.ts';
import { known } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';
import { leaveOut } from './options.ts';

export const sysctl: Module = {
  names: ['sysctl'],
  translate(args, context) {
    const { scope, note } = context;
    // It is always set, and where it stands is told.
    args.ignore('sysctl_set', 'sysctl_file');
    leaveOut(args, context, [
      ['reload', true, 'it counts at once, not from the next start on'],
      [
        'ignoreerrors',
        false,
        'a setting that the kernel does not know ends the run',
        'Leave out what it does not know.',
      ],
    ]);
    if (args.fixed('state') === 'absent')
      throw new NotTranslated('it removes a setting', 'Remove its line with lineInFile, once.');
    const value = args.code('value', 'val');
    if (value === undefined) throw new NotTranslated('value is not given');
    note('the setting stands in a file of its own in /etc/sysctl.d, which counts before others');
    scope.need('sysctl');
    const fields = object([
      ['name', args.required('name', 'key').code],
      ['value', settingOf(value).code],
    ]);
    return { resources: [call('sysctl', fields)] };
  },
};

/** Words for true and false are 1 and 0, as the module of Ansible has it. */
function settingOf(value: Code): Code {
  const text = asText(value);
  if (typeof text.literal === 'string') return literal(sysctlValue(text.literal));
  const { type } = known(value.shape);
  if (type === 'boolean' && !value.isOptional) return choose(value, literal('1'), literal('0'));
  return type === 'number' ? text : { ...text, code: `sysctlValue(${text.code})`, isAtom: true };
}

function sysctlValue(text: string): string {
  if (/^(y|yes|on|true|t)$/i.test(text)) return '1';
  return /^(n|no|off|false|f)$/i.test(text) ? '0' : text.trim();
}
