/** Every option of the command line: the one source for parsing, help and completion. */
import { isList, QUESTIONS, type QuestionFlag } from '../../wizard/questions.ts';
import { secondsSince, shardOf, wholeNumber } from './option-values.ts';
import { DEFAULTS, type Options } from './options.ts';

/** What stands in a place of the command line: some words, or what `provision completion` lists under that name. */
export type Place = 'files' | 'folders' | 'commands' | ListName | readonly string[];

/** What shells ask us for while they complete a command line: it differs from inventory to inventory, or is long. */
export const LIST_NAMES = ['hosts', 'patterns', 'roles', 'services', 'variables', 'topics', 'runs'] as const;

export type ListName = (typeof LIST_NAMES)[number];

export interface OptionSpec {
  readonly short?: string;
  /** How help calls the value; an option without takes none. `optional`: only as `--wait=SECONDS`. */
  readonly value?: string;
  readonly optional?: boolean;
  /** `--migrate ''`: none, where there would be one by default. */
  readonly mayBeEmpty?: boolean;
  readonly repeatable?: boolean;
  /** What its value is one of, where neither `value` (FILE, FOLDER) tells it nor anything is right. */
  readonly completes?: Place;
  readonly help: string;
  /** What it sets. @throws ProvisionError `usage` */
  set(value: string, options: Options): Partial<Options>;
}

const MOST_FORKS = 1_000;
const WATCH_S = 5;

