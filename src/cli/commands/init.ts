import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ErrorCode, EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { PACKAGE_FILE } from '../../installation.ts';
import { createPaint, wantsColour } from '../../report/colour.ts';
import { mayDraw, whyNotDrawn } from '../../report/drawing.ts';
import { wrap } from '../../report/width.ts';
import { userHere } from '../../resources/person.ts';
import type { Keyring } from '../../vault/keyring.ts';
import type { Prompter } from '../../wizard/asking/prompter.ts';
import type { Environment, Written } from '../../wizard/write-answers.ts';
import type { CheckWhole } from '../../wizard/write-checked.ts';
import { DEFAULTS, type Options } from '../arguments/options.ts';
import { onSignal } from '../on-signal.ts';
import { askSite, nextLines, siteLines } from '../site-lines.ts';
import { type TypedSecrets, typedSecrets, vaultWords } from '../typed-secrets.ts';

/** `provision init`: asks on a terminal; elsewhere, and with `--yes`, the options say it all. */
export async function execute(options: Options): Promise<ExitCode> {
  const { stdin, stderr, env } = process;
  const canAsk = stdin.isTTY && mayDraw(stderr, env) && !options.yes;
  const isEmpty = Object.keys(options.answers).length === 0 && options.inventory.length === 0;
  if (!canAsk && isEmpty) throw nothingGiven(options);
  if (canAsk) stderr.write(wrapped(INTRODUCTION, stderr.columns || 80));

  // Loaded while somebody reads: schemas and roles take their time.
  const { config } = await import('zod');
  config({ jitless: true });
  const wizard = await import('../../wizard/wizard.ts');
  const request = { flags: options.answers, inventory: onlyInventory(options), force: options.force };
  if (!canAsk) {
    const vault = typedSecrets(options);
    const check = checkWith(options, vault);
    await tell(await wizard.writeFromFlags(request, await environment(NOBODY, vault, check)), options);
    return EXIT.ok;
  }

  const { inquirerPrompter } = await import('../../wizard/asking/inquirer-prompter.ts');
  const { askPassword, WentBack } = await import('../../wizard/asking/prompter.ts');
  const { draftOf } = await import('../../wizard/draft.ts');
  const prompter = inquirerPrompter({
    input: stdin,
    output: stderr,
    paint: createPaint(wantsColour({ env, isTTY: true, refused: options.noColor })),
  });
  const vault = typedSecrets(options, (message) => askPassword(message, prompter));
  const draft = draftOf(process.cwd(), env, homedir());
  // The run that follows asks for a password of the vault, where one must be typed.
  const check = checkWith({ ...options, askVaultPass: false }, vault);
  const surroundings = await environment(prompter, vault, check);
  const written = await wizard.runWizard(request, draft, surroundings).catch((error: unknown) => {
    if (isBrokenOff(error) || error instanceof WentBack) return undefined;
    throw error;
  });
  return written === undefined ? leave(draft.read() !== undefined) : apply(written, options, await vault.keyring());
}

/** At a question of the wizard, or at that for a vault password. */
function isBrokenOff(error: unknown): boolean {
  if (error instanceof ProvisionError) return error.code === 'interrupted';
  return error instanceof Error && error.name === 'ExitPromptError';
}

/** The wizard opens one file and writes it again. @throws ProvisionError `usage` for several */
function onlyInventory({ inventory }: Options): string | undefined {
  const [only, ...others] = inventory;
  if (others.length === 0) return only;
  throw new ProvisionError('usage', 'init opens one inventory', { hint: 'Give one --inventory.' });
}

const INTRODUCTION = [
  'provision: a few questions, from an address to a running site.',
  'Enter takes what is offered, Esc goes back, Ctrl-C leaves and keeps the answers.',
];

function wrapped(lines: readonly string[], columns: number): string {
  return lines
    .flatMap((line) => wrap(line, columns))
    .map((line) => `${line}\n`)
    .join('');
}

/** Whoever runs it without a terminal has nobody to answer. */
const NOBODY: Prompter = {
  text: unexpected,
  choose: unexpected,
  pick: unexpected,
  hidden: unexpected,
  say: () => undefined,
  mark: () => 0,
  rewind: () => undefined,
  wait: (_what, work) => work,
};

function unexpected(): never {
  throw new TypeError('nobody can be asked');
}

async function environment(prompter: Prompter, vault: TypedSecrets, checkWhole: CheckWhole): Promise<Environment> {
  const [{ createCheck }, { lookAtMachine }, { createMeeting }] = await Promise.all([
    import('../../wizard/checks.ts'),
    import('../../wizard/local-machine.ts'),
    import('../../wizard/meet-host.ts'),
  ]);
  const { env } = process;
  const machine = await lookAtMachine(process.cwd(), userHere(), env);
  const tools = {
    prompter,
    machine,
    env,
    check: await createCheck(join(process.cwd(), 'inventory')),
    meeting: createMeeting(machine, env, vault.open),
    seal: vault.seal,
    checkWhole,
    onSignal,
  };
  return { tools, schema: join(dirname(PACKAGE_FILE), 'docs', 'inventory.schema.json') };
}

