/** Checks what was typed with the very schemas that the roles check the inventory with. */
import type * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { CONNECTION_SCHEMA } from '../inventory/connection.ts';
import { parseTemplate } from '../inventory/expressions/template.ts';
import { expectation } from '../inventory/issues.ts';
import { loadRole } from '../inventory/roles/roles.ts';
import { RECORD_KEY, schemasAt } from '../schema/keys.ts';
import { splitWords } from './asking/words.ts';
import type { EntryField, Field, ListQuestion, Question, View } from './question.ts';
import { ROLES } from './roles.ts';
import { ENCRYPT, parseSource } from './secret-source.ts';

/** @returns what is wrong with the text; undefined where nothing is */
export type Check = (field: Field, text: string, view: View) => string | undefined;

/** @param folder of the inventory, whose own roles come before those of provision */
export async function createCheck(folder: string): Promise<Check> {
  const roles = await Promise.all(ROLES.map((name) => loadRole(name, folder)));
  const shapes: Record<string, z.core.$ZodType> = Object.assign(
    { ...CONNECTION_SCHEMA.shape },
    // A role that reads another's variable must not hide the owner's schema: the owner comes last.
    ...roles.toReversed().map(({ params }) => params.shape),
    ...roles.map(({ name, params }) => (params.shape[name] ? { [name]: params.shape[name] } : {})),
  );
  return (field, text, view) => {
    if (text === '') return field.optional ? undefined : 'must be given';
    if (field.choices && !field.choices.some(({ value }) => value === text)) {
      return `must be one of ${field.choices.map(({ value }) => value).join(', ')}`;
    }
    if (field.source) return sourceProblem(text, field.source);
    return field.rule?.(text, view) ?? schemaProblem(field, text, shapes) ?? referenceProblem(text);
  };
}

function schemaProblem({ at, as }: Field, text: string, shapes: Record<string, z.core.$ZodType>): string | undefined {
  const [variable, ...path] = at ?? [];
  const schema = variable === undefined ? undefined : shapes[variable];
  if (schema === undefined) return undefined;
  const value = toValue(text, as);
  if (value === undefined) return 'has a quote that is not closed';
  const results = schemasAt(schema, path.map(schemaKey)).map((part) => (part as z.ZodType).safeParse(value));
  if (results.length === 0 || results.some(({ success }) => success)) return undefined;
  return results.flatMap(({ error }) => error?.issues.map(messageOf) ?? [])[0];
}

function schemaKey(key: string): PropertyKey {
  if (key === 'KEY') return RECORD_KEY;
  return /^\d+$/.test(key) ? Number(key) : key;
}

/** Of several forms the first one is the usual one. */
function messageOf(issue: z.core.$ZodIssue): string {
  const [first] = issue.code === 'invalid_union' ? (issue.errors[0] ?? []) : [];
  return first === undefined ? expectation(issue) : messageOf(first);
}

/** The text as it will stand in the inventory. */
function toValue(text: string, as: Field['as']): unknown {
  if (as === 'number') return /^\d+$/.test(text) ? Number(text) : text;
  return as === 'words' ? splitWords(text) : text;
}

/** Braces that no run could read. Whether what they refer to is there shows in the whole alone. */
function referenceProblem(text: string): string | undefined {
  try {
    parseTemplate(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return `is read as a reference: ${error.message}. Write literal braces as {{ '{{' }}`;
  }
}

function sourceProblem(text: string, kind: 'any' | 'given'): string | undefined {
  const source = parseSource(text.startsWith(ENCRYPT) ? text.slice(ENCRYPT.length) : text);
  const hint = `must be ${kind === 'any' ? 'generate' : 'none'}, env:NAME, file:PATH, encrypt:env:NAME or encrypt:file:PATH`;
  if (source === undefined) return hint;
  return (kind === 'any' ? source.from === 'none' : source.from === 'generate') ? hint : undefined;
}

/** What is wrong with an entry of a list, by its notation and its fields. */
export function entryProblem(question: ListQuestion, entry: string, view: View, check: Check): string | undefined {
  const { notation, fields = [] } = question;
  if (notation === undefined) return check(question, entry, view);
  const parts = notation.parse(entry);
  if (parts === undefined) return `must be written ${notation.form}`;
  for (const field of fields) {
    if (field.when?.(parts) === false) continue;
    const text = parts[field.part] || field.default?.(parts, view) || '';
    const problem = check(field, text, view);
    if (problem !== undefined) return `${mayShow(field) ? text : field.part}: ${problem}`;
  }
  return undefined;
}

/** A password may have been typed where its source belongs, and a variable may hold one. */
function mayShow({ source, part }: EntryField): boolean {
  return source === undefined && part !== 'value';
}

/** What is wrong with a whole answer. */
export function answerProblem(question: Question, view: View, check: Check): string | undefined {
  const { id } = question;
  if (question.kind === 'text' || question.kind === 'choice') return check(question, view.one(id), view);
  const entries = view.many(id);
  if (question.kind === 'host-keys') {
    return entries.some((entry) => question.notation.parse(entry) === undefined)
      ? 'must be written NAME=KEY'
      : undefined;
  }
  if (entries.length === 0 && question.required) return 'must be given';
  for (const [at, entry] of entries.entries()) {
    // Names must be unique among the others alone.
    const problem = entryProblem(question, entry, view.with(id, entries.toSpliced(at, 1)), check);
    if (problem !== undefined) return problem;
  }
  return question.notation && question.rule ? question.rule('', view) : undefined;
}
