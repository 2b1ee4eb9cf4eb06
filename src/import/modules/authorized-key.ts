import { asText, type Code, concatenate, literal } from '../code/code.ts';
import { array, call, type Doc, object } from '../code/layout.ts';
import { mentions } from '../code/names.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import type { Module, ModuleContext } from './module.ts';
import { leaveOut, refuseOptions } from './options.ts';
import { presence } from './presence.ts';

export const authorizedKey: Module = {
  names: ['authorized_key'],
  translate(args, context) {
    // Keys are fetched from no address.
    args.ignore('validate_certs');
    leaveOut(args, context, [
      ['manage_dir', true, "the folder ~/.ssh is made, and is its owner's"],
      ['follow', false, 'a link that stands for authorized_keys is not followed'],
    ]);
    refuseOptions(args, [
      ['comment', undefined, 'it takes the place of what stands behind the key', 'Write it there.'],
    ]);
    const user = args.required('user');
    const { scope, loop } = context;
    scope.need('authorizedKeys');
    const given = presence(args);
    const state = given === 'absent' ? "'absent'" : given?.code;
    const isExclusive = args.flag('exclusive', false);
    const isOneUser = loop !== undefined && !dependsOn(user, loop);
    if (isOneUser && isExclusive)
      throw new NotTranslated('of a loop with exclusive: true only the last key would stay', 'List the keys.');
    const keys = keyCodes(args, context);
    const listed = isOneUser || args.has('key_options') ? undefined : joinedList(keys);
    const fields = object([
      ['user', user.code],
      ['keys', listed ?? (isOneUser ? mapped(loop, keys) : array(keys.map(({ code }) => code)))],
      ['exclusive', isExclusive ? 'true' : undefined],
      ['state', state],
    ]);
    return {
      resources: [call('authorizedKeys', fields)],
      isLooped: isOneUser,
      key: `authorizedKeys ${user.code} ${state}`,
    };
  },
};

/** One for each line of what is known now; blank lines and comments are none. */
function keyCodes(args: ModuleArguments, { scope }: ModuleContext): readonly Code[] {
  const key = asText(args.required('key'));
  const options = args.text('key_options');
  const withOptions = (code: Code) =>
    options === undefined ? code : concatenate([options, literal(' '), code], scope.need);
  if (typeof key.literal !== 'string') return [withOptions(key)];
  const lines = key.literal.split('\n').map((line) => line.trim());
  if (lines.some((line) => /^https?:/.test(line)))
    throw new NotTranslated('the key is fetched from an address', 'Write the keys themselves.');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => withOptions(literal(line)));
}

/** The list of keys whose lines one text is: `keys | join('\n')`. */
function joinedList([key, ...others]: readonly Code[]): string | undefined {
  return others.length === 0 ? /^(.*)\.join\('\\n'\)$/.exec(key?.code ?? '')?.[1] : undefined;
}

function mapped({ list, pattern }: NonNullable<ModuleContext['loop']>, keys: readonly Code[]): Doc {
  const [only] = keys;
  if (only?.code === pattern) return list.code;
  const body = keys.length === 1 && only !== undefined ? only.code : array(keys.map(({ code }) => code));
  return call(`${list.code}.${keys.length === 1 ? 'map' : 'flatMap'}`, {
    type: 'arrow',
    parameters: `(${pattern})`,
    body,
  });
}

/** Whether it is another one for each item. */
export function dependsOn({ code }: Code, { names }: NonNullable<ModuleContext['loop']>): boolean {
  return names.some((name) => mentions(code, name));
}
