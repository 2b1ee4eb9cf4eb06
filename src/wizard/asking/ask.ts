import { type Check, entryProblem } from '../checks.ts';
import { type Intake, splitEntries, takeIn } from '../intake.ts';
import type { LocalMachine } from '../local-machine.ts';
import type { Meeting } from '../meet-host.ts';
import type { Answer, Detour, ListQuestion, Question, View } from '../question.ts';
import type { Guard } from '../write-checked.ts';
import { askEntries } from './ask-entries.ts';
import { askSource, askSuggested, askText } from './ask-field.ts';
import { askHostKeys } from './ask-host-keys.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';

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
