/** Every command of the command line, and what it takes: the one source for parsing, help and completion. */
import { QUESTIONS, type QuestionFlag } from '../../wizard/questions.ts';
import type { CommandSpec } from './command-spec.ts';
import { LIST_NAMES, type OptionName } from './option-specs.ts';

/** Where the passwords for what is encrypted come from. */
const VAULT = ['vault-password-file', 'ask-vault-pass'] as const;
/** What every command takes that reads the variables of an inventory. */
const VARIABLES = ['extra-vars', ...VAULT] as const;
/** What every command that goes to hosts takes. */
const RUN = [
  'inventory',
  'limit',
  'shard',
  'role',
  'diff',
  'no-diff',
  'forks',
  ...VARIABLES,
  'report',
  'verbose',
  'json',
] as const;
/** What every command takes that replaces replicas. */
const DEPLOY = ['inventory', 'limit', 'prove', 'wait', ...VARIABLES, 'report', 'yes', 'verbose', 'json'] as const;
/** Scripts give every command that changes hosts the same options. */
const NEVER_ASKS = { yes: 'for scripts, as with apply: it never asks' } as const;
/** Why no command that replaces replicas works on a part of the hosts. */
const NO_SHARD = {
  shard:
    'Jobs side by side know nothing of each other, and could stop all replicas of a service at once. Run it once, for all hosts; ' +
    'replicas are replaced one after the other anyway.',
} as const;
/** What every command takes that looks at hosts, or runs something there, without a plan. */
const LOOK = ['inventory', 'limit', 'shard', 'forks', ...VARIABLES, 'json'] as const;
/** The answers to the wizard's questions. */
const ANSWERS = QUESTIONS.map(({ flag }) => flag as QuestionFlag);
/** What every command takes. */
export const ALWAYS: readonly OptionName[] = ['debug', 'no-color', 'help'];

