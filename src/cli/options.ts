/** Every option of the command line: the one source for parsing and help. */
import type { Answers } from '../wizard/question.ts';
import { isList, QUESTIONS, type QuestionFlag } from '../wizard/questions.ts';
import { secondsSince, wholeNumber } from './option-values.ts';

/** What the command line asks for. Everything is set: an option that was not given has its default. */
export interface Options {
  /** The sources of the inventory as given, a later one over an earlier one; none for commands that need none. */
  readonly inventory: readonly string[];
  /** Each as `--extra-vars` has it: variables that count before all others. */
  readonly extraVars: readonly string[];
  /** A host pattern; undefined: all hosts. */
  readonly limit: string | undefined;
  /** `inventory`, `explain`: the host to tell of. */
  readonly host: string | undefined;
  /** Only these roles; empty: all. */
  readonly roles: readonly string[];
  /** Show changed texts line by line. */
  readonly diff: boolean;
  /** How many hosts at a time. */
  readonly forks: number;
  /** Apply without asking. */
  readonly yes: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly json: boolean;
  /** `--no-color`: whether there is colour otherwise is for the terminal to say. */
  readonly noColor: boolean;
  /** `plan`: exit with 3 where something differs. */
  readonly detailedExitcode: boolean;
  /** How long to wait for another run on the host to end, milliseconds; 0: not at all; Infinity: until it ends. */
  readonly lockWaitMs: number;
  /** `rollback`: the number of the release to go back to; undefined: the one before. */
  readonly to: number | undefined;
  /** `redeploy`: what to call the release, instead of what its source says. */
  readonly release: string | undefined;
  /** Keep asking the site during a redeploy: at this URL, or `auto`; undefined: not at all. */
  readonly prove: string | undefined;
  /** `status`: look again after so many milliseconds, until interrupted; undefined: once. */
  readonly watchMs: number | undefined;
  /** `logs`: go on with what is logged from now on. */
  readonly follow: boolean;
  /** `logs`: so many of the last lines of each log; Infinity: all; undefined: what suits the other options. */
  readonly tail: number | undefined;
  /** `logs`: nothing older than so many seconds. */
  readonly sinceS: number | undefined;
  /** `exec`: how long the command may take on each host, milliseconds. */
  readonly timeoutMs: number;
  /** Each `FILE`, `ID@FILE` or `ID@prompt`. */
  readonly vaultPasswordFiles: readonly string[];
  readonly askVaultPass: boolean;
  /** `vault`: the id of the password to encrypt with; undefined: that of the only one. */
  readonly encryptVaultId: string | undefined;
  /** `vault rekey`: as one of `vaultPasswordFiles`; undefined: ask. */
  readonly newVaultPasswordFile: string | undefined;
  /** Where to write to instead; `-` is standard output. */
  readonly output: string | undefined;
  /** `vault encrypt-string`: what the variable is called. */
  readonly name: string | undefined;
  /** Where to write the HTML page of the run; undefined: nowhere. */
  readonly report: string | undefined;
  /** `report`: list the runs instead. */
  readonly list: boolean;
  /** `test`: where to write the results as JUnit XML; undefined: nowhere. */
  readonly junit: string | undefined;
  /** `test`: leave the hosts running. */
  readonly keep: boolean;
  /** `init`: what the wizard would ask, by the ids of its questions. */
  readonly answers: Answers;
  /** `init`: replace a file that exists. */
  readonly force: boolean;
  /** What stands after the command, without options: as many as its `arguments` allow. */
  readonly arguments: readonly string[];
}

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

export const DEFAULTS: Options = {
  inventory: [],
  extraVars: [],
  limit: undefined,
  host: undefined,
  roles: [],
  diff: false,
  forks: 10,
  yes: false,
  verbose: false,
  debug: false,
  json: false,
  noColor: false,
  detailedExitcode: false,
  lockWaitMs: 0,
  to: undefined,
  release: undefined,
  prove: undefined,
  watchMs: undefined,
  follow: false,
  tail: undefined,
  sinceS: undefined,
  timeoutMs: 300_000,
  vaultPasswordFiles: [],
  askVaultPass: false,
  encryptVaultId: undefined,
  newVaultPasswordFile: undefined,
  output: undefined,
  name: undefined,
  report: undefined,
  list: false,
  junit: undefined,
  keep: false,
  answers: {},
  force: false,
  arguments: [],
};

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
  host: {
    value: 'NAME',
    completes: 'hosts',
    help: 'the host to tell of',
    set: (host) => ({ host }),
  },
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
