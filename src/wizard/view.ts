import { basename, join, resolve } from 'node:path';
import { entriesOf, type Finding, recognise } from './application/recognise.ts';
import type { Answer, Answers, Question, SshHost, View } from './question.ts';
import { arises, isList, QUESTIONS, questionOf } from './questions.ts';

/** What answers depend on besides each other. */
export interface Setting {
  /** The current folder, absolute: where relative paths begin. */
  readonly folder: string;
  /** The hosts that ~/.ssh/config names. */
  readonly sshHosts?: ReadonlyMap<string, SshHost>;
}

/** Looks at answers, given or by default. */
export function createView(answers: Answers, setting: Setting): View {
  const { folder, sshHosts } = setting;
  const view: View = {
    one(id) {
      const answer = answerOf(id);
      return typeof answer === 'string' ? answer : '';
    },
    many(id) {
      const answer = answerOf(id);
      return typeof answer === 'string' ? [] : answer;
    },
    get found() {
      return recogniseOnce(resolve(folder, view.one('app') || '.'));
    },
    get nearestApplication() {
      return nearestApplication(folder);
    },
    folderName: basename(folder),
    sshHost: (name) => sshHosts?.get(name),
    with: (id, answer) => createView({ ...answers, [id]: answer }, setting),
  };

  function answerOf(id: string): Answer {
    const question = questionOf(id);
    const given = answers[id];
    // `image` decides by being given whether there is one: it must not ask back.
    if (given !== undefined && id === 'image') return given;
    if (given === undefined && id === 'image') return '';
    if (!arises(question, view)) return isList(question) ? [] : '';
    return given ?? question.default?.(view) ?? '';
  }

  return view;
}

/**
 * The answers with another one, and without those that it decided, where it is another indeed; nor those that it suggested,
 * where they are just that.
 */
export function withAnswer(answers: Answers, question: Question, answer: Answer, setting: Setting): Answers {
  const { id, decides = [], suggests = [] } = question;
  if (answers[id] === undefined || answers[id] === answer) return { ...answers, [id]: answer };
  const isSuggested = (other: string) =>
    answers[other] === createView({ ...answers, [other]: undefined }, setting).one(other);
  const given = [...decides, ...suggests.filter(isSuggested)];
  return { ...answers, ...Object.fromEntries(given.map((other) => [other, undefined])), [id]: answer };
}

/** The answers of all questions that arise, defaults filled in. */
export function completeAnswers(answers: Answers, setting: Setting): Answers {
  const view = createView(answers, setting);
  const arising = QUESTIONS.filter((question) => arises(question, view));
  return Object.fromEntries(
    arising.map((question) => [question.id, isList(question) ? view.many(question.id) : view.one(question.id)]),
  );
}

/** Folders are looked at while somebody types: each once. */
const recognised = new Map<string, Finding>();

/** They are looked at again. */
export function forgetFolders(): void {
  recognised.clear();
}

function recogniseOnce(path: string): Finding {
  const finding = recognised.get(path) ?? recognise(path);
  recognised.set(path, finding);
  return finding;
}

/** Relative to the folder: `.`, or one of those in it. */
function nearestApplication(folder: string): string | undefined {
  return ['.', ...foldersIn(folder)].find((name) => recogniseOnce(join(folder, name)).problem === undefined);
}

function foldersIn(folder: string): readonly string[] {
  const folders = entriesOf(folder).filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
  return folders.map(({ name }) => name);
}