/** The commands, in the order in which help lists them. */
export const COMMAND_SPECS = {
  init: {
    summary: 'write an inventory, or change one, by questions or by options',
    options: ['inventory', 'force', 'yes', ...VAULT, ...ANSWERS],
    needsInventory: false,
    wording: { inventory: 'the file to open, or to write', yes: 'ask nothing: what is not given has its default' },
    examples: [
      ['provision', 'asks, on a terminal'],
      ['provision init --server root@203.0.113.10 --app .', 'the rest by default'],
      ['provision init -i prod.yml', 'opens it again'],
      ['provision init -i prod.yml --replicas 3 -y', 'changes one that exists'],
    ],
  },
  apply: {
    summary: 'bring the hosts to what the inventory describes',
    options: [...RUN, 'check', 'yes', 'wait'],
    needsInventory: true,
    examples: [
      ['provision --inventory prod.yml', 'all hosts, all roles'],
      ['provision apply -i prod.yml -l web1 -r haproxy', 'one role on one host'],
      ['provision apply -i prod.yml --yes --json', 'for scripts'],
      ['provision apply -i prod.yml -y --shard 2/8', 'one of eight jobs of a CI'],
    ],
  },
  plan: {
    summary: 'show what apply would do, and change nothing',
    options: [...RUN, 'detailed-exitcode'],
    needsInventory: true,
    defaults: { diff: true },
    examples: [
      ['provision plan -i prod.yml', 'with diffs of changed files'],
      ['provision plan -i prod.yml --detailed-exitcode', 'exits with 3 on drift'],
    ],
  },
  redeploy: {
    summary: 'bring out a new version, replica by replica',
    options: [...DEPLOY, 'release'],
    needsInventory: true,
    wording: NEVER_ASKS,
    refuses: NO_SHARD,
    examples: [
      ['provision redeploy -i prod.yml', 'replica by replica'],
      ['provision redeploy -i prod.yml --prove', 'and count what visitors see of it'],
    ],
  },
  rollback: {
    summary: 'go back to an earlier release',
    options: [...DEPLOY, 'to'],
    needsInventory: true,
    wording: NEVER_ASKS,
    refuses: NO_SHARD,
    examples: [
      ['provision rollback -i prod.yml', 'to the one before'],
      ['provision rollback -i prod.yml --to 7', 'to release 7'],
    ],
  },
  releases: {
    summary: 'list the releases that the hosts keep',
    options: ['inventory', 'limit', 'shard', 'forks', ...VARIABLES, 'json'],
    needsInventory: true,
    examples: [['provision releases -i prod.yml', '']],
  },
  status: {
    summary: 'look how the hosts and their services are',
    options: [...LOOK, 'watch', 'verbose'],
    needsInventory: true,
    notes: [
      'Changes nothing, and takes no lock. Exits with 0 where all is well; with 3 where something differs from the ' +
        'inventory or is not well; with 4 where a host cannot be reached.',
    ],
    examples: [
      ['provision status -i prod.yml', 'once, for scripts too'],
      ['provision status -i prod.yml --watch', 'until Ctrl-C'],
    ],
  },
  logs: {
    summary: 'show what the containers log, of all hosts together',
    options: [...LOOK, 'follow', 'tail', 'since', 'verbose'],
    needsInventory: true,
    arguments: { usage: '[SERVICE...]', least: 0, most: Infinity, completes: ['services'] },
    letters: { f: 'follow' },
    notes: [
      'SERVICE is a service of a stack, or one replica of it; or haproxy; or provision, for what was changed on the hosts and ' +
        'by whom. Without any, all containers are shown. Secrets of the inventory stand as <secret>.',
    ],
    examples: [
      ['provision logs -i prod.yml', 'the end of all'],
      ['provision logs app -i prod.yml --follow', 'one service, as it goes on'],
      ['provision logs app-1 -i prod.yml --since 10m -v', 'one replica, with times'],
      ['provision logs haproxy -i prod.yml', 'the load balancers'],
      ['provision logs provision -i prod.yml', 'who changed what'],
    ],
  },
  exec: {
    summary: 'run a command as root on all hosts',
    options: [...LOOK, 'timeout'],
    needsInventory: true,
    arguments: { usage: '-- COMMAND...', least: 1, most: Infinity, afterDashes: true },
    notes: [
      'One argument alone is a line of shell, several are a program and its arguments, which reach it as they are. It runs ' +
        "in root's home, without input. Hosts where it came to the same are told together.",
      'Exits with 0 where it did so on all hosts; with 1 where it did not on one; with 4 where a host cannot be reached.',
    ],
    examples: [
      ['provision exec -i prod.yml -- uname -r', 'a program'],
      ["provision exec -i prod.yml -- 'df -h / | tail -1'", 'a line of shell'],
    ],
  },
  doctor: {
    summary: 'find what is missing, here and on the hosts',
    options: [...LOOK, 'verbose'],
    needsInventory: false,
    notes: ['Changes nothing. Exits with 1 where something is missing.'],
    examples: [
      ['provision doctor', 'this machine alone'],
      ['provision doctor -i prod.yml', 'and all hosts'],
    ],
  },
  inventory: {
    summary: 'show hosts, groups, or the variables of one host',
    options: ['inventory', 'limit', 'shard', 'host', 'show-secrets', ...VARIABLES, 'json'],
    needsInventory: true,
    arguments: {
      usage: '[list | graph | host NAME]',
      least: 0,
      most: 2,
      choices: [
        ['list', 'hosts with address, groups and roles: meant where nothing is said'],
        ['graph', 'groups as a tree'],
        ['host NAME', 'the variables of one host, references resolved, secrets hidden'],
      ],
      completes: [['list', 'graph', 'host'], 'hosts'],
    },
    examples: [
      ['provision inventory -i prod.yml', ''],
      ['provision inventory graph -i prod.yml -l web', 'what lies in the group web'],
      ['provision inventory host web1 -i prod.yml --json', 'for scripts'],
    ],
  },
  explain: {
    summary: 'tell where a variable is set, and which place counts',
    options: ['inventory', 'limit', 'host', 'show-secrets', ...VARIABLES, 'json'],
    needsInventory: true,
    arguments: { usage: 'VARIABLE', least: 1, most: 1, completes: ['variables'] },
    examples: [
      ['provision explain packages -i prod.yml --host web1', ''],
      ['provision explain stack.services.app.replicas -i prod.yml --host web1', ''],
    ],
  },
  docs: {
    summary: 'show the reference of a role, key, resource or error',
    options: [],
    needsInventory: false,
    arguments: { usage: '[TOPIC]', least: 0, most: 1, completes: ['topics'] },
    examples: [
      ['provision docs', 'all topics'],
      ['provision docs stack.services.health', 'the keys that may stand there'],
      ['provision docs host-locked', 'what the error means'],
    ],
  },
  test: {
    summary: 'test roles on throwaway hosts: containers of this machine',
    options: ['image', 'junit', 'keep', ...VAULT, 'json'],
    needsInventory: false,
    wording: { image: 'what the hosts are made from; several with commas between' },
    arguments: { usage: '[ROLE | FILE | FOLDER]...', least: 0, most: Infinity, completes: ['roles'] },
    notes: [
      'Each role is planned on a bare host, applied, and applied again, which must change nothing; then the assertions of its ' +
        'scenario must hold, and what is changed by hand must be seen and mended. A scenario is an inventory beside the role: ' +
        'roles/NAME.test.yml; see provision docs test-roles. Without arguments all roles in roles/ are tested.',
      'Needs a Docker Engine on this machine. Exits with 1 where a step failed.',
    ],
    examples: [
      ['provision test', 'all roles of this folder'],
      ['provision test motd --keep', 'one; its host stays'],
      ['provision test --image debian:bookworm-slim', 'on another release'],
      ['provision test --junit results.xml', 'for CI'],
    ],
  },
  vault: {
    summary: 'encrypt and decrypt values and files, as Ansible Vault does',
    options: [...VAULT, 'encrypt-vault-id', 'new-vault-password-file', 'output', 'name'],
    needsInventory: false,
    arguments: {
      usage: 'ACTION [FILE]...',
      least: 1,
      most: Number.POSITIVE_INFINITY,
      choices: [
        ['encrypt', 'files, or standard input to standard output'],
        ['decrypt', 'the same the other way round'],
        ['view', 'show what is in a file, and leave it encrypted'],
        ['edit', 'change it in $EDITOR, and encrypt it again'],
        ['rekey', 'give files another password'],
        ['encrypt-string', 'one value for an inventory, from standard input or a prompt'],
      ],
      completes: [['encrypt', 'decrypt', 'view', 'edit', 'rekey', 'encrypt-string'], 'files'],
    },
    examples: [
      ['provision vault encrypt secrets.yml', ''],
      ['provision vault edit secrets.yml --vault-password-file .password', ''],
      ['provision vault encrypt-string --name smtp_password', ''],
    ],
  },
  import: {
    summary: 'make a role of a playbook, or of a role, of Ansible',
    options: ['name', 'out', 'force'],
    needsInventory: false,
    wording: {
      name: 'what to call the role (default: as its file or folder)',
      out: 'where to write it (default: roles/ beside the playbook)',
      force: 'replace the role where it exists',
    },
    arguments: { usage: 'PLAYBOOK | FOLDER', least: 1, most: 1, completes: ['files'] },
    notes: [
      'What has no equivalent stands in the role as a comment that begins with NOT TRANSLATED, with its file and line, and ' +
        'in the summary, with what to do. Changes no host.',
      'Exits with 0 where all tasks came over; with 3 where something is left to be done by hand.',
    ],
    examples: [
      ['provision import site.yml', ''],
      ['provision import roles/nginx --name web --out inventory/roles', ''],
    ],
  },
  report: {
    summary: 'make an HTML page of a run: provision-report.html',
    options: ['output', 'list', 'json'],
    needsInventory: false,
    arguments: { usage: '[RUN]', least: 0, most: 1, completes: ['runs'] },
    examples: [
      ['provision report', 'of the last run'],
      ['provision report --list', 'which runs there are'],
      ['provision report 2026-11-21T08-12-23Z -o run.html', 'of that run'],
    ],
  },
  completion: {
    summary: 'let bash, zsh or fish complete command lines',
    options: ['inventory'],
    needsInventory: false,
    wording: { inventory: 'the inventory to list names of' },
    arguments: {
      usage: 'SHELL',
      least: 1,
      most: 2,
      heading: 'to have it in every shell, write this at the end of its start-up file',
      choices: [
        ['bash', '~/.bashrc: eval "$(provision completion bash)"'],
        ['zsh', '~/.zshrc, after compinit: eval "$(provision completion zsh)"'],
        ['fish', '~/.config/fish/config.fish: provision completion fish | source'],
      ],
      completes: [['bash', 'zsh', 'fish']],
    },
    notes: [
      'Prints a script for that shell. What differs from inventory to inventory the script asks for at each Tab: provision ' +
        `completion ${LIST_NAMES.slice(0, -1).join(', ')} or ${LIST_NAMES.at(-1)} lists it.`,
    ],
    examples: [
      ['provision completion bash', 'the script'],
      ['provision completion hosts -i prod.yml', 'what it asks for'],
    ],
  },
  help: {
    summary: 'explain a command',
    options: [],
    needsInventory: false,
    arguments: { usage: '[COMMAND]', least: 0, most: 1, completes: ['commands'] },
    examples: [['provision help plan', 'the options of plan']],
  },
  version: {
    summary: 'show the version',
    options: [],
    needsInventory: false,
    examples: [['provision version', '']],
  },
} as const satisfies Record<string, CommandSpec>;
