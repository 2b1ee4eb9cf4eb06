import { isSecretName } from '../inventory/secret-name.ts';
import { askField, askSource, askSuggested, askText } from './ask-field.ts';
import { askHostKeys } from './ask-host-keys.ts';
import { answerProblem, type Check, entryProblem } from './checks.ts';
import { type Intake, splitEntries, takeIn } from './intake.ts';
import type { LocalMachine } from './local-machine.ts';
import type { Meeting } from './meet-host.ts';
import { type Parts, PERSON, VARIABLE } from './notations.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';
import type { Answer, Detour, EntryField, ListQuestion, Question, View } from './question.ts';
import { describeSource } from './secret-source.ts';
import type { Guard } from './write-checked.ts';

export interface Tools extends Intake, Guard {
  readonly prompter: Prompter;
  readonly check: Check;
  readonly machine: LocalMachine;
  readonly meeting: Meeting;
}

/** Is told what was answered so far of a list that is not finished. */
export type Keep = (soFar: Answer) => void;

/**
 * @param view with the answer so far, which is the default
 * @param earlier where its topic is opened again: what was answered by then
 */
export async function ask(
  question: Question,
  view: View,
  tools: Tools,
  keep: Keep = () => undefined,
  earlier?: View,
): Promise<Answer | Back | Detour> {
  const { prompter, check } = tools;
  const { id, prompt: message } = question;
  if (question.kind === 'host-keys') return askHostKeys(view, tools, keep, earlier);
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
    const mark = tools.prompter.mark();
    const action = await tools.prompter.choose({
      message: question.prompt,
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
    if (changed === BACK) {
      tools.prompter.rewind(mark);
      continue;
    }
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
  const asked: { readonly at: number; readonly mark: number }[] = [];
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] as EntryField;
    if (field.when?.(parts) === false) continue;
    const mark = tools.prompter.mark();
    const preset = parts[field.part] || field.default?.(parts, view) || '';
    const answer = await askField(field, preset, view, tools);
    if (answer === BACK) {
      const last = asked.pop();
      if (last === undefined) return BACK;
      tools.prompter.rewind(last.mark);
      at = last.at - 1;
      continue;
    }
    asked.push({ at, mark });
    parts = { ...parts, [field.part]: answer };
  }
  const [entry = ''] = (await takeIn(question, [notation?.format(parts) ?? ''], view, tools)) as readonly string[];
  return entry;
}

/** As menus and overviews show it. */
export function describeEntry({ notation, fields = [] }: ListQuestion, entry: string): string {
  const parts = notation?.parse(entry);
  if (notation === undefined || parts === undefined) return entry;
  // What is called like a secret need not be one; others may look over one's shoulder.
  if (notation === VARIABLE && parts.kind === 'plain' && isSecretName(parts.name ?? '') && parts.value)
    return `${parts.name}=…`;
  const secret = fields.find(({ source }) => source !== undefined)?.part;
  if (secret !== undefined) {
    const source = parts[secret];
    return `${notation.format({ ...parts, [secret]: '' })}${source ? ` (${describeSource(source)})` : ''}`;
  }
  if (notation !== PERSON) return entry;
  const [type = '', , ...comment] = (parts.key ?? '').split(' ');
  return `${parts.name}: ${[type, ...comment].join(' ')}`;
}
