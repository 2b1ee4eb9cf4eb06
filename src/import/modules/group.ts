import { call, object } from '../code/layout.ts';
import type { Module } from './module.ts';
import { presence } from './presence.ts';

export const group: Module = {
  names: ['group'],
  translate(args, { scope }) {
    scope.need('group');
    const name = args.required('name').code;
    const state = presence(args);
    if (state === 'absent')
      return {
        resources: [
          call(
            'group',
            object([
              ['name', name],
              ['state', "'absent'"],
            ]),
          ),
        ],
      };
    const fields = object([
      ['name', name],
      ['gid', args.number('gid')?.code],
      ['system', args.flag('system', false) ? 'true' : undefined],
      ['state', state?.code],
    ]);
    return { resources: [call('group', fields)] };
  },
};
