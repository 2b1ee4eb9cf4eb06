import { asText } from '../code.ts';
import { call, object } from '../layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';

export const sysctl: Module = {
  names: ['sysctl'],
  translate(args, { scope, note }) {
    args.ignore('reload', 'sysctl_set', 'ignoreerrors', 'sysctl_file');
    if (args.fixed('state') === 'absent')
      throw new NotTranslated('it removes a setting', 'Remove its line with lineInFile, once.');
    const value = args.code('value', 'val');
    if (value === undefined) throw new NotTranslated('value is not given');
    note('the setting stands in a file of its own in /etc/sysctl.d, which counts before others');
    scope.need('sysctl');
    const fields = object([
      ['name', args.required('name', 'key').code],
      ['value', asText(value).code],
    ]);
    return { resources: [call('sysctl', fields)] };
  },
};
