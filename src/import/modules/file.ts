import { call, object } from '../layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';
import { permissions } from './permissions.ts';

export const file: Module = {
  names: ['file'],
  translate(args, { scope, label }) {
    args.ignore('follow', 'access_time_format', 'modification_time_format');
    const path = args.requiredPath('path', 'dest', 'name').code;
    const state = args.fixed('state') ?? 'file';
    if (args.flag('recurse', false)) {
      throw new NotTranslated('recurse: true changes what is in the folder, whoever wrote it', 'Say it of each file.');
    }
    switch (state) {
      case 'directory':
        scope.need('directory');
        return { resources: [call('directory', object([['path', path], ...permissions(args)]))] };
      case 'absent':
        permissions(args);
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
        if (permissions(args).some(([, value]) => value !== undefined))
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
        if (permissions(args).some(([, value]) => value !== undefined)) break;
        args.ignore('access_time', 'modification_time');
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
