/** What the flags of a command line answer. */
import type { Tools } from './asking/ask.ts';
import { takeIn } from './intake.ts';
import { mergeEntries } from './inventory/merge-entries.ts';
import { NAMED_VALUE, partsOf, SERVER } from './notations.ts';
import type { Opened } from './opened.ts';
import type { Answers, View } from './question.ts';
import { QUESTIONS, questionOf } from './questions.ts';
import { strayKeys } from './refusals.ts';
import { createView, withAnswer } from './view.ts';

/** Lists of an inventory that exists grow: what an option does not name may be there for a reason. */
export async function takeInFlags(flags: Answers, before: Answers, { text }: Opened, tools: Tools): Promise<Answers> {
  let answers = before;
  for (const question of QUESTIONS) {
    const raw = flags[question.id];
    if (raw === undefined) continue;
    const view = createView({ ...answers, [question.id]: undefined }, tools.machine);
    const there = text === undefined ? undefined : before[question.id];
    const entries = typeof there === 'object' ? there : [];
    const given = await takeIn(question, raw, view, tools, entries);
    answers = withAnswer(answers, question, mergeEntries(question, entries, given), tools.machine);
  }
  return text === undefined ? withOwnVariables(answers, tools) : answers;
}

/** What the application needs in its environment stays, whatever else is given. */
function withOwnVariables(answers: Answers, { machine }: Tools): Answers {
  const { environment } = answers;
  if (typeof environment !== 'object') return answers;
  const own = createView({ ...answers, environment: undefined }, machine).many('environment');
  return { ...answers, environment: mergeEntries(questionOf('environment'), own, environment) };
}

/** A key of no host would be left out without a word, and the host meant would be trusted without it. */
export function refuseStrayKeys({ hostKeys = [] }: Answers, view: View): void {
  const hosts = view.many('servers').map((server) => partsOf(SERVER, server).name ?? '');
  const named = [hostKeys].flat().map((entry) => partsOf(NAMED_VALUE, entry).name ?? '');
  const strays = named.filter((name) => !hosts.includes(name));
  if (strays.length > 0) throw strayKeys(strays, hosts);
}
