import { call, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';
import { leaveOut, type Option, refuseOptions } from './options.ts';

const STATES: Readonly<Record<string, string | undefined>> = {
  present: undefined,
  installed: undefined,
  latest: "'latest'",
  absent: "'absent'",
  removed: "'absent'",
};

const LEFT_OUT: readonly Option[] = [
  ['autoremove', false, 'packages that nothing needs any more stay', 'Run apt-get autoremove on the hosts.'],
  ['autoclean', false, 'what was fetched stays in /var/cache/apt', 'Run apt-get autoclean on the hosts.'],
  ['clean', false, 'what was fetched stays in /var/cache/apt', 'Run apt-get clean on the hosts.'],
  ['dpkg_options', 'force-confdef,force-confold', 'files of configuration that were changed are kept as they are'],
  ['policy_rc_d', undefined, 'services of the packages are started when they are installed'],
  ['allow_unauthenticated', false, 'packages that are not signed are refused'],
  ['use', 'auto', 'which package manager there is shows on the host'],
];

const REFUSED: readonly Option[] = [
  ['only_upgrade', false, 'packages that are not there stay away', 'Use a command with `unless`.'],
];

export const packages: Module = {
  names: ['apt', 'package', 'apt_get'],
  translate(args, context) {
    const { scope, loop } = context;
    // Package lists older than a day are fetched anew before something is installed, and a lock is waited for.
    args.ignore('update_cache', 'update-cache', 'cache_valid_time', 'lock_timeout', 'force_apt_get');
    args.ignore('update_cache_retries', 'update_cache_retry_max_delay');
    leaveOut(args, context, LEFT_OUT);
    if (context.hasEnvironment)
      context.leave('environment: packages are fetched and set up without it', 'Set a proxy in /etc/apt/apt.conf.d.');
    refuseOptions(args, REFUSED);
    const isLoop =
      loop !== undefined && String(args.raw('name', 'pkg', 'package')).replace(/\s/g, '') === `{{${loop.item}}}`;
    const names = isLoop ? loop.list : args.list('name', 'pkg', 'package');
    if (names === undefined) {
      if (args.has('upgrade') && args.fixed('upgrade') !== 'no')
        throw new NotTranslated('it upgrades all packages', 'Leave that to unattended-upgrades.');
      args.ignore('upgrade', 'state', 'purge');
      return { resources: [] };
    }
    if (/['"][^'"]*[=*][^'"]*['"]/.test(names.code))
      throw new NotTranslated('a version or a pattern of packages is asked for', 'Name the packages alone.');
    const state = args.fixed('state') ?? 'present';
    if (!Object.hasOwn(STATES, state)) throw new NotTranslated(`the state ${state} of packages has no equivalent`);
    const isRemoval = STATES[state] === "'absent'";
    if (isRemoval) leaveOut(args, context, [['purge', false, 'the configuration of removed packages stays']]);
    else args.ignore('purge');
    const recommends = args.flag('install_recommends', true) && !isRemoval ? 'true' : undefined;
    scope.need('packages');
    const fields = object([
      ['names', names.code],
      ['state', STATES[state]],
      ['recommends', recommends],
    ]);
    return { resources: [call('packages', fields)], isLooped: isLoop };
  },
};
