/** Options of lists on an inventory that exists: they add entries and change those that are there, and take none away. */
import type { Parts } from '../notations.ts';
import type { Answer, ListQuestion, Question } from '../question.ts';
import { isList } from '../questions.ts';

/** By which parts an entry is known; of an account each key is an entry of its own. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  servers: ['name'],
  hostKeys: ['name'],
  admins: ['name', 'key'],
  users: ['name', 'key'],
  environment: ['name'],
  databaseUsers: ['name'],
  routes: ['host', 'path'],
  logins: ['path', 'user'],
};

/** The entries that were there, changed where one is given that is known by the same parts, and then the further ones. */
export function mergeEntries(question: Question, before: readonly string[], given: Answer): Answer {
  if (!isList(question) || typeof given === 'string') return given;
  const further = [...given];
  const merged = before.map((old) => {
    const at = further.findIndex((entry) => identityOf(question, entry) === identityOf(question, old));
    const [entry = old] = at === -1 ? [] : further.splice(at, 1);
    return entry;
  });
  // One that is given twice stays so: the check tells of it.
  return [...merged, ...further];
}

/**
 * An entry as it is given, with what it leaves out as it was. A host may be known by its address as well.
 * @param before the entries that are there
 */
export function completeEntry(question: ListQuestion, written: Parts, before: readonly string[]): Parts {
  const { id, notation, fields = [] } = question;
  const all = before.map((entry) => notation?.parse(entry)).filter((parts) => parts !== undefined);
  const isServer = id === 'servers' && !written.name;
  const isKnown = (old: Parts) => (KEYS[id] ?? []).every((part) => (old[part] ?? '') === (written[part] ?? ''));
  const old = all.find((parts) => (isServer ? parts.address === written.address : isKnown(parts)));
  if (old === undefined) return written;
  const mayBeEmpty = (part: string) => fields.some((field) => field.part === part && field.optional);
  return Object.fromEntries(
    Object.entries({ ...old, ...written }).map(([part, value]) => {
      return [part, value === '' && !mayBeEmpty(part) ? (old[part] ?? '') : value];
    }),
  );
}

/** What an entry of a list is known by, as one text. */
export function identityOf(
  { id, notation }: Question & { readonly notation?: ListQuestion['notation'] },
  entry: string,
): string {
  const parts = notation?.parse(entry);
  return parts === undefined ? entry : JSON.stringify((KEYS[id] ?? []).map((part) => parts[part] ?? ''));
}
