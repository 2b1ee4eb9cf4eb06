/** Brings answers, typed or given by flags, to the one form in which they are kept. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import { completeEntry } from './inventory/merge-entries.ts';
import { type LocalMachine, privateKeyProblem, readKey } from './local-machine.ts';
import { type Parts, PERSON } from './notations.ts';
import type { Answer, ListQuestion, Question, View } from './question.ts';
import { ENCRYPT, formatSource, parseSource } from './secret-source.ts';

/** Encrypts a secret for the inventory. */
export type Seal = (secret: Secret) => Promise<string>;

export interface Intake {
  readonly machine: Pick<LocalMachine, 'folder' | 'home'>;
  readonly env: NodeJS.ProcessEnv;
  readonly seal: Seal | undefined;
}

/**
 * @param before entries of a list that are there already: what is left out of one that is given stays as it was
 * @throws ProvisionError `usage` for a key, a path of one, or a secret that cannot be read
 */
export async function takeIn(
  question: Question,
  raw: Answer,
  view: View,
  intake: Intake,
  before: readonly string[] = [],
): Promise<Answer> {
  if (question.kind === 'list')
    return takeInList(question, typeof raw === 'string' ? [raw] : raw, view, intake, before);
  if (question.kind === 'host-keys') return typeof raw === 'string' ? [raw] : raw;
  const text = typeof raw === 'string' ? raw : (raw.at(-1) ?? '');
  // A flag for yes or no may stand alone.
  if (question.value === 'yes|no') return text === '' ? 'yes' : text;
  const problem = question.suggest === 'privateKeys' ? privateKeyProblem(text.trim(), intake.machine) : undefined;
  if (problem !== undefined) {
    throw new ProvisionError('usage', `--${question.flag}: ${problem}`, {
      hint: 'Give the path of the private key on this machine; leave it out for the agent and the keys in ~/.ssh.',
    });
  }
  return question.source ? sealed(text.trim(), intake) : text.trim();
}

async function takeInList(
  question: ListQuestion,
  raw: readonly string[],
  view: View,
  intake: Intake,
  before: readonly string[],
): Promise<Answer> {
  if (question.notation === undefined) return [...new Set(raw.flatMap(splitEntries))];
  const entries: string[] = [];
  for (const text of raw) {
    if (text.trim() === '') continue;
    const now = view.with(question.id, [...before, ...entries]);
    entries.push(await takeInEntry(question, text.trim(), now, intake, before));
  }
  return entries;
}

/** Names and words are separated by commas or blanks. */
export function splitEntries(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '');
}

async function takeInEntry(
  question: ListQuestion,
  text: string,
  view: View,
  intake: Intake,
  before: readonly string[],
): Promise<string> {
  const { notation, fields = [] } = question;
  const written = notation?.parse(text);
  // What is not of the form is told by the check.
  if (notation === undefined || written === undefined) return text;
  let parts: Parts = completeEntry(question, written, before);
  for (const field of fields) {
    if (field.when?.(parts) === false) continue;
    const value = parts[field.part] || field.default?.(parts, view) || '';
    parts = { ...parts, [field.part]: field.source ? await sealed(value, intake) : value };
  }
  if (notation === PERSON) parts = { ...parts, key: keyOf(parts.key ?? '', question, intake) };
  return notation.format(parts);
}

function keyOf(text: string, { flag }: Question, { machine }: Intake): string {
  const read = readKey(text, machine);
  if ('key' in read) return read.key;
  throw new ProvisionError('usage', `--${flag}: ${read.problem}`, {
    hint: 'Give a file that ends in .pub, or the key itself: NAME="ssh-ed25519 AAAA…".',
  });
}

/** `encrypt:env:NAME` is read and encrypted now; all else stays as it is. */
async function sealed(text: string, { seal, env, machine }: Intake): Promise<string> {
  if (!text.startsWith(ENCRYPT)) return text;
  const source = parseSource(text.slice(ENCRYPT.length));
  // Of any other form it may be the secret itself.
  const shown = source?.from === 'env' || source?.from === 'file' ? text : ENCRYPT;
  if (seal === undefined) {
    throw new ProvisionError('usage', 'nothing can be encrypted here', { hint: 'Use env:NAME or file:PATH.' });
  }
  const plain = source?.from === 'env' ? env[source.name] : source?.from === 'file' && (await readSecret(source.path));
  if (plain) return formatSource({ from: 'vault', envelope: await seal(Secret.named('a secret to encrypt', plain)) });
  throw new ProvisionError('usage', `${shown} has no value to encrypt`, {
    hint: 'Write encrypt:env:NAME or encrypt:file:PATH, and see that it is not empty.',
  });

  async function readSecret(path: string): Promise<string> {
    const content = await readFile(resolve(machine.folder, path), 'utf8').catch(() => '');
    return content.replace(/\r?\n$/, '');
  }
}
