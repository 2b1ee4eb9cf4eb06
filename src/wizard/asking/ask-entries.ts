/** A list of entries that have several parts: a menu of those that are there. */
import { isSecretName } from '../../inventory/secrets/secret-name.ts';
import { answerProblem } from '../checks.ts';
import { takeIn } from '../intake.ts';
import { type Parts, PERSON, VARIABLE } from '../notations.ts';
import type { Answer, EntryField, ListQuestion, View } from '../question.ts';
import { describeSource } from '../secret-source.ts';
import type { Keep, Tools } from './ask.ts';
import { askField } from './ask-field.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';

/** Of more than these, one is chosen before what to do with it. */
const FEW = 5;

export async function askEntries(question: ListQuestion, view: View, tools: Tools, keep: Keep): Promise<Answer | Back> {
  const { id, required } = question;
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
    const action = await chooseAction(question, entries, tools.prompter);
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

/** @returns `done`, `add`, the place of an entry to change, or `-` and that of one to remove */
async function chooseAction(
  question: ListQuestion,
  entries: readonly string[],
  prompter: Prompter,
): Promise<string | Back> {
  const { entry: noun, prompt } = question;
  const first = [
    { value: 'done', name: entries.length === 0 ? 'go on without' : 'go on' },
    { value: 'add', name: `add ${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}` },
  ];
  const named = (prefix: string, verb: string) =>
    entries.map((entry, at) => ({ value: `${prefix}${at}`, name: `${verb}${describeEntry(question, entry)}` }));
  if (entries.length <= FEW) {
    const choices = [...first, ...named('', 'change '), ...named('-', 'remove ')];
    return prompter.choose({ message: prompt, choices, default: 'done' });
  }
  for (;;) {
    const mark = prompter.mark();
    const message = `${prompt} (${entries.length})`;
    const chosen = await prompter.choose({ message, choices: [...first, ...named('', '')], default: 'done' });
    if (chosen === BACK || chosen === 'done' || chosen === 'add') return chosen;
    const action = await prompter.choose({
      message: `What about ${describeEntry(question, entries[Number(chosen)] ?? '')}?`,
      choices: [
        { value: chosen, name: 'change it' },
        { value: `-${chosen}`, name: 'remove it' },
      ],
      default: chosen,
    });
    if (action !== BACK) return action;
    prompter.rewind(mark);
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
