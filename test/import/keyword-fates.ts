/** Every keyword of Ansible's plays, roles, blocks and tasks, with a value that is not the usual one, and what becomes of it. */
export type Fate =
  /** The role says it. */
  | 'says'
  /** It changes nothing on a host of ours. docs/from-ansible.md tells why. */
  | 'means nothing'
  /** The tasks are there without it: the file and the summary tell that, and docs/from-ansible.md. */
  | 'without'
  /** The tasks do not come over. */
  | 'left';

type Fates = Readonly<Record<string, readonly [value: string, fate: Fate]>>;

const OF_ALL: Fates = {
  any_errors_fatal: ['true', 'without'],
  become: ['false', 'without'],
  become_exe: ['/usr/bin/sudo', 'means nothing'],
  become_flags: ['-H', 'means nothing'],
  become_method: ['doas', 'means nothing'],
  become_user: ['app', 'says'],
  check_mode: ['true', 'left'],
  collections: ['[a.b]', 'means nothing'],
  connection: ['local', 'left'],
  debugger: ['on_failed', 'means nothing'],
  diff: ['false', 'means nothing'],
  environment: ['{ A: b }', 'says'],
  ignore_errors: ['true', 'left'],
  ignore_unreachable: ['true', 'without'],
  module_defaults: ['{ command: { chdir: /srv } }', 'says'],
  name: ['x', 'means nothing'],
  no_log: ['true', 'means nothing'],
  port: ['2222', 'without'],
  remote_user: ['deploy', 'without'],
  run_once: ['true', 'left'],
  tags: ['[never]', 'left'],
  throttle: ['1', 'without'],
  timeout: ['5', 'says'],
  vars: ['{ x: /srv/y }', 'says'],
};

const OF_PARTS: Fates = {
  ...OF_ALL,
  delegate_facts: ['true', 'means nothing'],
  delegate_to: ['other', 'left'],
  when: ['wanted', 'says'],
};

/** Those that hold tasks are read where they stand: other tests are about them. */
export const OF_STRUCTURE =
  `action always args block handlers hosts listen loop loop_control notify post_tasks pre_tasks register rescue roles
  tasks vars_files until with_`.split(/\s+/);

/** Ansible itself knows them no more. */
export const GONE = ['accelerate', 'accelerate_ipv6', 'accelerate_port'];

export const FATES: Readonly<Record<'play' | 'role' | 'block' | 'task', Fates>> = {
  play: {
    ...OF_ALL,
    accelerate: ['true', 'without'],
    fact_path: ['/etc/facts', 'means nothing'],
    force_handlers: ['true', 'without'],
    gather_facts: ['false', 'means nothing'],
    gather_subset: ['[min]', 'means nothing'],
    gather_timeout: ['5', 'means nothing'],
    max_fail_percentage: ['20', 'without'],
    order: ['sorted', 'without'],
    serial: ['1', 'without'],
    strategy: ['free', 'means nothing'],
    vars_prompt: ['[{ name: x }]', 'without'],
  },
  role: { ...OF_PARTS, name: ['r', 'means nothing'] },
  block: OF_PARTS,
  task: {
    ...OF_PARTS,
    name: ['x', 'says'],
    async: ['5', 'left'],
    changed_when: ['false', 'means nothing'],
    delay: ['5', 'means nothing'],
    failed_when: ['false', 'left'],
    poll: ['0', 'means nothing'],
    retries: ['3', 'means nothing'],
    until: ['x is defined', 'left'],
  },
};
