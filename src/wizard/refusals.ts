/** What is told of options that cannot be taken: nothing is written then. */
import { ProvisionError } from '../errors.ts';
import type { openQuestions } from './overview.ts';
import type { Question, View } from './question.ts';
import { arises, QUESTIONS } from './questions.ts';

export function missing(wrong: ReturnType<typeof openQuestions>): ProvisionError {
  const lines = wrong.map(({ flag, value, orElse, problem }) => {
    const options =
      problem === 'must be given' && orElse !== undefined ? `--${flag} ${value} or ${orElse}` : `--${flag} ${value}`;
    return `${options}: ${problem}`;
  });
  const isMissing = wrong.every(({ problem }) => problem === 'must be given');
  return new ProvisionError(
    'usage',
    isMissing ? 'answers are missing, and nobody can be asked' : 'some answers will not do',
    {
      detail: lines.join('\n'),
      hint: 'Give them as options (see provision help init), or let provision init ask on a terminal, without --yes, CI and TERM=dumb.',
    },
  );
}

/** Answers that would be left out without a word. */
export function unasked(questions: readonly Question[], view: View): ProvisionError {
  const [does, it] = questions.length === 1 ? ['does', 'it'] : ['do', 'them'];
  const byReason = Map.groupBy(questions, (question) => reasonAgainst(question, view));
  const lines = [...byReason].flatMap(([reason, all]) => (reason === undefined ? [] : `${flagsOf(all)}: ${reason}`));
  return new ProvisionError(
    'usage',
    `${flagsOf(questions)} ${does} not go with the other answers: nothing would come of ${it}`,
    {
      detail: lines.length === 0 ? undefined : lines.join('\n'),
      hint: `Leave ${it} out, or change the answers that rule ${it} out: see provision help init.`,
    },
  );
}

function flagsOf(questions: readonly Question[]): string {
  return questions.map(({ flag }) => `--${flag}`).join(', ');
}

/** The answer that rules it out: the one that lets it arise by another choice, or by being given. */
function reasonAgainst(question: Question, view: View): string | undefined {
  for (const ruler of QUESTIONS) {
    const { id, flag } = ruler;
    const helps = (answer: string) => arises(question, view.with(id, answer));
    if (ruler.kind === 'choice' && arises(ruler, view)) {
      const others = ruler.choices.map(({ value }) => value).filter(helps);
      if (others.length > 0) return `not with --${flag} ${view.one(id)}, but with --${flag} ${others.join('|')}`;
    }
    if (ruler.kind === 'text' && view.one(id) === '' && helps('/')) return `not without --${flag}`;
  }
  return undefined;
}

export function strayKeys(strays: readonly string[], hosts: readonly string[]): ProvisionError {
  return new ProvisionError('usage', `--host-key names ${strays.join(', ')}, and there is no such host`, {
    hint:
      hosts.length === 0
        ? 'Give the host as well: --server.'
        : `There ${hosts.length === 1 ? 'is' : 'are'} ${hosts.join(', ')}.`,
  });
}

export function existing(file: string): ProvisionError {
  return new ProvisionError('usage', `there is ${file} already`, {
    hint: `Change it with --inventory ${file}, choose another name with --save-as, or replace it with --force.`,
  });
}
