/** What every command is told: the options of its command line, read. */
import type { Shard } from '../../inventory/shard.ts';
import type { Answers } from '../../wizard/question.ts';

/** What the command line asks for. Everything is set: an option that was not given has its default. */
export interface Options {
  /** The sources of the inventory as given, a later one over an earlier one; none for commands that need none. */
  readonly inventory: readonly string[];
  /** Each as `--extra-vars` has it: variables that count before all others. */
  readonly extraVars: readonly string[];
  /** A host pattern; undefined: all hosts. */
  readonly limit: string | undefined;
  /** Only this part of the hosts that are chosen; undefined: all of them. */
  readonly shard: Shard | undefined;
  /** `inventory`, `explain`: the host to tell of. */
  readonly host: string | undefined;
  /** `inventory`, `explain`: hide nothing. */
  readonly showSecrets: boolean;
  /** Only these roles; empty: all. */
  readonly roles: readonly string[];
  /** Show changed texts line by line. */
  readonly diff: boolean;
  /** How many hosts at a time. */
  readonly forks: number;
  /** The words of a command that does the same again, where that is not the one that was typed: after the wizard. */
  readonly sameAgain?: readonly string[];
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
  /** `vault encrypt-string`: what the variable is called; `import`: what the role is. */
  readonly name: string | undefined;
  /** `import`: the folder to write to; undefined: `roles` beside the playbook. */
  readonly out: string | undefined;
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
  /** `init`, `import`: replace a file that exists. */
  readonly force: boolean;
  /** What stands after the command, without options: as many as its `arguments` allow. */
  readonly arguments: readonly string[];
}

/** Without any option. */
export const DEFAULTS: Options = {
  inventory: [],
  extraVars: [],
  limit: undefined,
  shard: undefined,
  host: undefined,
  showSecrets: false,
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
  out: undefined,
  report: undefined,
  list: false,
  junit: undefined,
  keep: false,
  answers: {},
  force: false,
  arguments: [],
};
