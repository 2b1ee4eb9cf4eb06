import * as z from 'zod';
import { eachLine } from '../shell/each-line.ts';
import {
  type FileType,
  KILLED,
  METADATA_FORMAT,
  type Metadata,
  NOBODYS,
  parseMetadata,
} from '../shell/path-metadata.ts';
import { isKnown, reveal, text } from '../shell/secret.ts';
import { input, joinScripts, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { absolutePath, accountName, line, secretText } from './fields.ts';
import { describeType } from './file-metadata.ts';
import { adoptHome, createsHome, createUser, LOCKED, modifyUser, moveHome } from './user-commands.ts';

/** A hash of crypt(3): no colon, blank or line break, which would end its field in /etc/shadow. */
const HASH = /^[!-9;-~]+$/;

const schema = z.strictObject({
  name: accountName(),
  uid: z.int().min(0).max(4_294_967_294).optional(),
  /** The primary group. Default: what useradd(8) makes, a group of the user's name. */
  group: accountName().optional(),
  /** Supplementary groups. Those not named here stay, unless `exclusiveGroups` is set. */
  groups: z.array(accountName()).default([]),
  exclusiveGroups: z.boolean().default(false),
  shell: absolutePath().optional(),
  /** A home that changes is moved, unless the new folder exists. */
  home: absolutePath().optional(),
  /** The full name, or what else the comment field of passwd(5) shall say. */
  comment: line()
    .regex(/^[^:]*$/, 'must not hold a colon')
    .optional(),
  /** A new user gets its uid from the system's range, and no home unless `createHome` is set. */
  system: z.boolean().default(false),
  /** Default: true, unless `system` is set. */
  createHome: z.boolean().optional(),
  /**
   * `locked`: nobody can log in with a password, while keys work. `unmanaged`: left as it is; a new user's is locked.
   * A hash is one of crypt(3), such as `mkpasswd` prints.
   */
  password: z
    .union([
      z.enum(['locked', 'unmanaged']),
      z.strictObject({
        hash: secretText().refine((hash) => !isKnown(hash) || HASH.test(reveal(hash)), 'must be a hash of crypt(3)'),
      }),
    ])
    .default('unmanaged'),
  state: z.enum(['present', 'absent']).default('present'),
  /** With the state absent: the home and the mail go too. */
  removeHome: z.boolean().default(false),
});

const DAY_MS = 24 * 60 * 60 * 1000;

export type UserInput = z.input<typeof schema>;
export type User = z.output<typeof schema>;

interface Account {
  readonly uid: number;
  /** Name of the primary group, or its number where it has none. */
  readonly group: string;
  /** Supplementary groups, sorted. */
  readonly groups: readonly string[];
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Who owns the folder that is the home; undefined where there is none. */
  readonly homeOwner: Pick<Metadata, 'uid' | 'owner'> | undefined;
  /** The password's field of shadow(5); where nobody asked no more of it than that it is locked. */
  readonly password: string | undefined;
  /** Whether the password has to be changed at the next login: then keys let nobody in without a terminal either. */
  readonly mustChange: boolean;
  /** The day from which on nobody can log in, where it has come: of 1970-01-01 the number is 0. */
  readonly expiredOn: number | undefined;
}

interface ActualUser {
  /** Undefined where there is no such user. */
  readonly account: Account | undefined;
  /** What stands where the user's home shall be; undefined for nothing, and for a folder. */
  readonly inTheWay?: FileType | undefined;
}

/**
 * A user of the host.
 *
 * @example user({ name: 'deploy', shell: '/bin/bash', groups: ['docker'], password: 'locked' })
 */
export const user = defineResource<UserInput, User, ActualUser>({
  kind: 'user',
  schema,
  name: ({ name }) => name,

  // getent(1) exits 2 where a name is missing: that is an answer. One list of all groups costs less than an `id` per user.
  probe(all) {
    const names = all.map(({ name }) => name);
    const account = sh`
      printf 'passwd:%s\n' "$line"
      line=\${line%:*}
      set -- "$@" "\${line##*:}"
    `;
    return sh`
      set -- ${all.flatMap((user) => (user.state === 'present' ? (user.home ?? []) : []))}
      ${eachLine(sh`getent passwd ${names}`, account)}
      [ $ended -lt ${KILLED} ] || exit $ended
      [ $# -eq 0 ] || stat -L -c ${METADATA_FORMAT} "$@" 2>/dev/null
      getent shadow ${names} | sed ${withoutHashes(all)}
      getent group | sed 's/^/group:/'
    `;
  },

  parse(output, all) {
    const rows = output.split('\n').map((row) => row.split(':'));
    const folders = parseMetadata(output);
    const groups = rows.filter(([table]) => table === 'group');
    const today = Math.floor(Date.now() / DAY_MS);
    return all.map(({ name, home: wanted }) => {
      const passwd = rows.find(([table, user]) => table === 'passwd' && user === name);
      const [, , , uid, gid = '', comment = '', home = '', shell = ''] = passwd ?? [];
      const place = folders.get(wanted ?? home);
      const inTheWay = place?.type === 'directory' ? undefined : place?.type;
      if (passwd === undefined) return { account: undefined, inTheWay };
      const folder = folders.get(home);
      const shadow = rows.find(([table, user]) => table === 'shadow' && user === name) ?? [];
      const [, , password = '', changed = '', , longest = '', , , lastDay = ''] = shadow;
      const isOld = changed === '0' || (changed !== '' && longest !== '' && Number(changed) + Number(longest) < today);
      const account: Account = {
        uid: Number(uid),
        group: groups.find(([, , , number]) => number === gid)?.[1] ?? gid,
        groups: groups
          .flatMap(([, group = '', , , members = '']) => (members.split(',').includes(name) ? [group] : []))
          .sort(),
        comment,
        home,
        shell,
        homeOwner: folder?.type === 'directory' ? { uid: folder.uid, owner: folder.owner } : undefined,
        password: shadow.length === 0 ? undefined : password,
        mustChange: isOld,
        expiredOn: lastDay !== '' && Number(lastDay) <= today ? Number(lastDay) : undefined,
      };
      return { account, inTheWay };
    });
  },

  appliesTogether: true,

  diff(desired, { account, inTheWay }): Change[] {
    if (desired.state === 'absent') return account === undefined ? [] : [{ action: 'delete', what: '' }];
    const { home = account?.home ?? '' } = desired;
    const conflicts = inTheWay !== undefined && createsHome(desired) ? [notAHome(home, inTheWay)] : [];
    if (account === undefined) return [{ action: 'create', what: '', to: describe(desired) }, ...conflicts];
    return [
      ...FIELDS.flatMap((field) => difference(field, account[field], desired[field])),
      ...(conflicts.length > 0 ? conflicts : differenceOfHome(desired, account, home)),
      ...differenceOfGroups(desired, account),
      ...differenceOfPassword(desired, account),
      ...differenceOfEnd(account),
      ...differenceOfAge(desired, account),
    ];
  },

  apply(desired, changes, { account }): Script {
    const { name, password } = desired;
    const [first] = changes;
    if (first?.action === 'delete') return sh`userdel ${desired.removeHome ? ['-r', name] : [name]}`;
    const changed = new Set(changes.map(({ what }) => what));
    const scripts = account === undefined ? [...createUser(desired)] : [...modifyUser(desired, changed)];
    if (account !== undefined && changed.has('home')) scripts.push(moveHome(desired, desired.home ?? account.home));
    if (changed.has('home owner')) scripts.push(adoptHome(name));
    // As if it had been changed today.
    if (changed.has(MUST_CHANGE.what)) scripts.push(sh`chage -d "$(date +%Y-%m-%d)" ${name}`);
    if (typeof password !== 'string' && (account === undefined || changed.has('password'))) {
      scripts.push(sh`chpasswd -e <${input(text`${name}:${password.hash}\n`)}`);
    }
    return joinScripts(scripts.map((script) => sh`${script} || exit`));
  },

  disturb({ name, comment, shell, state }) {
    if (state === 'absent') return undefined;
    if (comment !== undefined) return sh`usermod -c ${`${comment} changed by hand`} ${name}`;
    return shell === undefined ? undefined : sh`usermod -s ${shell === '/bin/sh' ? '/bin/bash' : '/bin/sh'} ${name}`;
  },
});

/** A hash stays on its host, unless its user's password is managed. */
function withoutHashes(all: readonly User[]): string {
  const managed = all.filter(({ password }) => password !== 'unmanaged').map(({ name }) => name);
  const others = managed.length === 0 ? '' : `/^\\(${managed.join('\\|')}\\):/!`;
  return `${others}s/^\\([^:]*:[*!]*\\)[^:]*:/\\1:/;s/^/shadow:/`;
}

/** An account that has come to its end lets nobody in, whatever else is right. */
function differenceOfEnd({ expiredOn }: Account): Change[] {
  if (expiredOn === undefined) return [];
  const from = `expired on ${new Date(expiredOn * DAY_MS).toISOString().slice(0, 10)}`;
  return [{ action: 'update', what: 'end of the account', from, to: 'none' }];
}

/** Whose password is neither locked nor managed can change it, and whoever wants that it is changed means it so. */
function differenceOfAge({ password }: User, account: Account): Change[] {
  const isOurs = password !== 'unmanaged' || /^[*!]/.test(account.password ?? '');
  return account.mustChange && isOurs ? [MUST_CHANGE] : [];
}

const MUST_CHANGE: Change = {
  action: 'update',
  what: 'password to be changed',
  from: 'at the next login',
  to: 'never',
};

/** Fields that are compared as they are. */
const FIELDS = ['uid', 'group', 'comment', 'shell'] as const;

/** What a new user gets, for the plan. */
function describe({ uid, group, groups, shell, home }: User): string | undefined {
  const facts = [
    uid === undefined ? [] : `uid ${uid}`,
    group === undefined ? [] : `group ${group}`,
    groups.length === 0 ? [] : `groups ${groups.join(',')}`,
    shell === undefined ? [] : `shell ${shell}`,
    home === undefined ? [] : `home ${home}`,
  ].flat();
  return facts.length === 0 ? undefined : facts.join(', ');
}

function difference(what: string, from: string | number, to: string | number | undefined): Change[] {
  return to === undefined || from === to ? [] : [{ action: 'update', what, from: String(from), to: String(to) }];
}

function notAHome(home: string, type: FileType): Change {
  const hint = 'Give the user another home, or move away what is there.';
  return { action: 'conflict', what: `in the way of the home ${home}`, from: describeType(type), to: 'a folder', hint };
}

/** A home that belongs to nobody is one that was kept when its user was removed: the user of that name has another uid now. */
function differenceOfHome(desired: User, account: Account, home: string): Change[] {
  if (home !== account.home) return difference('home', account.home, home);
  if (!createsHome(desired)) return [];
  const { homeOwner } = account;
  if (homeOwner === undefined) return [{ action: 'update', what: 'home', from: 'no folder', to: home }];
  if (homeOwner.owner !== NOBODYS) return [];
  return [{ action: 'update', what: 'home owner', from: `uid ${homeOwner.uid}, which is nobody's`, to: desired.name }];
}

/** The primary group counts as a group of the user: useradd(8) may leave it out of the supplementary ones. */
function differenceOfGroups({ groups, exclusiveGroups, group }: User, account: Account): Change[] {
  const primary = group ?? account.group;
  const wanted = groups.filter((name) => name !== primary);
  const kept = exclusiveGroups ? [] : account.groups;
  const to = [...new Set([...kept, ...wanted])].sort();
  const from = exclusiveGroups ? account.groups.filter((name) => name !== primary) : account.groups;
  return difference('groups', from.join(','), to.join(','));
}

function differenceOfPassword({ password }: User, account: Account): Change[] {
  if (password === 'unmanaged') return [];
  if (password === 'locked') {
    return account.password === LOCKED ? [] : [{ action: 'update', what: 'password', to: 'locked' }];
  }
  // Locking an account puts a "!" before its hash: the password is the same.
  const [from, to] = [account.password, isKnown(password.hash) ? reveal(password.hash) : undefined];
  if (to === undefined || from?.replace(/^!+/, '') !== to.replace(/^!+/, '')) {
    return [{ action: 'update', what: 'password', to: '<secret>' }];
  }
  const isLocked = from.startsWith('!') && !to.startsWith('!');
  return isLocked ? [{ action: 'update', what: 'password', from: 'locked', to: 'unlocked' }] : [];
}
