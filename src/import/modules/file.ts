import { call, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';
import { leaveOut } from './options.ts';
import { permissions } from './permissions.ts';

export const file: Module = {
  names: ['file'],
  translate(args, context) {
    const { scope, label } = context;
    // Of links that are made it says nothing, and times are not set.
    args.ignore('access_time_format', 'modification_time_format');
    if (args.fixed('state') === 'directory')
      leaveOut(args, context, [['follow', true, 'a link to a folder is taken for the folder']]);
    else args.ignore('follow');
    const path = args.requiredPath('path', 'dest', 'name').code;
    const state = args.fixed('state') ?? 'file';
    if (args.flag('recurse', false)) {
      throw new NotTranslated('recurse: true changes what is in the folder, whoever wrote it', 'Say it of each file.');
    }
    switch (state) {
      case 'directory':
        scope.need('directory');
        return { resources: [call('directory', object([['path', path], ...permissions(args, context)]))] };
      case 'absent':
        permissions(args, context);
        scope.need('file');
        return {
          resources: [
            call(
              'file',
              object([
                ['path', path],
                ['state', "'absent'"],
              ]),
            ),
          ],
        };
      case 'link': {
        if (permissions(args, context).some(([, value]) => value !== undefined))
          throw new NotTranslated(
            'owner, group or mode of a link are those of what it points to',
            'Say them where that is made.',
          );
        scope.need('symlink');
        const replaceFile = args.flag('force', false) ? 'true' : undefined;
        const fields = object([
          ['path', path],
          ['target', args.required('src').code],
          ['replaceFile', replaceFile],
        ]);
        return { resources: [call('symlink', fields)] };
      }
      case 'touch': {
        if (permissions(args, context).some(([, value]) => value !== undefined)) break;
        for (const time of ['access_time', 'modification_time'])
          if (!['preserve', 'now', undefined].includes(args.fixed(time)))
            throw new NotTranslated(`${time}: it sets the time of a file`, 'Use a command with `creates`.');
        scope.need('command');
        const fields = object([
          ['name', label.code],
          ['argv', `['touch', ${path}]`],
          ['creates', path],
        ]);
        return { resources: [call('command', fields)] };
      }
    }
    throw new NotTranslated(
      `state: ${state} changes a file that something else makes`,
      'Say owner, group and mode where the file is made.',
    );
  },
};
