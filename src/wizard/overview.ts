/** The screen at the end: what was answered, each topic a line, and any of them can be opened again. */

import { djangoNotes } from './application/django-notes.ts';
import type { Tools } from './asking/ask.ts';
import { describeEntry } from './asking/ask-entries.ts';
import { BACK } from './asking/prompter.ts';
import { type Walk, walk } from './asking/walk.ts';
import { answerProblem } from './checks.ts';
import { PERSON, partsOf } from './notations.ts';
import { type Answers, type Choice, type Question, TOPICS, type Topic, type View } from './question.ts';
import { dataApart } from './questions/data.ts';
import { arises, QUESTIONS } from './questions.ts';
import { createView, forgetFolders } from './view.ts';

export interface Overview {
  readonly keep: Walk['keep'];
  /** What was asked before it, where anything was: that can be gone back to. */
  readonly walked?: Walk | undefined;
  /** Topics that are left as they are, and why. */
  readonly locked: ReadonlyMap<Topic, string>;
  /** Hosts that are left as they are. */
  readonly otherHosts: readonly string[];
  /** Questions that are not asked here. */
  readonly settled: ReadonlySet<string>;
  /** Whether an answer stands in the file already. */
  isAsRead(id: string, answers: Answers): boolean;
  /** Where it will be written, as the user sees it. */
  file(answers: Answers): string;
}

/** @returns the answers to write; undefined where it is to be left for now */
export async function review(start: Answers, overview: Overview, tools: Tools): Promise<Answers | undefined> {
  const { prompter, machine, check } = tools;
  let answers = start;
  let { walked } = overview;
  let preset = 'write';
  for (;;) {
    // Files may have been changed meanwhile, as a note has asked for.
    forgetFolders();
    const view = createView(answers, machine);
    const file = overview.file(answers);
    const mark = prompter.mark();
    prompter.say(['', '── overview ──', ...djangoNotes(view).map((note) => `! ${note}`)]);
    const chosen = await prompter.choose({
      message: 'All as it should be?',
      choices: [
        { value: 'write', name: `write ${file}, and show what it would do` },
        ...topicChoices(view, overview),
        { value: 'leave', name: 'leave it for now: it is kept' },
      ],
      default: preset,
    });
    preset = 'write';
    if (chosen === BACK) {
      prompter.rewind(mark);
      if (walked !== undefined && (walked.trail?.length ?? 0) > 0) {
        const changed = await walk(answers, walked, tools);
        if (changed !== BACK) answers = changed;
      }
      continue;
    }
    if (chosen === 'leave') return undefined;
    if (chosen === 'write') {
      const open = openQuestions(view, check).filter(({ id }) => !overview.isAsRead(id, answers));
      const [first] = open;
      if (first === undefined) return answers;
      prompter.say(open.map(({ prompt, problem }) => `! ${prompt}: ${problem}`));
      preset = first.topic;
      continue;
    }
    const topic = chosen as Topic;
    const why = overview.locked.get(topic);
    if (why !== undefined) {
      prompter.say([`! ${why}: change it in the file`]);
      continue;
    }
    const questions = QUESTIONS.filter((question) => question.topic === topic && !overview.settled.has(question.id));
    walked = { questions, advanced: true, trail: [], keep: overview.keep };
    const changed = await walk(answers, walked, tools);
    if (changed !== BACK) answers = changed;
  }
}

/** What is not answered as it must be. */
export function openQuestions(view: View, check: Tools['check']): readonly (Question & { readonly problem: string })[] {
  const open = QUESTIONS.filter((question) => arises(question, view)).flatMap((question) => {
    const problem = answerProblem(question, view, check);
    return problem === undefined ? [] : [{ ...question, problem }];
  });
  const isMissing = (id: string | undefined) =>
    open.some((other) => other.id === id && other.problem === 'must be given');
  return open.filter(({ id, follows }) => !(isMissing(id) && isMissing(follows)));
}

function topicChoices(view: View, { locked, otherHosts }: Overview): readonly Choice[] {
  const topics = Object.keys(TOPICS) as Topic[];
  return topics
    .filter((topic) => QUESTIONS.some((question) => question.topic === topic && arises(question, view)))
    .filter((topic) => topic !== 'inventory')
    .map((topic) => ({
      value: topic,
      name: `${TOPICS[topic].padEnd(13)}${locked.get(topic) ?? summaryOf(topic, view, otherHosts)}`,
    }));
}

/** More do not fit a line: they are counted. */
const FEW_HOSTS = 2;

/** One line of what was answered. */
function summaryOf(topic: Topic, view: View, otherHosts: readonly string[]): string {
  const { one, many } = view;
  const names = (id: string) => [...new Set(many(id).map((entry) => partsOf(PERSON, entry).name ?? ''))];
  const apart = (what: string) =>
    dataApart(view).includes(what) ? ` (each of ${many('servers').length} hosts its own)` : '';
  switch (topic) {
    case 'hosts': {
      const hosts = [...many('servers'), ...otherHosts];
      return `${hosts.length > FEW_HOSTS ? `${hosts.length}: ` : ''}${hosts.join(', ') || 'none'}`;
    }
    case 'people':
      return [...names('admins').map((name) => `${name} (sudo)`), ...names('users')].join(', ') || 'none';
    case 'packages':
      return many('packages').join(', ') || 'none';
    case 'docker': {
      const mirrors = [...many('registryMirrors'), ...many('insecureRegistries')];
      return [one('dockerSource') === 'distro' ? 'of the distribution' : 'of docker.com', ...mirrors].join(', ');
    }
    case 'application': {
      if (one('appFrom') === 'none') return 'none';
      const from = one('appFrom') === 'image' ? one('image') : one('app');
      const ready = one('healthPath') === '' ? '' : `, ready at ${one('healthPath')}`;
      return `${from}, ${one('replicas')} × port ${one('port')}${ready}`;
    }
    case 'database': {
      const question = QUESTIONS.find(({ id }) => id === 'databaseUsers');
      if (one('database') === 'none' || question?.kind !== 'list') return 'none';
      return `${one('database')}${apart('database')}: ${many('databaseUsers')
        .map((user) => describeEntry(question, user))
        .join(', ')}`;
    }
    case 'redis':
      return one('redis') === 'yes' ? `yes${apart('redis')}, in ${one('redisVariable')}` : 'no';
    case 'site': {
      const logins = many('logins').length;
      const denied = many('denied').length;
      const paths = [...(denied ? [`${denied} denied`] : []), ...(logins ? [`${logins} with a password`] : [])];
      return [`${one('domain')}`, one('tls') === 'none' ? 'no HTTPS' : `HTTPS ${one('tls')}`, ...paths].join(', ');
    }
    case 'inventory':
      return one('name');
  }
}
