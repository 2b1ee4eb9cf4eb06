/**
 * The keywords of Ansible's plays, roles, blocks and tasks (ansible-doc -t keyword -l): which of them tasks take over from what
 * they stand in, and which have no equivalent. All others mean nothing here, or are read where they stand.
 */
import type { Told } from './play.ts';
import { entriesOf, isRecord, placeOf } from './yaml-source.ts';

type Keywords = Readonly<Record<string, unknown>>;

/** What tasks take over; `environment` and `module_defaults` add up. */
const INHERITED = [
  'become',
  'become_user',
  'check_mode',
  'connection',
  'delegate_to',
  'environment',
  'ignore_errors',
  'module_defaults',
  'no_log',
  'run_once',
  'timeout',
];
const OF_BLOCKS = [...INHERITED, 'notify'];

/** What is not done, wherever one stands. */
const LEFT_OUT: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  any_errors_fatal: ['other hosts go on where one fails', 'Run the hosts one after another: --limit.'],
  force_handlers: ['what a run that fails has notified is done by the next one', 'Mend what failed, and run again.'],
  ignore_unreachable: ['a host that cannot be reached fails', 'Run it again, or leave the host out: --limit.'],
  max_fail_percentage: ['other hosts go on where some fail', 'Run the hosts one after another: --limit.'],
  order: ['hosts are done side by side', 'Run them one after another: --limit.'],
  port: ['where a host listens is told by the inventory', 'Set ansible_port there.'],
  remote_user: ['who logs in is told by the inventory', 'Set ansible_user there.'],
  serial: [
    'hosts are done side by side',
    'Run them in parts (--limit), or use the role stack, which redeploys in turn.',
  ],
  throttle: ['hosts are done side by side', 'Run them in parts: --limit.'],
  vars_prompt: ['nobody is asked', 'Set these variables in the inventory.'],
};

const NO_USER: readonly [why: string, hint: string] = ['it is done as root all the same', 'Say owner, group or user.'];

/** Of a play, besides those that are read. */
const OF_PLAYS =
  /^(become(_exe|_flags|_method)?|collections|debugger|diff|fact_path|gather_facts|gather_subset|gather_timeout|handlers|hosts|name|(pre_|post_)?tasks|roles|strategy|tags|vars|vars_files|when)$/;

/** The keywords of a play or role that hold for all of its tasks. */
export function keywordsOfAll(entry: Keywords): Keywords {
  return { ...pick(entry, INHERITED), ...never(entry) };
}

/** The keywords of a block or import that hold for the tasks in it. */
export function keywordsOfBlock(entry: Keywords): Keywords {
  return { ...pick(entry, OF_BLOCKS), ...never(entry) };
}

/** Those of a place within another one: what is nearer counts. */
export function nearer(outer: Keywords, own: Keywords): Keywords {
  const both = { ...outer, ...own, ...never(outer) };
  const environment = [...entriesOf(outer.environment), ...entriesOf(own.environment)];
  const defaults = [...entriesOf(outer.module_defaults), ...entriesOf(own.module_defaults)];
  return {
    ...both,
    ...(environment.length > 1 ? { environment } : {}),
    ...(defaults.length > 1 ? { module_defaults: defaults } : {}),
  };
}

/** What a play, role, block or task says that is not done, with where it says that. */
export function leftOut(entry: Keywords): readonly Told[] {
  const told = Object.entries(LEFT_OUT).filter(([key]) => isSaid(entry[key]));
  const isOther = isRefused(entry.become);
  return [...told, ...(isOther ? [['become', NO_USER] as const] : [])].map(([key, [why, hint]]) => ({
    place: placeOf(entry, key),
    why: `${key}: ${why}`,
    hint,
  }));
}

/** What a play has besides that nobody reads. */
export function unknownOfPlay(entry: Keywords): readonly Told[] {
  const known = (key: string) => INHERITED.includes(key) || key in LEFT_OUT || OF_PLAYS.test(key);
  const unknown = Object.keys(entry).filter((key) => !known(key));
  return unknown.map((key) => ({ place: placeOf(entry, key), why: `${key}: it is not known here` }));
}

/** The arguments of a module with those that `module_defaults` gives it: of several places the nearest counts, as a whole. */
export function withDefaults(module: string, args: Keywords, { module_defaults: written }: Keywords): Keywords {
  const found = new Map<string, Keywords>();
  for (const defaults of entriesOf(written).filter(isRecord)) {
    for (const [key, value] of Object.entries(defaults)) {
      if (isRecord(value)) found.set(key.replace(/^ansible\.(builtin|legacy)\./, '').replace(/^.*\./, ''), value);
    }
  }
  const names = [...(UNDERLYING[module] ?? []), module];
  return Object.assign({}, ...names.map((name) => found.get(name)), args);
}

/** Whether they are known now, or may give something to this module in a way that is not understood. */
export function areDefaultsClear(module: string, { module_defaults: written }: Keywords): boolean {
  const entries = entriesOf(written);
  const groups = entries
    .filter(isRecord)
    .flatMap((defaults) => Object.keys(defaults).filter((key) => /^group\//.test(key)));
  return entries.every(isRecord) && (groups.length === 0 || !module.startsWith('docker_'));
}

/** Modules that Ansible itself chooses for others, and whose defaults count as well. */
const UNDERLYING: Readonly<Record<string, readonly string[]>> = {
  package: ['apt'],
  service: ['systemd', 'systemd_service'],
  systemd: ['systemd_service'],
  systemd_service: ['systemd'],
};

/** Tags add up: only one of them tells whether something is done at all. */
export function never({ tags }: Keywords): { readonly tags?: 'never' } {
  return /\bnever\b/.test(JSON.stringify(tags) ?? '') ? { tags: 'never' } : {};
}

/** Whether it is a switch that is off. */
export function isRefused(value: unknown): boolean {
  return value === false || (typeof value === 'string' && /^(false|no|off|n|f|0)$/i.test(value.trim()));
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && !isRefused(value);
}

function pick(entry: Keywords, keys: readonly string[]): Keywords {
  return Object.fromEntries(keys.filter((key) => key in entry).map((key) => [key, entry[key]]));
}
