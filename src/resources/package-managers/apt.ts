import { joinScripts, sh } from '../../shell/sh.ts';
import type { InstalledPackage, PackageManager } from './package-manager.ts';

/** Younger than a day: the package lists are as new as they need be. Removed where a repository changes. */
export const APT_LISTS_STAMP = '/var/lib/apt/lists/provision-stamp';

const LOCK_TIMEOUT_S = 120;

/**
 * apt of Debian and Ubuntu.
 *
 * A package counts as installed when dpkg says so of it, or of another one that provides it, as mawk does awk. One that was
 * removed but for its configuration does not.
 */
export const apt: PackageManager = {
  // Debian policy, 5.6.7, with an architecture: `libc6:i386`.
  packageName: /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/,

  // Reading its database takes dpkg five times as long as awk, and most looks find all packages installed. dpkg itself is asked
  // where one is not, for another may provide it, and where it was broken off: then part of the database is in `updates`.
  // It lists all packages as quickly as one; grep keeps that short and lets through a little too much, and `parse` is exact.
  probe: ({ names, newest }) => sh`
    if command -v dpkg-query >/dev/null; then
    set -- /var/lib/dpkg/updates/[0-9]*
    if [ -e "$1" ] || ! awk ${INSTALLED} ${names} /var/lib/dpkg/status 2>/dev/null; then
      dpkg-query -W -f '\${Package} \${Architecture} \${db:Status-Status} \${Version} \${Provides}\n' |
        grep -wF${joinScripts(
          names.map((name) => sh` -e ${name.replace(/:.*/, '')}`),
          '',
        )}
    fi
    ${newest.length === 0 ? sh`:` : sh`apt-cache policy ${newest} 2>/dev/null || :`}
    fi
  `,

  parse(output, names) {
    const found = new Map<string, InstalledPackage>();
    const provided = new Map<string, InstalledPackage>();
    const newest = new Map<string, string>();
    let described = '';
    for (const line of output.split('\n')) {
      const [, candidate] = /^ {2}Candidate: (?!\(none\))(.*)$/.exec(line) ?? [];
      if (candidate !== undefined) newest.set(described, candidate);
      else if (/^\S+:$/.test(line)) described = line.slice(0, -1);
      const [name = '', architecture, status, version = '', ...provides] = line.split(' ');
      if (status !== 'installed') continue;
      found.set(name, { version }).set(`${name}:${architecture}`, { version });
      for (const virtual of provides.join(' ').split(', ')) {
        provided.set(virtual.replace(/ .*/, ''), { version, providedBy: name });
      }
    }
    const entries = names.flatMap((name) => {
      const installed = found.get(name);
      if (installed !== undefined) return [[name, { ...installed, newest: newest.get(name) }] as const];
      const provider = provided.get(name);
      return provider === undefined ? [] : [[name, provider] as const];
    });
    return new Map(entries);
  },

  install: (names, { recommends }) => sh`
    ${APT}
    is_fresh || refresh
    attempt install ${recommends ? sh`` : sh`--no-install-recommends `}${names} && exit
    # The lists may name files that the archive has replaced since, or not know a package yet.
    grep -Eq 'Unable to locate package|has no installation candidate|404 +Not Found' "$last" && [ "$refreshed" = no ] &&
      refresh && attempt install ${recommends ? sh`` : sh`--no-install-recommends `}${names} && exit
    explain
  `,

  remove: (names) => sh`
    ${APT}
    attempt remove ${names} && exit
    explain
  `,
};

/**
 * For awk: prints the packages of dpkg's database whose names come before it, as they do below, and fails where one of them is not
 * installed. Each package is one record: only those that are asked for are looked into.
 */
