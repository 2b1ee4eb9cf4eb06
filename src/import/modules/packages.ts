import { call, object } from '../layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Module } from './module.ts';

const STATES: Readonly<Record<string, string | undefined>> = {
  present: undefined,
  installed: undefined,
  latest: "'latest'",
  absent: "'absent'",
  removed: "'absent'",
};

export const packages: Module = {
  names: ['apt', 'package', 'apt_get'],
  translate(args, { scope, loop, note }) {
    // Package lists older than a day are fetched anew before something is installed.
    args.ignore(
      'update_cache',
      'cache_valid_time',
      'update_cache_retries',
      'lock_timeout',
      'force_apt_get',
      'use',
      'autoclean',
      'clean',
    );
    args.ignore('dpkg_options', 'policy_rc_d', 'allow_unauthenticated', 'only_upgrade');
    const isLoop =
      loop !== undefined && String(args.raw('name', 'pkg', 'package')).replace(/\s/g, '') === `{{${loop.item}}}`;
    const names = isLoop ? loop.list : args.list('name', 'pkg', 'package');
    if (args.flag('autoremove', false))
      note('packages that nothing needs any more stay', 'Run apt-get autoremove on the hosts.');
    if (names === undefined) {
      if (args.has('upgrade') && args.fixed('upgrade') !== 'no')
        throw new NotTranslated('it upgrades all packages', 'Leave that to unattended-upgrades.');
      args.ignore('upgrade', 'state');
      return { resources: [] };
    }
    if (/['"][^'"]*[=*][^'"]*['"]/.test(names.code))
      throw new NotTranslated('a version or a pattern of packages is asked for', 'Name the packages alone.');
    const state = args.fixed('state') ?? 'present';
    if (!Object.hasOwn(STATES, state)) throw new NotTranslated(`the state ${state} of packages has no equivalent`);
    const isRemoval = STATES[state] === "'absent'";
    if (args.flag('purge', false)) note('the configuration of removed packages stays');
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
