/**
 * The people and programs that may log in.
 *
 * @example
 * users:
 *   - name: alice
 *     sudo: nopasswd                # password: asks for it; none (the default): no sudo
 *     authorized_keys:              # the whole list: other keys are removed
 *       - ssh-ed25519 AAAA… alice@laptop
 *   - name: backup
 *     shell: /usr/sbin/nologin
 *   - name: bob
 *     state: absent
 */
import {
  authorizedKeys,
  defineRole,
  fields,
  group,
  packages,
  type Resource,
  Secret,
  sudoers,
  user,
  z,
} from '../src/index.ts';

const { absolutePath, accountName, cryptHash, line, publicKey } = fields;

const User = z
  .strictObject({
    name: accountName(),
    sudo: z.enum(['nopasswd', 'password', 'none']).default('none'),
    /** Where it is not given, the user's keys are left alone. */
    authorized_keys: z.array(publicKey()).optional(),
    /** Keys that are not in the list are removed. */
    exclusive_keys: z.boolean().default(true),
    shell: absolutePath().default('/bin/bash'),
    /** Supplementary groups, made where they do not exist; others that the user is in stay. */
    groups: z.array(accountName()).default([]),
    uid: z.int().min(0).max(4_294_967_294).optional(),
    home: absolutePath().optional(),
    comment: line()
      .regex(/^[^:]*$/, 'must not hold a colon')
      .optional(),
    /** `locked`: keys alone. `unmanaged`: as it is. Otherwise a hash, as `openssl passwd -6` makes it. */
    password: z.union([z.enum(['locked', 'unmanaged']), cryptHash()]).default('locked'),
    state: z.enum(['present', 'absent']).default('present'),
    /** With the state absent: the home goes, too. */
    remove_home: z.boolean().default(false),
  })
  .refine(({ sudo, password }) => sudo !== 'password' || password !== 'locked', {
    path: ['sudo'],
    error: 'asks for a password, but none is set: give `password` a hash, or use `sudo: nopasswd`',
  })
  .refine(({ name, state }) => name !== 'root' || state === 'present', {
    path: ['state'],
    error: 'root cannot be removed',
  })
  .refine(({ name, uid }) => uid === undefined || (uid === 0) === (name === 'root'), {
    path: ['uid'],
    error: 'the number 0 is that of root, and of root alone',
  });

const Users = z.array(User).superRefine((users, refinement) => {
  const wrong = (path: (string | number)[], message: string) => refinement.addIssue({ code: 'custom', path, message });
  for (const [i, { name, uid, state }] of users.entries()) {
    const before = users.slice(0, i);
    if (before.some((other) => other.name === name)) wrong([i, 'name'], `the user ${name} is listed twice`);
    if (uid === undefined || state === 'absent') continue;
    const other = before.find((other) => other.uid === uid && other.state === 'present' && other.name !== name);
    if (other !== undefined) wrong([i, 'uid'], `${other.name} and ${name} cannot both have the number ${uid}`);
  }
});

type User = z.output<typeof User>;

export default defineRole({
  name: 'users',
  params: z.object({ users: Users.default([]) }),
  resources({ params, facts }) {
    const present = params.users.filter(({ state }) => state === 'present');
    const absent = params.users.filter(({ state }) => state === 'absent');
    const groups = [...new Set(present.flatMap(({ groups }) => groups))];
    const sudoIsNeeded = present.some(({ sudo }) => sudo !== 'none');
    return [
      ...(sudoIsNeeded ? [packages({ names: ['sudo'], manager: facts.packageManager, early: true })] : []),
      ...groups.map((name) => group({ name, system: true })),
      ...present.map(account),
      ...present.flatMap(keys),
      ...params.users.map(sudoRule),
      ...absent.map(({ name, remove_home }) => user({ name, state: 'absent', removeHome: remove_home })),
    ];
  },
});

function account({ name, uid, shell, groups, home, comment, password }: User): Resource {
  const isHash = password instanceof Secret || (password !== 'locked' && password !== 'unmanaged');
  return user({ name, uid, shell, groups, home, comment, password: isHash ? { hash: password } : password });
}

function keys({ name, authorized_keys, exclusive_keys }: User): Resource[] {
  if (authorized_keys === undefined) return [];
  return [authorizedKeys({ user: name, keys: authorized_keys, exclusive: exclusive_keys })];
}

/** A user without sudo loses the file of an earlier run; rules that stand elsewhere are not ours. */
function sudoRule({ name, sudo, state }: User): Resource {
  if (state === 'absent' || sudo === 'none') return sudoers({ name, state: 'absent' });
  return sudoers({ name, rule: `${name} ALL=(ALL:ALL) ${sudo === 'nopasswd' ? 'NOPASSWD: ' : ''}ALL` });
}
