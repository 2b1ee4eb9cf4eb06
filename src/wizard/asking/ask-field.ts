/** Asks for one text: typed, picked from what this machine offers, or a secret. */
import { ProvisionError } from '../../errors.ts';
import { Secret } from '../../shell/secret.ts';
import type { Seal } from '../intake.ts';
import { privateKeyProblem, readKey } from '../local-machine.ts';
import type { EntryField, Field, View } from '../question.ts';
import { describeSource, formatSource, parseSource, sourceChoices } from '../secret-source.ts';
import type { Tools } from './ask.ts';
import { BACK, type Back, type Prompter, WentBack } from './prompter.ts';

/** One part of an entry. */
export function askField(field: EntryField, preset: string, view: View, tools: Tools): Promise<string | Back> {
  const { prompter, check } = tools;
  if (field.source) return askSource(field, preset, tools);
  if (field.choices) return prompter.choose({ message: field.prompt, choices: field.choices, default: preset });
  if (field.suggest) return askSuggested(field, preset, view, tools);
  return askText(field, preset, (text) => check(field, text, view), tools);
}

export async function askText(
  { prompt: message }: Field,
  preset: string,
  check: (text: string) => string | undefined,
  { prompter }: Tools,
): Promise<string | Back> {
  const typed = await prompter.text({ message, default: preset, check: (text) => check(text.trim()) });
  return typed === BACK ? BACK : typed.trim();
}

/** What this machine offers, or something else. */
export async function askSuggested(field: Field, preset: string, view: View, tools: Tools): Promise<string | Back> {
  const { prompter, machine, check } = tools;
  const offers = field.suggest ? machine.suggestions[field.suggest] : [];
  const checked = (text: string) => check(field, text, view) ?? keyProblem(field, text, tools);
  const { prompt, ifEmpty = 'none' } = field;
  if (offers.length === 0) {
    const asked = field.optional ? { ...field, prompt: `${prompt} (empty: ${ifEmpty})` } : field;
    return askText(asked, preset, checked, tools);
  }
  const none = field.optional ? [{ value: '', name: ifEmpty }] : [];
  const isOffered = [...none, ...offers].some(({ value }) => value === preset);
  const own = isOffered || preset === '' ? [] : [{ value: preset, name: preset }];
  const choices = [...own, ...none, ...offers];
  return prompter.pick({
    message: `${prompt} (type, or choose)`,
    choices,
    default: preset === '' ? (choices[0]?.value ?? '') : preset,
    check: checked,
  });
}

function keyProblem(field: Field, text: string, { machine }: Tools): string | undefined {
  if (field.suggest === 'privateKeys') return privateKeyProblem(text, machine);
  if (field.suggest !== 'publicKeys') return undefined;
  const read = readKey(text, machine);
  return 'problem' in read ? read.problem : undefined;
}

/** Where a secret comes from; what is typed is encrypted at once. */
export async function askSource(field: Field, preset: string, tools: Tools): Promise<string | Back> {
  const { prompter, seal } = tools;
  const kind = field.source ?? 'any';
  const now = parseSource(preset);
  const isPlain = now === undefined || now.from === 'generate' || now.from === 'none';
  const choices = sourceChoices(kind, seal !== undefined);
  for (;;) {
    const mark = prompter.mark();
    const chosen = await prompter.choose({
      message: field.prompt,
      choices: isPlain ? choices : [{ value: preset, name: `as it is: ${describeSource(preset)}` }, ...choices],
      default: preset,
    });
    if (chosen === 'type' && seal !== undefined) {
      const sealed = await askSealed(seal, prompter);
      if (sealed === undefined) continue;
      if (sealed !== BACK) return sealed;
      prompter.rewind(mark);
      continue;
    }
    if (chosen !== 'env' && chosen !== 'file') return chosen;
    const message = chosen === 'env' ? 'Name of the variable' : 'Path of the file';
    const typed = await prompter.text({
      message,
      check: (text) => tools.check(field, `${chosen}:${text}`, EMPTY_VIEW),
    });
    if (typed !== BACK) return `${chosen}:${typed}`;
    prompter.rewind(mark);
  }
}

/** @returns undefined where it cannot be encrypted, which is told */
async function askSealed(seal: Seal, prompter: Prompter): Promise<string | Back | undefined> {
  prompter.say(['  It is encrypted with a vault password, which each later run needs.']);
  for (;;) {
    const mark = prompter.mark();
    const typed = await prompter.hidden({
      message: 'Type it',
      check: (text) => (text === '' ? 'must be given' : undefined),
    });
    if (typed === BACK) return BACK;
    try {
      return formatSource({ from: 'vault', envelope: await seal(Secret.named('a typed secret', typed)) });
    } catch (error) {
      if (error instanceof WentBack) {
        prompter.rewind(mark);
        continue;
      }
      // Whoever breaks off at the vault password leaves, as at any other question.
      if (!(error instanceof ProvisionError) || error.code === 'interrupted') throw error;
      prompter.say([`! ${error.message}`]);
      return undefined;
    }
  }
}

/** For checks that look at the text alone. */
const EMPTY_VIEW = {} as View;