/** What this machine may lack, and the one that the inventory is for may have. */
const ELSEWHERE: readonly ErrorCode[] = [
  'secret-missing',
  'key-unreadable',
  'vault-password-missing',
  'vault-password-wrong',
  'vault-id-unknown',
];

/** What single answers do not show, such as a key that is not that of the certificate, a plan would refuse: it is told before. */
function checkWith(options: Options, vault: TypedSecrets): CheckWhole {
  return async (inventory) => {
    const [{ factsMemory, readTasks }, { keyringOf }, { prepareHost }] = await Promise.all([
      import('../session.ts'),
      import('../keyring.ts'),
      import('../../engine/host-run.ts'),
    ]);
    const keyring = (await vault.keyring()) ?? keyringOf(options);
    try {
      const tasks = await readTasks({ ...DEFAULTS, inventory: [inventory] }, keyring, undefined);
      for (const task of tasks) await prepareHost(task, factsMemory());
    } catch (error) {
      if (!(error instanceof ProvisionError) || !ELSEWHERE.includes(error.code)) throw error;
    }
  };
}

/** What was written, and what it means to others. */
async function tell(written: Written, options: Options): Promise<void> {
  const { inventory, files, notes, isChanged, isNew } = written;
  const vault = asText(await vaultWords(written, options));
  const lines = [
    isChanged ? `wrote ${inventory}` : `${inventory} says so already`,
    ...files.map((file) => `wrote ${file}`),
    ...notes.map((note) => `note: ${note}`),
    '',
    'what it would do:',
    `  provision plan --inventory ${inventory}${vault}`,
    isNew ? 'do it:' : 'do it, replica by replica under traffic (after a rollback: provision redeploy):',
    `  provision --inventory ${inventory}${vault}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The plan, a yes, and the run; then where the site is, and how it goes without questions. */
async function apply(written: Written, options: Options, keyring: Keyring | undefined): Promise<ExitCode> {
  const { stderr } = process;
  const { inventory, files, notes, isChanged } = written;
  const { noColor, debug, verbose, vaultPasswordFiles } = options;
  const vault = await vaultWords(written, options);
  const sameAgain = ['provision', '--inventory', inventory, ...vault];
  const askVaultPass = vault.includes('--ask-vault-pass');
  for (const file of files) stderr.write(`wrote ${file}: it is yours to change\n`);
  stderr.write(
    wrapped(
      notes.map((note) => `note: ${note}`),
      stderr.columns || 80,
    ),
  );
  stderr.write(`${isChanged ? 'wrote' : 'nothing to change in'} ${inventory}\n\n`);
  const apply = await import('./apply.ts');
  let code: ExitCode = EXIT.failed;
  try {
    const wish = {
      ...DEFAULTS,
      noColor,
      debug,
      verbose,
      vaultPasswordFiles,
      askVaultPass,
      sameAgain,
      inventory: [inventory],
    };
    // A vault that was opened may hold what another password encrypted: then those count that the options name.
    code = await apply.execute(wish, vaultPasswordFiles.length === 0 ? keyring : undefined);
  } finally {
    const lines = code === EXIT.ok ? await siteLines(written.answers, askSite) : [];
    stderr.write(['', ...lines, ...nextLines(code, sameAgain.join(' ')), ''].join('\n'));
  }
  return code;
}

function asText(words: readonly string[]): string {
  return words.map((word) => ` ${word}`).join('');
}

function leave(isKept: boolean): ExitCode {
  const words = isKept ? 'The answers are kept: provision init goes on with them.' : 'Nothing was changed.';
  process.stderr.write(`\n${words}\n`);
  return EXIT.interrupted;
}

function whyNotAsked(): string {
  const { stdin, stderr, env } = process;
  const isTerminal = stdin.isTTY && stderr.isTTY;
  return isTerminal ? `nothing can be asked with ${whyNotDrawn(env)}` : 'there is no terminal to ask on';
}

/** Told at once, without loading anything. */
function nothingGiven({ yes }: Options): ProvisionError {
  return new ProvisionError('usage', yes ? 'no answers are given' : `${whyNotAsked()}, and no answers are given`, {
    detail: '--server [USER@]ADDRESS is missing: the host\n--app FOLDER or --image IMAGE is missing: the application',
    hint: 'Give them as options (see provision help init), or name an inventory: provision --inventory prod.yml.',
  });
}
