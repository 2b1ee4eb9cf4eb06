import { asText, type Code, operand } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import type { Module, ModuleContext } from './module.ts';
import { leaveOut, refuseOptions } from './options.ts';
import { presence } from './presence.ts';

export const user: Module = {
  names: ['user'],
  translate(args, context) {
    const state = presence(args);
    // A home that changes is moved along, and while they are there nobody is removed by force.
    args.ignore('move_home');
    if (state === undefined) args.ignore('force');
    else leaveOut(args, context, [['force', false, 'who is logged in is not removed']]);
    refuseOptions(args, [
      ['non_unique', false, 'two users would have one number', 'Give each a number of their own.'],
      ['password_lock', true, 'it opens a password that is locked', 'Give the password.'],
    ]);
    const name = args.required('name', 'user');
    context.scope.need('user');
    if (state === 'absent') {
      const removeHome = switchOf(args.boolean('remove'));
      return {
        resources: [
          call(
            'user',
            object([
              ['name', name.code],
              ['state', "'absent'"],
              ['removeHome', removeHome],
            ]),
          ),
        ],
      };
    }
    const remove = switchOf(args.boolean('remove'));
    const removeHome = state === undefined ? undefined : remove;
    const groups = args.list('groups');
    if (
      groups !== undefined &&
      state === undefined &&
      context.earlier('user', name).length > 0 &&
      addsGroupsAlone(args)
    )
      return { resources: [member(name, groups, context)] };
    const isSystem = args.flag('system', false);
    const createsHome = args.boolean('create_home')?.code ?? args.boolean('createhome')?.code ?? 'true';
    return {
      resources: [
        call(
          'user',
          object([
            ['name', name.code],
            ['uid', args.number('uid')?.code],
            ['group', args.text('group')?.code],
            ['groups', groups?.code],
            ['exclusiveGroups', args.flag('append', false) ? undefined : exclusive(groups)],
            ['shell', args.text('shell')?.code],
            ['home', args.path('home')?.code],
            ['comment', args.text('comment')?.code],
            ['system', isSystem ? 'true' : undefined],
            ['createHome', createsHome === String(!isSystem) ? undefined : createsHome],
            ['password', password(args, context)],
            ['state', state?.code],
            ['removeHome', removeHome],
          ]),
        ),
        ...(args.flag('password_lock', false) ? [lock(name, state, context)] : []),
      ],
    };
  },
};

function switchOf(value: Code | undefined): Doc | undefined {
  return value === undefined || value.code === 'false' ? undefined : value.code;
}

/** What an earlier task describes is there already: this one is about groups that may not have been there then. */
function addsGroupsAlone(args: ModuleArguments): boolean {
  const others = [
    'uid',
    'group',
    'shell',
    'home',
    'comment',
    'system',
    'create_home',
    'createhome',
    'password',
    'password_lock',
  ];
  return args.flag('append', false) && !others.some((option) => args.has(option));
}

function member(name: Code, groups: Code, context: ModuleContext): Doc {
  const isWhole = context.earlier('user', name).some(({ doc: { args } }) => {
    const [fields] = args;
    return (
      typeof fields === 'object' &&
      fields.type === 'object' &&
      fields.fields.some(([field]) => field === 'exclusiveGroups')
    );
  });
  if (isWhole || groups.isOmittable)
    throw new NotTranslated('it adds groups to what another task says of the user', 'Name all groups in one resource.');
  context.note('it adds the user to groups, and nothing else: an earlier task makes the user');
  context.scope.need('command');
  return call(
    'command',
    object([
      ['name', context.label.code],
      ['argv', `['usermod', '-aG', ${operand(groups)}.join(','), ${name.code}]`],
      ['unless', `isMember(${name.code}, ${groups.code})`],
    ]),
  );
}

/** A password that is locked keeps what it was: a `!` before it says so. The state `locked` of a user writes `*`. */
function lock(name: Code, state: Pick<Code, 'code'> | undefined, context: ModuleContext): Doc {
  if (state !== undefined) throw new NotTranslated('whether it locks a password depends on a variable (state)');
  context.scope.need('command');
  return call(
    'command',
    object([
      ['name', context.label.code],
      ['argv', `['usermod', '-L', ${name.code}]`],
      ['unless', `isLocked(${name.code})`],
    ]),
  );
}

/** Only those that are named; where none are, all stay. */
function exclusive(groups: Code | undefined): Doc | undefined {
  return groups?.isOmittable ? `${operand(groups)} !== undefined` : groups && 'true';
}

/** `*` locks it, for keys alone; else it is a hash. */
function password(args: ModuleArguments, context: ModuleContext): Doc | undefined {
  args.ignore('append');
  const isForNew = args.fixed('update_password') === 'on_create';
  const code = args.code('password');
  if (code === undefined) return undefined;
  if (args.flag('password_lock', false))
    throw new NotTranslated('it sets a password, and locks it', 'Write it by hand: { hash } that begins with a `!`.');
  if (code.literal === '*') return "'locked'";
  if (code.isOptional)
    throw new NotTranslated('whether it sets a password depends on a variable', 'Write a resource for each case.');
  if (isForNew)
    context.note(
      'the password is set also where the user exists',
      "Leave `password` out, or write 'unmanaged', to keep it as it is.",
    );
  return object([['hash', asText(code).code]]);
}