const INSTALLED = `
  BEGIN {
    for (i = 1; i < ARGC - 1; i++) { missing[ARGV[i]]; sub(/:.*/, "", ARGV[i]); wanted[ARGV[i]]; ARGV[i] = "" }
    RS = "\\nPackage: "
  }
  { name = substr($0, 1, index($0, "\\n") - 1) }
  NR == 1 { sub(/^Package: /, "", name) }
  name in wanted {
    status = architecture = version = ""
    count = split($0, lines, "\\n")
    for (i = 2; i <= count; i++) {
      value = substr(lines[i], index(lines[i], ": ") + 2)
      if (lines[i] ~ /^Status: /) { split(value, words, " "); status = words[3] }
      else if (lines[i] ~ /^Architecture: /) architecture = value
      else if (lines[i] ~ /^Version: /) version = value
    }
    print name, architecture, status, version
    if (status == "installed") { delete missing[name]; delete missing[name ":" architecture] }
  }
  END { for (name in missing) exit 1 }
`;

/** What install and remove share: apt without questions, patient with locks, and a failure told in one line. */
const APT = sh`
  # Configuration that was edited on the host is kept, and needrestart(1) restarts what uses a replaced library.
  export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=a UCF_FORCE_CONFFOLD=1
  log=$RUN/apt last=$RUN/apt-last refreshed=no
  : >"$log"

  apt() {
    apt-get -q -y -o DPkg::Lock::Timeout=${LOCK_TIMEOUT_S} \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >"$last" 2>&1
    set -- $?
    cat "$last" >>"$log"
    return "$1"
  }

  # DPkg::Lock::Timeout waits for dpkg alone; lists and downloaded archives have locks of their own: apt-get exits 100.
  patiently() {
    deadline=$(($(date +%s) + ${LOCK_TIMEOUT_S}))
    until "$@"; do
      grep -Eq 'Could not get lock|Unable to lock directory' "$last" || return 100
      [ "$(date +%s)" -lt "$deadline" ] || return 100
      sleep 2
    done
  }

  is_fresh() { [ -n "$(find ${APT_LISTS_STAMP} -mmin -1440 2>/dev/null)" ]; }

  # An archive that does not answer is a warning to apt: what it has of the others may do.
  refresh() {
    refreshed=yes
    patiently apt update && ! grep -q '^W: Failed to fetch' "$log" && : >${APT_LISTS_STAMP}
  }

  attempt() {
    patiently apt "$@" && return
    if grep -q 'dpkg was interrupted' "$last"; then
      dpkg --configure -a --force-confdef --force-confold >>"$log" 2>&1 && patiently apt "$@" && return
    fi
    return 100
  }

  explain() {
    missing=$(sed -n -e 's/^E: Unable to locate package //p' \
      -e "s/^E: Package '\(.*\)' has no installation candidate/\1/p" "$last" | sort -u | tr '\n' ' ')
    if grep -Eq 'No space left on device|enough free space' "$log"; then
      printf 'No space left on device:\n'
      df -h /var/cache/apt/archives 2>/dev/null
    elif [ -n "$missing" ]; then
      printf 'reason: the package sources of this host do not have: %s\n' "\${missing% }"
      sed -n '/is a virtual package provided by:/,/^You should/p' "$last"
      grep '^W: Failed to fetch' "$log" | tail -n 3
    elif grep -Eq 'Could not get lock|Unable to lock directory' "$last"; then
      printf 'reason: another program holds the lock of the packages for more than ${LOCK_TIMEOUT_S} s\n'
      grep -E 'Could not get lock|Unable to lock' "$last" | tail -n 1
    elif grep -q '^E: Held packages were changed' "$last"; then
      held=$(sed -n '/held packages will be changed:/,/^[^ ]/s/^  *\([^ ]\)/ \1/p' "$last" | tr -d '\n')
      printf 'reason: the host holds packages back that would have to change:%s\n' "$held"
      printf 'hint: Release them on the host, \`apt-mark unhold%s\`, and run again.\n' "$held"
    else
      failed=$(sed -n 's/^dpkg: error processing package \([^ ]*\) .*/\1/p' "$last" | sort -u | tr '\n' ' ')
      [ -z "$failed" ] || printf 'reason: what these packages run when they are installed failed: %s\n' "\${failed% }"
      [ -n "$failed" ] || sed -n '/^E: /{s/^E: /reason: /p;q}' "$last"
      tail -n 12 "$last"
    fi >&2
    exit 100
  }
`;
