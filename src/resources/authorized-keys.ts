import * as z from 'zod';
import { type Script, sh } from '../shell/sh.ts';
import { describeKey, keysOf, mergeKeys } from './authorized-keys-file.ts';
import { access, encodedAfter, secondFile } from './authorized-keys-seen.ts';
import { type Change, defineResource } from './contract.ts';
import { accountName, publicKey } from './fields.ts';
import { changePermissions } from './file-metadata.ts';
import { type Access, checkHome, homeChange, type SeenHome } from './home-access.ts';
import { writeFile } from './write-file.ts';

const schema = z
  .strictObject({
    user: accountName(),
    /** Lines as sshd(8) reads them: options, type, key, comment. A key is the same key whatever options and comment it has. */
    keys: z.array(publicKey()),
    /** Only these keys: nothing else in the file, and no keys in ~/.ssh/authorized_keys2. */
    exclusive: z.boolean().default(false),
    /** `absent`: these keys are removed, and all others stay. */
    state: z.enum(['present', 'absent']).default('present'),
  })
  .refine(({ exclusive, state }) => !exclusive || state === 'present', {
    path: ['exclusive'],
    error: 'goes with the state present only',
  });

export type AuthorizedKeysInput = z.input<typeof schema>;
type AuthorizedKeys = z.output<typeof schema>;

interface ActualKeys extends SeenHome {
  /** `blocked`: folder and file are not there as such, or cannot be read as a whole. */
  readonly status: 'no user' | 'no home' | 'no file' | 'file' | 'blocked';
  /** Why it is blocked: `.ssh is a symbolic link`. */
  readonly obstacle: string | undefined;
  /** The file, with a character for each byte: what someone else put there is written back as it was. */
  readonly content: string;
  /** Undefined where there is none. */
  readonly folder: Access | undefined;
  readonly file: Access | undefined;
  /** What stands in authorized_keys2, which sshd reads as well by default: `2 keys`. Undefined where nothing there lets anyone in. */
  readonly second: string | undefined;
}

const LIMIT_BYTES = 262_144;

/** What is seen of a user who is not there. */
export const NOBODY: ActualKeys = {
  status: 'no user',
  obstacle: undefined,
  content: '',
  uid: '',
  groups: [],
  home: undefined,
  folder: undefined,
  file: undefined,
  second: undefined,
};

/**
 * Public keys with which a user may log in, in ~/.ssh/authorized_keys. Folder and file are the user's alone, 0700 and 0600.
 * A home that group or others may write to loses those bits, and one that its user cannot enter gets them: sshd would pass over the
 * keys. One that belongs to somebody else, or to root and is closed to the user, is a conflict, for the same reason; one that is nobody's is for the resource `user` to mend.
 * A symbolic link in the place of either is refused: whoever set it could have root write, or show, any file of the host.
 *
 * @example authorizedKeys({ user: 'deploy', keys: ['ssh-ed25519 AAAA… alice@laptop'], exclusive: true })
 */
