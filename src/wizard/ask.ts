/** Asks one question, whatever its kind. */
import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import { askHostKeys } from './ask-host-keys.ts';
import { answerProblem, type Check, entryProblem } from './checks.ts';
import { type Intake, splitEntries, takeIn } from './intake.ts';
import { type LocalMachine, readKey } from './local-machine.ts';
import type { Meeting } from './meet-host.ts';
import { type Parts, PERSON } from './notations.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';
import type { Answer, Detour, EntryField, Field, ListQuestion, Question, View } from './question.ts';
import { describeSource, formatSource, parseSource, sourceChoices } from './secret-source.ts';

export interface Tools extends Intake {
  readonly prompter: Prompter;
  readonly check: Check;
  readonly machine: LocalMachine;
  readonly meeting: Meeting;
}

/** Is told what was answered so far of a list that is not finished. */
export type Keep = (soFar: Answer) => void;

/** @param view with the answer so far, which is the default */
export async function ask(
  question: Question,
  view: View,
  tools: Tools,
  keep: Keep = () => undefined,
): Promise<Answer | Back | Detour> {
  const { prompter, check } = tools;
  const { id, prompt: message } = question;
  if (question.kind === 'host-keys') return askHostKeys(view, tools, keep);
  if (question.kind === 'list')
    return question.notation ? askEntries(question, view, tools, keep) : askWords(question, view, tools);
  if (question.kind === 'choice') return prompter.choose({ message, choices: question.choices, default: view.one(id) });
  if (question.source) return askSource(question, view.one(id), tools);
  if (question.suggest) return askSuggested(question, view.one(id), view, tools);
  return askText(question, view.one(id), (text) => check(question, text, typing(view, id, text)), tools);
}

/** As if it were answered so: rules may look at what depends on it. */
function typing(view: View, id: string, text: string): View {
  return id === 'app' ? view.with(id, text) : view;
}

async function askText(
  { prompt: message }: Field,
  preset: string,
  check: (text: string) => string | undefined,
  { prompter }: Tools,
): Promise<string | Back> {
  const typed = await prompter.text({ message, default: preset, check: (text) => check(text.trim()) });
  return typed === BACK ? BACK : typed.trim();
}

const OTHER = '\0other';

/** What this machine offers, or something else. */
async function askSuggested(field: Field, preset: string, view: View, tools: Tools): Promise<string | Back> {
  const { prompter, machine, check } = tools;
  const offers = field.suggest ? machine.suggestions[field.suggest] : [];
  const checked = (text: string) => check(field, text, view) ?? keyProblem(field, text, tools);
  for (;;) {
    if (offers.length === 0) return askText(field, preset, checked, tools);
    const choices = [
      ...(field.optional ? [{ value: '', name: 'none in particular' }] : []),
      ...offers,
      { value: OTHER, name: 'another one …' },
    ];
    const isOffered = choices.some(({ value }) => value === preset);
    const first = preset === '' ? (choices[0]?.value ?? OTHER) : OTHER;
    const chosen = await prompter.choose({ message: field.prompt, choices, default: isOffered ? preset : first });
    if (chosen !== OTHER) return chosen;
    const typed = await askText(field, isOffered ? '' : preset, checked, tools);
    if (typed !== BACK) return typed;
  }
}

function keyProblem(field: Field, text: string, { machine }: Tools): string | undefined {
  if (field.suggest !== 'publicKeys') return undefined;
  const read = readKey(text, machine);
  return 'problem' in read ? read.problem : undefined;
}

/** Entries of one word each: on one line. */
async function askWords(question: ListQuestion, view: View, tools: Tools): Promise<Answer | Back> {
  const { prompter, check } = tools;
  const typed = await prompter.text({
    message: question.prompt,
    default: view.many(question.id).join(', '),
    check(text) {
      for (const entry of splitEntries(text)) {
        const problem = entryProblem(question, entry, view, check);
        if (problem !== undefined) return `${entry}: ${problem}`;
      }
      return splitEntries(text).length === 0 && question.required ? 'must be given' : undefined;
    },
  });
  return typed === BACK ? BACK : takeIn(question, typed, view, tools);
}

