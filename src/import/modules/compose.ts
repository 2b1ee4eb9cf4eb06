import { type Code, literal } from '../code.ts';
import { call, object } from '../layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';

export const compose: Module = {
  names: ['docker_compose_v2'],
  translate(args, { scope, label, environment }) {
    args.ignore(
      'wait',
      'wait_timeout',
      'timeout',
      'dependencies',
      'assume_yes',
      'renew_anon_volumes',
      'check_files_existing',
      'docker_cli',
    );
    const directory = args.requiredPath('project_src');
    const state = args.fixed('state') ?? 'present';
    if (state !== 'present')
      throw new NotTranslated(`state: ${state} of a compose project has no equivalent`, 'Use a command with `unless`.');
    for (const [name, usual] of [
      ['pull', 'policy'],
      ['build', 'policy'],
      ['recreate', 'auto'],
    ] as const) {
      const given = args.fixed(name);
      if (given !== undefined && given !== usual)
        throw new NotTranslated(
          `${name}: ${given} would do it at each run`,
          'Use the role stack, which replaces what has changed.',
        );
    }
    const orphans: readonly Code[] = args.flag('remove_orphans', false) ? [literal('--remove-orphans')] : [];
    const words = ['docker', 'compose', 'up', '-d'].map((word) => literal(word));
    scope.need('command');
    const fields = object([
      ['name', label.code],
      ['argv', `[${[...words, ...orphans].map(({ code }) => code).join(', ')}]`],
      ['unless', 'COMPOSE_IS_UP'],
      ['cwd', directory.code],
      ['environment', environment?.code],
    ]);
    return { resources: [call('command', fields)] };
  },
};