export const authorizedKeys = defineResource<AuthorizedKeysInput, AuthorizedKeys, ActualKeys>({
  kind: 'authorized-keys',
  schema,
  name: ({ user }) => user,

  // The folder is entered first and looked at from within, and the file opened without following links: who owns them could
  // put a link in their place between a look and the reading.
  probe: (all) => sh`
    dd if=/dev/null iflag=nofollow 2>/dev/null && nofollow=yes || nofollow=no
    read_keys() {
      case $nofollow in
        yes) dd if="$1" iflag=nofollow,nonblock bs=${LIMIT_BYTES} count=1 2>/dev/null ;;
        no) head -c ${LIMIT_BYTES} <"$1" ;;
      esac
    }
    look() {
      [ -d "$1" ] && cd -P "$1" || { echo 'status no home'; return; }
      home=\${PWD%/}
      [ ! -O . ] || [ "$uid" = 0 ] || printf 'groups %s\n' "$(id -G "$name")"
      [ -e .ssh ] || [ -L .ssh ] || { stat -c 'access %a %u %g %U %s %n' "$home/"; echo 'status no file'; return; }
      [ ! -L .ssh ] || { echo 'status blocked .ssh is a symbolic link'; return; }
      [ -d .ssh ] || { echo 'status blocked .ssh is no folder'; return; }
      cd -P .ssh && [ "$PWD" = "$home/.ssh" ] || { echo 'status blocked .ssh is not a folder that can be entered'; return; }
      stat -c 'access %a %u %g %U %s %n' "$home/" . authorized_keys authorized_keys2 2>/dev/null
      if [ -L authorized_keys2 ]; then echo 'second link'
      elif [ -f authorized_keys2 ]; then echo 'second file'; read_keys authorized_keys2 | base64
      fi
      [ -e authorized_keys ] || [ -L authorized_keys ] || { echo 'status no file'; return; }
      [ ! -L authorized_keys ] || { echo 'status blocked authorized_keys is a symbolic link'; return; }
      [ -f authorized_keys ] || { echo 'status blocked authorized_keys is no file'; return; }
      echo 'status file'
      read_keys authorized_keys | base64
    }
    getent passwd ${all.map(({ user }) => user)} | while IFS=: read -r name _ uid _ _ home _; do
      printf 'user %s %s\n' "$name" "$uid"
      look "$home"
    done
  `,

  parse(output, all) {
    const users = new Map<string, ActualKeys>();
    for (const section of output.split(/^(?=user )/m)) {
      const lines = section.split('\n');
      const [, name = '', uid = ''] = lines[0]?.split(' ') ?? [];
      const seen = new Map(lines.flatMap((line) => access(line)));
      const content = encodedAfter('status file', lines);
      const groups =
        lines
          .find((line) => line.startsWith('groups '))
          ?.split(' ')
          .slice(1) ?? [];
      const [folder, file, home] = [seen.get('.'), seen.get('authorized_keys'), seen.get('home')];
      const told = lines.find((line) => line.startsWith('status '))?.slice('status '.length);
      const obstacle = obstacleIn(told) ?? unreadPart(file, content.length);
      users.set(name, {
        status: obstacle === undefined ? (told as ActualKeys['status']) : 'blocked',
        obstacle,
        content: content.toString('latin1'),
        uid,
        groups,
        home,
        folder,
        file,
        second: secondFile(lines, seen.get('authorized_keys2')),
      });
    }
    return all.map(({ user }) => users.get(user) ?? NOBODY);
  },

  diff(desired, actual): Change[] {
    const { status, obstacle, content, uid, folder, file, second } = actual;
    if (obstacle !== undefined) return [blocked(obstacle)];
    const wanted = mergedKeys(desired, actual);
    const isLeft = second === undefined || !desired.exclusive;
    if (status !== 'file' && wanted === '' && isLeft) return [];
    const changes = [...keyChanges(content, wanted)];
    if (!isLeft) changes.push({ action: 'delete', what: 'authorized_keys2', from: second });
    if (desired.state === 'absent') return changes;
    return [
      ...changes,
      ...homeChange(desired.user, actual),
      ...accessChange('.ssh', folder, `mode 700 of uid ${uid}`),
      ...accessChange('authorized_keys', file, `mode 600 of uid ${uid}`),
    ];
  },

  apply(desired, _, actual): Script {
    const { user, exclusive, state } = desired;
    const content = Buffer.from(mergedKeys(desired, actual), 'latin1');
    const mayExist = exclusive || actual.status === 'file';
    return sh`
      entry=$(getent passwd ${user}) || { printf 'there is no user %s\n' ${user} >&2; exit 1; }
      home=\${entry%:*}
      home=\${home##*:}
      [ -d "$home" ] && cd -P "$home" || { printf 'the home %s of %s does not exist\n' "$home" ${user} >&2; exit 1; }
      ${state === 'present' ? checkHome(user) : sh`:`}
      home=\${PWD%/}
      [ -d .ssh ] || mkdir -m 0700 .ssh || exit
      if ! cd -P .ssh || [ "$PWD" != "$home/.ssh" ]; then
        printf '%s/.ssh is a symbolic link\n' "$home" >&2
        exit 1
      fi
      ${mayExist ? sh`:` : REFUSE_NEW}
      ${changePermissions(sh`.`, { owner: user, group: '', mode: '0700' })} || exit
      ${writeFile({ path: './authorized_keys', content, owner: user, group: '', mode: '0600' })}
      ${exclusive && actual.second !== undefined ? sh`rm -f authorized_keys2` : sh`:`}
    `;
  },

  // sshd goes on taking the keys of a file that others may read.
  disturb({ user, keys, state }) {
    if (state === 'absent' || keys.length === 0) return undefined;
    return sh`chmod 0644 "$(getent passwd ${user} | cut -d: -f6)/.ssh/authorized_keys"`;
  },
});

function blocked(what: string): Change {
  return { action: 'conflict', what, hint: 'Look at it on the host, and remove what is not wanted.' };
}

const REFUSE_NEW = sh`
  if [ -e authorized_keys ]; then
    echo 'authorized_keys has appeared since it was looked at: run again' >&2
    exit 1
  fi
`;

/** The keys of the schema are text, those of the file are bytes. */
function mergedKeys({ keys, exclusive, state }: AuthorizedKeys, { content }: ActualKeys): string {
  const bytes = keys.map((key) => Buffer.from(key).toString('latin1'));
  return mergeKeys(content, { keys: bytes, exclusive, state });
}

function keyChanges(before: string, after: string): Change[] {
  if (before === after) return [];
  const [old, wanted] = [keysOf(before), keysOf(after)];
  const added = wanted.filter(({ blob }) => !old.some((key) => key.blob === blob));
  const removed = old.filter(({ blob }) => !wanted.some((key) => key.blob === blob));
  const changes = [
    ...added.map((key): Change => ({ action: 'create', what: 'key', to: describeKey(key) })),
    ...removed.map((key): Change => ({ action: 'delete', what: 'key', from: describeKey(key) })),
  ];
  if (changes.length > 0) return changes;
  const text = { before: decode(before), after: decode(after) };
  return [{ action: 'update', what: 'options, comments or order', text }];
}

function accessChange(what: string, actual: Access | undefined, to: string): Change[] {
  if (actual === undefined) return [];
  const from = `mode ${actual.mode} of uid ${actual.uid}`;
  return from === to ? [] : [{ action: 'update', what, from, to }];
}

/** What the probe says of it: `blocked .ssh is a symbolic link`; nothing at all where it was cut off. */
function obstacleIn(status = 'blocked .ssh cannot be looked at'): string | undefined {
  return status.startsWith('blocked ') ? status.slice('blocked '.length) : undefined;
}

/** Writing back less than what is there would take away someone's keys. */
function unreadPart(file: Access | undefined, readBytes: number): string | undefined {
  const sizeBytes = file?.bytes ?? 0;
  if (readBytes === sizeBytes) return undefined;
  return `authorized_keys ${sizeBytes > LIMIT_BYTES ? 'is over 256 KiB' : 'cannot be read as a whole'}`;
}

function decode(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
