import { literal } from '../code/code.ts';
import { call, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import type { Module } from './module.ts';

export const compose: Module = {
  names: ['docker_compose_v2'],
  translate(args, { scope, label, environment, timeoutMs }) {
    // Nobody is asked; and compose itself tells where its files are missing.
    args.ignore('assume_yes', 'check_files_existing', 'ignore_build_events');
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
    const words = ['docker', 'compose', 'up', '-d', ...upOptions(args)].map((word) => literal(word));
    scope.need('command');
    const fields = object([
      ['name', label.code],
      ['argv', `[${words.map(({ code }) => code).join(', ')}]`],
      ['unless', 'COMPOSE_IS_UP'],
      ['cwd', directory.code],
      ['environment', environment?.code],
      ['timeoutMs', timeoutMs],
    ]);
    return { resources: [call('command', fields)] };
  },
};

/** Of `docker compose up`. */
function upOptions(args: ModuleArguments): readonly string[] {
  const [timeout, waitTimeout] = [args.number('timeout'), args.number('wait_timeout')];
  if ([timeout, waitTimeout].some((seconds) => seconds !== undefined && seconds.literal === undefined))
    throw new NotTranslated('timeout or wait_timeout depends on a variable', 'Write the seconds.');
  const waits = args.flag('wait', false);
  return [
    ...(args.flag('remove_orphans', false) ? ['--remove-orphans'] : []),
    ...(args.flag('dependencies', true) ? [] : ['--no-deps']),
    ...(args.flag('renew_anon_volumes', false) ? ['--renew-anon-volumes'] : []),
    ...(timeout === undefined ? [] : ['--timeout', String(timeout.literal)]),
    ...(waits ? ['--wait'] : []),
    ...(waits && waitTimeout !== undefined ? ['--wait-timeout', String(waitTimeout.literal)] : []),
  ];
}