/** Those that are not answers to the wizard's questions, in the order in which help lists them. */
const OWN_OPTIONS = {
  inventory: {
    short: 'i',
    value: 'FILE',
    repeatable: true,
    help: 'the inventory: a file, a program, a folder of those, or web1,web2,',
    set: (source, { inventory }) => ({ inventory: [...inventory, source] }),
  },
  limit: {
    short: 'l',
    value: 'PATTERN',
    completes: 'patterns',
    help: "only these hosts or groups: web1, 'web*', 'web:!web3'",
    set: (limit) => ({ limit }),
  },
  shard: {
    value: 'K/N',
    help: 'only part K of N of these hosts, for N jobs side by side: 2/8',
    set: (value) => ({ shard: shardOf(value) }),
  },
  host: {
    value: 'NAME',
    completes: 'hosts',
    help: 'the host to tell of',
    set: (host) => ({ host }),
  },
  'show-secrets': { help: 'hide no secret that this machine knows', set: () => ({ showSecrets: true }) },
  role: {
    short: 'r',
    value: 'NAME',
    repeatable: true,
    completes: 'roles',
    help: 'only this role; may be given several times',
    set: (role, { roles }) => ({ roles: [...roles, role] }),
  },
  check: { help: 'change nothing: the same as plan', set: () => ({}) },
  diff: { help: 'show changed texts line by line (plan does)', set: () => ({ diff: true }) },
  'no-diff': { help: 'do not show them', set: () => ({ diff: false }) },
  'detailed-exitcode': { help: 'exit with 3 where something differs', set: () => ({ detailedExitcode: true }) },
  forks: {
    short: 'f',
    value: 'N',
    help: `so many hosts at a time (default ${DEFAULTS.forks})`,
    set: (value) => ({ forks: wholeNumber('--forks', value, 1, MOST_FORKS) }),
  },
  wait: {
    value: 'SECONDS',
    optional: true,
    help: 'wait while another run works on a host; without a number until it ends',
    set: (value) => ({ lockWaitMs: value === '' ? Infinity : wholeNumber('--wait', value, 0, 86_400) * 1000 }),
  },
  to: {
    value: 'NUMBER',
    help: 'the release to go back to (default: the one before)',
    set: (value) => ({ to: wholeNumber('--to', value, 1, 1_000_000) }),
  },
  release: {
    value: 'VERSION',
    help: 'what to call the release (default: version.txt or git)',
    set: (release) => ({ release }),
  },
  prove: {
    value: 'URL',
    optional: true,
    help: 'keep asking the site meanwhile, and tell how it answered',
    set: (value) => ({ prove: value === '' ? 'auto' : value }),
  },
  watch: {
    value: 'SECONDS',
    optional: true,
    help: `look again and again, every ${WATCH_S} seconds or as often as said`,
    set: (value) => ({ watchMs: (value === '' ? WATCH_S : wholeNumber('--watch', value, 1, 86_400)) * 1000 }),
  },
  follow: { help: 'go on with what is logged from now on, until Ctrl-C', set: () => ({ follow: true }) },
  tail: {
    value: 'N',
    completes: ['all'],
    help: "the last N lines of each, or 'all' (default 100; with --since all)",
    set: (value) => ({ tail: value === 'all' ? Infinity : wholeNumber('--tail', value, 0, 1_000_000_000) }),
  },
  since: {
    value: 'TIME',
    help: 'nothing older: 90s, 10m, 2h30m, 7d, or 2026-11-21T10:00',
    set: (value) => ({ sinceS: secondsSince(value, Date.now()) }),
  },
  timeout: {
    value: 'SECONDS',
    help: `how long it may take on each host (default ${DEFAULTS.timeoutMs / 1000})`,
    set: (value) => ({ timeoutMs: wholeNumber('--timeout', value, 1, 86_400) * 1000 }),
  },
  'extra-vars': {
    short: 'e',
    value: 'VARS',
    repeatable: true,
    help: 'variables over all others: name=value, JSON, YAML, or @FILE',
    set: (vars, { extraVars }) => ({ extraVars: [...extraVars, vars] }),
  },
  'vault-password-file': {
    value: 'FILE',
    repeatable: true,
    help: 'opens what is encrypted; ID@FILE, or a program that prints it',
    set: (file, { vaultPasswordFiles }) => ({ vaultPasswordFiles: [...vaultPasswordFiles, file] }),
  },
  'ask-vault-pass': { help: 'ask for it on the terminal', set: () => ({ askVaultPass: true }) },
  'encrypt-vault-id': {
    value: 'ID',
    help: 'encrypt with the password of this id',
    set: (encryptVaultId) => ({ encryptVaultId }),
  },
  'new-vault-password-file': {
    value: 'FILE',
    help: 'rekey: the new password, FILE or ID@FILE (default: ask)',
    set: (newVaultPasswordFile) => ({ newVaultPasswordFile }),
  },
  output: { short: 'o', value: 'FILE', help: 'write here; - is standard output', set: (output) => ({ output }) },
  name: { short: 'n', value: 'NAME', help: 'encrypt-string: the variable', set: (name) => ({ name }) },
  out: { value: 'FOLDER', help: 'write to this folder', set: (out) => ({ out }) },
  report: { value: 'FILE', help: 'write an HTML page of the run', set: (report) => ({ report }) },
  list: { help: 'list the runs whose logs are kept', set: () => ({ list: true }) },
  junit: { value: 'FILE', help: 'write the results as JUnit XML', set: (junit) => ({ junit }) },
  keep: { help: 'leave the hosts running, and tell how to log in', set: () => ({ keep: true }) },
  yes: { short: 'y', help: 'apply without asking', set: () => ({ yes: true }) },
  force: { help: 'replace the file where it exists', set: () => ({ force: true }) },
  verbose: { short: 'v', help: 'show also what is in order, and times', set: () => ({ verbose: true }) },
  debug: { help: 'show scripts, causes and stack traces', set: () => ({ debug: true }) },
  json: { help: 'one JSON object a line (docs/json.md)', set: () => ({ json: true }) },
  'no-color': { help: 'no colour; so does the variable NO_COLOR', set: () => ({ noColor: true }) },
  help: { short: 'h', help: 'show this', set: () => ({}) },
  version: { help: 'show the version', set: () => ({}) },
} as const satisfies Record<string, OptionSpec>;

/** Each question of the wizard is an option of `init`. */
const ANSWERS = Object.fromEntries(
  QUESTIONS.map((question): [string, OptionSpec] => {
    const { id, flag, value, help } = question;
    const set = (text: string, { answers }: Options): Partial<Options> => {
      return { answers: { ...answers, [id]: isList(question) ? [...(answers[id] ?? []), text] : text } };
    };
    const completes = question.kind === 'choice' && { completes: question.choices.map((choice) => choice.value) };
    const optional = value === 'yes|no';
    return [flag, { value, help, set, repeatable: isList(question), optional, mayBeEmpty: true, ...completes }];
  }),
) as Record<QuestionFlag, OptionSpec>;

/** In the order in which help lists them. */
export const OPTIONS = { ...OWN_OPTIONS, ...ANSWERS };

export type OptionName = keyof typeof OPTIONS;
