/** Which answer stands at a place of an inventory: what is refused there is told by it. */
import { isNode, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { ProvisionError } from '../../errors.ts';
import type { Question } from '../question.ts';
import { QUESTIONS } from '../questions.ts';
import { OPTIONS } from './layout.ts';

/** The same error with the option of the answer instead of a line, which stands in no file as yet; as it is where no answer stands there. */
export function namingAnswer(error: unknown, content: string): unknown {
  if (!(error instanceof ProvisionError)) return error;
  const [, file = '', line = '', column = '1'] = /^(.+?):(\d+)(?::(\d+))?/.exec(error.location ?? '') ?? [];
  const found = line === '' ? undefined : answerAt(content, Number(line), Number(column));
  if (found === undefined) return error;
  const { code, host, task, hint, detail, cause } = error;
  const { question, key } = found;
  const message = `--${question.flag}${key === undefined ? '' : ` ${key}`}: ${error.message}`;
  return new ProvisionError(code, message, { location: file, host, task, hint, detail, cause });
}

function answerAt(content: string, line: number, column: number) {
  const lines = new LineCounter();
  const document = parseDocument(content, { ...OPTIONS, logLevel: 'silent', lineCounter: lines });
  const offset = (lines.lineStarts[line - 1] ?? 0) + column - 1;
  let path: readonly string[] = [];
  visit(document, {
    Pair(_, pair, ancestors) {
      if (!isScalar(pair.key) || !isNode(pair.value)) return;
      const [start, end] = [pair.key.range?.[0] ?? 0, pair.value.range?.[1] ?? 0];
      if (offset < start || offset > end) return;
      path = [...ancestors, pair].flatMap((above) =>
        isPair(above) && isScalar(above.key) ? [String(above.key.value)] : [],
      );
    },
  });
  const [all, vars, ...rest] = path;
  if (all !== 'all' || vars !== 'vars') return undefined;
  const question = QUESTIONS.find((candidate) => placesOf(candidate).some((at) => isAt(at, rest)));
  if (question === undefined) return undefined;
  return { question, key: question.kind === 'list' ? rest.at(-1) : undefined };
}

function placesOf(question: Question): readonly (readonly string[])[] {
  const fields = question.kind === 'list' ? (question.fields ?? []) : [];
  return [question, ...fields].flatMap(({ at }) => (at === undefined ? [] : [at]));
}

/** `KEY` and `NAME` stand for any, and so does the name of the service. */
function isAt(at: readonly string[], path: readonly string[]): boolean {
  const isAny = (part: string, i: number) => ['KEY', 'NAME'].includes(part) || at[i - 1] === 'services';
  return at.length === path.length && at.every((part, i) => isAny(part, i) || part === path[i]);
}
