/** How shadow-utils make and change a user: useradd(8), usermod(8). */

import { NOBODYS } from '../shell/path-metadata.ts';
import { type Script, sh } from '../shell/sh.ts';
import type { User } from './user.ts';

/** A password that nobody can enter. `!` would lock it as well, but with `UsePAM no` sshd then refuses keys too. */
export const LOCKED = '*';

export function createsHome({ createHome, system }: User): boolean {
  return createHome ?? !system;
}

export function createUser(desired: User): readonly Script[] {
  return createsHome(desired) ? [addUser(desired), adoptHome(desired.name)] : [addUser(desired)];
}

function addUser(desired: User): Script {
  const { name, uid, group, groups, shell, home, comment, system } = desired;
  const options = [
    ['-p', LOCKED],
    createsHome(desired) ? ['-m'] : ['-M'],
    system ? ['-r'] : [],
    option('-u', uid),
    option('-g', group),
    groups.length === 0 ? [] : ['-G', groups.join(',')],
    option('-s', shell),
    option('-d', home),
    option('-c', comment),
  ].flat();
  if (group !== undefined) return sh`useradd ${options} ${name}`;
  // useradd makes a group of the user's name, and fails where there is one.
  return sh`
    set --
    if getent group ${name} >/dev/null; then set -- -g ${name}; fi
    useradd ${options} "$@" ${name}
  `;
}

/** Changes the fields that are named in `changed`; nothing to do where none of them is usermod's. */
export function modifyUser(desired: User, changed: ReadonlySet<string>): readonly Script[] {
  const { name, uid, group, groups, exclusiveGroups, shell, comment } = desired;
  const options = [
    changed.has('uid') ? option('-u', uid) : [],
    changed.has('group') ? option('-g', group) : [],
    changed.has('groups') ? [exclusiveGroups ? '-G' : '-aG', groups.join(',')] : [],
    changed.has('shell') ? option('-s', shell) : [],
    changed.has('comment') ? option('-c', comment) : [],
    changed.has('end of the account') ? ['-e', ''] : [],
    changed.has('password') && desired.password === 'locked' ? ['-p', LOCKED] : [],
  ].flat();
  return options.length === 0 ? [] : [sh`usermod ${options} ${name}`];
}

/** Makes `home` the user's home: the old folder is moved there, or a new one made, unless there is one. */
export function moveHome(desired: User, home: string): Script {
  const { name } = desired;
  if (!createsHome(desired)) return sh`usermod -d ${home} ${name}`;
  return sh`
    if [ -d ${home} ]; then
      usermod -d ${home} ${name} && ${adoptHome(name)} || exit
    else
      usermod -m -d ${home} ${name} || exit
    fi
    if [ ! -d ${home} ]; then
      mkdir -p -m 0700 ${home} || exit
      [ ! -d /etc/skel ] || cp -R /etc/skel/. ${home} || exit
      chown -hR ${`${name}:`} ${home}
    fi
  `;
}

/**
 * Gives a home that belongs to no account to its user: all in it that had the home's owner. It is one that was kept when its
 * user was removed; useradd(8) and usermod(8) leave a folder as they find it.
 */
export function adoptHome(name: string): Script {
  return sh`
    (
      home=$(getent passwd ${name} | cut -d: -f6)
      cd -P "$home" || exit
      owner=$(stat -c %u:%U .) || exit
      case $owner in
        *:${NOBODYS}) chown -hR --from="\${owner%:*}" ${`${name}:`} . ;;
      esac
    )
  `;
}

function option(flag: string, value: string | number | undefined): readonly (string | number)[] {
  return value === undefined ? [] : [flag, value];
}
