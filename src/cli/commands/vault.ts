/** `provision vault`: encrypts and decrypts values and files, as ansible-vault does. */
import { spawn } from 'node:child_process';
import { EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { mayDraw } from '../../report/drawing.ts';
import { Secret } from '../../shell/secret.ts';
import { editPrivately } from '../../vault/edit.ts';
import { DEFAULT_ID, isVault } from '../../vault/envelope.ts';
import { inlineVault } from '../../vault/inline.ts';
import { createKeyring, type Keyring } from '../../vault/keyring.ts';
import { readLocal, readLocalIfAny, replaceLocal } from '../../vault/local-file.ts';
import { passwordSources } from '../../vault/sources.ts';
import { encryptVault, type Opened, openVault } from '../../vault/vault.ts';
import { suggestion } from '../arguments/commands.ts';
import type { OptionName } from '../arguments/option-specs.ts';
import type { Options } from '../arguments/options.ts';
import { askHidden, vaultEnvironment } from '../keyring.ts';
import { newPassword, passwordToEncrypt } from '../vault-password.ts';

interface Action {
  /** Of the options that only some actions take, those that this one does. */
  readonly options: readonly OptionName[];
  run(files: readonly string[], options: Options): Promise<void>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  encrypt: { options: ['encrypt-vault-id', 'output'], run: encrypt },
  decrypt: { options: ['output'], run: decrypt },
  view: { options: [], run: view },
  edit: { options: ['encrypt-vault-id'], run: edit },
  rekey: { options: ['new-vault-password-file'], run: rekey },
  'encrypt-string': { options: ['encrypt-vault-id', 'output', 'name'], run: encryptString },
};

/** Stands for standard input, and for standard output. */
const STANDARD = '-';

export async function execute(options: Options): Promise<ExitCode> {
  const [word = '', ...files] = options.arguments;
  const action = actionNamed(word);
  checkOptions(word, action, options);
  await action.run(files, options);
  return EXIT.ok;
}

async function encrypt(files: readonly string[], options: Options): Promise<void> {
  const contents = await readAll(filesOr(files, [STANDARD], options));
  for (const { name, content } of contents) if (isVault(content)) throw encryptedAlready(name);
  const { id, password } = await passwordToEncrypt(options);
  for (const { name, content } of contents) {
    await write(options.output ?? name, encryptVault(content, password, id), `encrypted ${name}`);
  }
}

async function decrypt(files: readonly string[], options: Options): Promise<void> {
  const opened = await openAll(filesOr(files, [STANDARD], options), options);
  for (const { name, bytes } of opened) await write(options.output ?? name, bytes, `decrypted ${name}`);
}

async function view(files: readonly string[], options: Options): Promise<void> {
  const opened = await openAll(filesOr(files, [], options), options);
  await show(Buffer.concat(opened.map(({ bytes }) => bytes)));
}

async function rekey(files: readonly string[], options: Options): Promise<void> {
  const opened = await openAll(filesOr(files, [], options), options);
  const { id, password } = await newPassword(options);
  // All are encrypted before one is written: a failure leaves no mixture of passwords.
  const rekeyed = opened.map(({ name, bytes, id: before }) => ({
    name,
    text: encryptVault(bytes, password, id ?? before),
  }));
  for (const { name, text } of rekeyed) await write(name, text, `rekeyed ${name}`);
}

async function edit(files: readonly string[], options: Options): Promise<void> {
  for (const name of filesOr(files, [], options)) await editFile(name, options);
}

async function editFile(name: string, options: Options): Promise<void> {
  const content = await readLocalIfAny(name);
  const { bytes, id, password } =
    content === undefined
      ? { bytes: Buffer.alloc(0), ...(await passwordToEncrypt(options)) }
      : openNamed({ name, content }, await keyringToOpen(options).unlock());
  const { EDITOR, VISUAL } = process.env;
  const edited = await withSignal((signal) =>
    editPrivately(bytes, { editor: EDITOR || VISUAL || 'vi', name, signal, env: process.env }),
  );
  if (edited.equals(bytes)) tell(`${name} is unchanged`);
  else await write(name, encryptVault(edited, password, id), `encrypted ${name}`);
}

async function encryptString(texts: readonly string[], options: Options): Promise<void> {
  if (texts.length > 0) {
    throw new ProvisionError('usage', 'vault encrypt-string takes no text as an argument', {
      hint: 'Others could see it. Pipe it in, or type it when asked: leave it out.',
    });
  }
  // Checked before anybody is asked for anything.
  inlineVault('', options.name);
  const plain = process.stdin.isTTY ? await typedText() : oneLineWithoutEnd(await readStandardInput());
  if (plain.length === 0)
    throw new ProvisionError('vault-refused', 'there is nothing to encrypt', { hint: 'Give it.' });
  const { id, password } = await passwordToEncrypt(options);
  await write(options.output ?? STANDARD, inlineVault(encryptVault(plain, password, id), options.name), 'encrypted');
}

async function typedText(): Promise<string> {
  const text = (await askHidden('Text to encrypt:')) ?? '';
  // From here on it is masked, whatever fails.
  return Secret.named('text to encrypt', text).reveal();
}

/** `echo` ends its line, which nobody means to be part of a password. In a text of several lines the last one stays as it is. */
function oneLineWithoutEnd(content: Buffer): Buffer {
  const end = content.indexOf('\n');
  if (end !== content.length - 1) return content;
  return content.subarray(0, content.at(-2) === 0x0d ? -2 : -1);
}

interface Named {
  readonly name: string;
  readonly content: Buffer;
}

/** What is to be opened, all of it, before anything is written. */
async function openAll(names: readonly string[], options: Options): Promise<readonly (Opened & { name: string })[]> {
  const contents = await readAll(names);
  for (const { name, content } of contents) if (!isVault(content)) throw notEncrypted(name);
  const passwords = await keyringToOpen(options).unlock();
  return contents.map((file) => ({ name: file.name, ...openNamed(file, passwords) }));
}

function openNamed({ name, content }: Named, passwords: Awaited<ReturnType<Keyring['unlock']>>): Opened {
  if (!isVault(content)) throw notEncrypted(name);
  try {
    return openVault(content.toString('utf8'), passwords);
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ location: name }) : error;
  }
}