/** Entries of several parts: a menu of those that are there. */
async function askEntries(question: ListQuestion, view: View, tools: Tools, keep: Keep): Promise<Answer | Back> {
  const { id, entry: noun, required } = question;
  let entries = view.many(id);
  const now = () => view.with(id, entries);
  if (entries.length === 0 && required) {
    const first = await askEntry(question, undefined, now(), tools);
    if (first === BACK) return BACK;
    entries = [first];
    keep(entries);
  }
  for (;;) {
    const action = await tools.prompter.choose({
      message: `${question.prompt}${entries.length === 0 ? ': none' : ''}`,
      choices: [
        { value: 'done', name: entries.length === 0 ? 'go on without' : 'go on' },
        { value: 'add', name: `add ${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}` },
        ...entries.map((entry, at) => ({ value: String(at), name: `change ${describeEntry(question, entry)}` })),
        ...entries.map((entry, at) => ({ value: `-${at}`, name: `remove ${describeEntry(question, entry)}` })),
      ],
      default: 'done',
    });
    if (action === BACK) return BACK;
    if (action === 'done') {
      const problem = answerProblem(question, now(), tools.check);
      if (problem === undefined) return entries;
      tools.prompter.say([`! ${problem}`]);
      continue;
    }
    if (action.startsWith('-')) {
      entries = entries.toSpliced(Number(action.slice(1)), 1);
      keep(entries);
      continue;
    }
    const at = action === 'add' ? entries.length : Number(action);
    const others = view.with(id, entries.toSpliced(at, 1));
    const changed = await askEntry(question, entries[at], others, tools);
    if (changed === BACK) continue;
    entries = entries.toSpliced(at, 1, changed);
    keep(entries);
  }
}

/** Field by field; going back from the first one leaves it. */
async function askEntry(
  question: ListQuestion,
  before: string | undefined,
  view: View,
  tools: Tools,
): Promise<string | Back> {
  const { notation, fields = [] } = question;
  let parts: Parts = (before === undefined ? undefined : notation?.parse(before)) ?? {};
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] as EntryField;
    const preset = parts[field.part] || field.default?.(parts, view) || '';
    const answer = await askField(field, preset, view, tools);
    if (answer === BACK) {
      if (at === 0) return BACK;
      at -= 2;
      continue;
    }
    parts = { ...parts, [field.part]: answer };
  }
  const [entry = ''] = (await takeIn(question, [notation?.format(parts) ?? ''], view, tools)) as readonly string[];
  return entry;
}

function askField(field: EntryField, preset: string, view: View, tools: Tools): Promise<string | Back> {
  const { prompter, check } = tools;
  if (field.source) return askSource(field, preset, tools);
  if (field.choices) return prompter.choose({ message: field.prompt, choices: field.choices, default: preset });
  if (field.suggest) return askSuggested(field, preset, view, tools);
  return askText(field, preset, (text) => check(field, text, view), tools);
}

/** Where a secret comes from; what is typed is encrypted at once. */
async function askSource(field: Field, preset: string, tools: Tools): Promise<string | Back> {
  const { prompter, seal } = tools;
  const kind = field.source ?? 'any';
  const now = parseSource(preset);
  const isPlain = now === undefined || now.from === 'generate' || now.from === 'none';
  const choices = sourceChoices(kind, seal !== undefined);
  for (;;) {
    const chosen = await prompter.choose({
      message: field.prompt,
      choices: isPlain ? choices : [{ value: preset, name: `as it is: ${describeSource(preset)}` }, ...choices],
      default: preset,
    });
    if (chosen === 'type' && seal !== undefined) {
      prompter.say(['  It is encrypted with a vault password, which each later run needs.']);
      const typed = await prompter.hidden({
        message: 'Type it',
        check: (text) => (text === '' ? 'must be given' : undefined),
      });
      if (typed === BACK) continue;
      try {
        return formatSource({ from: 'vault', envelope: await seal(Secret.named('a typed secret', typed)) });
      } catch (error) {
        if (!(error instanceof ProvisionError)) throw error;
        prompter.say([`! ${error.message}`]);
        continue;
      }
    }
    if (chosen !== 'env' && chosen !== 'file') return chosen;
    const message = chosen === 'env' ? 'Name of the variable' : 'Path of the file';
    const typed = await prompter.text({
      message,
      check: (text) => tools.check(field, `${chosen}:${text}`, EMPTY_VIEW),
    });
    if (typed !== BACK) return `${chosen}:${typed}`;
  }
}

/** For checks that look at the text alone. */
const EMPTY_VIEW = {} as View;

/** As menus and overviews show it. */
export function describeEntry({ notation, fields = [] }: ListQuestion, entry: string): string {
  const parts = notation?.parse(entry);
  if (notation === undefined || parts === undefined) return entry;
  const secret = fields.find(({ source }) => source !== undefined)?.part;
  if (secret !== undefined) {
    const source = parts[secret];
    return `${notation.format({ ...parts, [secret]: '' })}${source ? ` (${describeSource(source)})` : ''}`;
  }
  if (notation !== PERSON) return entry;
  const [type = '', , ...comment] = (parts.key ?? '').split(' ');
  return `${parts.name}: ${[type, ...comment].join(' ')}`;
}