/** Where no password is given it is asked for. */
function keyringToOpen({ vaultPasswordFiles: files, askVaultPass: ask }: Options): Keyring {
  const sources = passwordSources({ files, ask }, vaultEnvironment());
  return createKeyring(sources.length > 0 ? sources : [{ id: DEFAULT_ID, from: 'prompt' }], askHidden);
}

function readAll(names: readonly string[]): Promise<readonly Named[]> {
  return Promise.all(
    names.map(async (name) => ({ name, content: await (name === STANDARD ? readStandardInput() : readLocal(name)) })),
  );
}

async function readStandardInput(): Promise<Buffer> {
  if (process.stdin.isTTY) tell('Reading from standard input: end it with Ctrl-D.');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function write(name: string, content: string | Uint8Array, done: string): Promise<void> {
  if (name === STANDARD) return print(content);
  await replaceLocal(name, content);
  tell(done);
}

function print(content: string | Uint8Array): Promise<void> {
  return new Promise((done) => {
    process.stdout.write(content, () => done());
  });
}

/** On a terminal through the pager, which leaves nothing behind on the screen. */
async function show(content: Buffer): Promise<void> {
  const pager = process.env.PAGER || 'less';
  if (!mayDraw(process.stdout, process.env)) return print(content);
  const child = spawn('sh', ['-c', pager], { stdio: ['pipe', 'inherit', 'inherit'] });
  // A pager that is left early reads no further.
  child.stdin.on('error', () => undefined);
  child.stdin.end(content);
  const status = await new Promise<number | null>((done) => child.on('close', done));
  if (status === 127) await print(content);
}

function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Ctrl-C is for the editor, not for us; being ended otherwise must not leave the text behind. */
async function withSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, abort);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, abort);
  }
}

function actionNamed(word: string): Action {
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action !== undefined) return action;
  const actions = Object.keys(ACTIONS);
  throw new ProvisionError('usage', `vault has no action "${word}"`, {
    hint: `${suggestion(word, actions, `The actions are ${actions.join(', ')}.`)} See provision help vault.`,
  });
}

/** @throws ProvisionError `usage` for an option that another action takes */
function checkOptions(word: string, action: Action, options: Options): void {
  const given: readonly (readonly [OptionName, string | undefined])[] = [
    ['encrypt-vault-id', options.encryptVaultId],
    ['new-vault-password-file', options.newVaultPasswordFile],
    ['output', options.output],
    ['name', options.name],
  ];
  const wrong = given.find(([name, value]) => value !== undefined && !action.options.includes(name));
  if (wrong === undefined) return;
  throw new ProvisionError('usage', `vault ${word} does not take --${wrong[0]}`, {
    hint: 'See provision help vault for what it takes.',
  });
}

/** @param otherwise what is meant where no file is named; nothing: one must be */
function filesOr(files: readonly string[], otherwise: readonly string[], { output }: Options): readonly string[] {
  if (files.length === 0 && otherwise.length === 0) {
    throw new ProvisionError('usage', 'no file is given', { hint: 'Name it: provision vault view secrets.yml.' });
  }
  if (files.length > 1 && output !== undefined) {
    throw new ProvisionError('usage', '--output is for one file, and several are given', { hint: 'Name one of them.' });
  }
  return files.length > 0 ? files : otherwise;
}

function encryptedAlready(name: string): ProvisionError {
  return new ProvisionError('vault-refused', `${name} is encrypted already`, {
    hint: 'Give it another password with `provision vault rekey`.',
  });
}

function notEncrypted(name: string): ProvisionError {
  return new ProvisionError('vault-refused', `${name} is not encrypted`, {
    hint: 'A file that was encrypted starts with $ANSIBLE_VAULT. Single values in a file are not looked for.',
  });
}
