/** `include_vars`: files of variables that a role chooses by the family of the distribution. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasJinja } from '../jinja/jinja.ts';
import { loopExpression } from '../loops.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Variable } from '../variable.ts';
import type { Task, Told } from './play.ts';
import { readVariableFile } from './variable-files.ts';
import { entriesOf, isRecord, placeOf } from './yaml-source.ts';

/** Hosts are of this family: it is what Ansible calls Debian and Ubuntu. */
const FAMILY = /\{\{\s*(?:ansible_os_family|ansible_facts\.os_family|ansible_facts\[(['"])os_family\1\])\s*\}\}/g;

/** The name of the file where the family is Debian. */
export function ofDebian(file: string): string {
  return file.replace(FAMILY, 'Debian');
}

/** Told where the family has chosen. */
export const OF_FAMILY = {
  why: 'the variables that it reads are those of the family Debian',
  hint: 'See to other distributions by hand.',
};

/** What it sets, and whether the family has chosen that. @throws NotTranslated */
export function includedVariables(
  task: Task,
  tell: (told: Told) => void,
): { variables: Readonly<Record<string, Variable>>; isOfFamily: boolean } {
  const [loop, given] = loopExpression(task) ?? [];
  const { file, _raw: raw = file, ...others } = task.args;
  const isChoice = loop === 'with_first_found' && /^\{\{\s*item\s*\}\}$/.test(String(raw));
  if (task.conditions.length > 0) throw new NotTranslated('it reads variables under a condition', HINT);
  if ((loop !== undefined && !isChoice) || Object.keys(others).length > 0 || typeof raw !== 'string')
    throw new NotTranslated('how it chooses a file of variables is not understood', HINT);
  const wanted = isChoice ? choices(given) : [raw];
  const path = firstOf(wanted, task);
  const found = readVariableFile(path, `vars/${basename(path)}`, tell);
  if (found === undefined) throw new NotTranslated(`the variables in ${basename(path)} are encrypted`, HINT);
  const variables = Object.fromEntries(
    Object.entries(found).map(([name, value]) => [name, { value, place: placeOf(found, name), isFixed: true }]),
  );
  return { variables, isOfFamily: wanted.some(hasJinja) };
}

const HINT = 'Write them as constants of the role, or as params.';

/** A list of files, or `files` and `paths`, which must be what is looked through anyway. */
function choices(given: unknown): readonly string[] {
  return entriesOf(given).flatMap((entry) => {
    if (typeof entry === 'string') return [entry];
    const { files, paths, skip, ...others } = isRecord(entry) ? entry : { others: entry };
    const isUsual = entriesOf(paths).every((path) => /^(?:\{\{ role_path \}\}\/|\.\.\/)?vars\/?$/.test(String(path)));
    if (!isUsual || skip !== undefined || Object.keys(others).length > 0)
      throw new NotTranslated('how it chooses a file of variables is not understood', HINT);
    return entriesOf(files).map(String);
  });
}

/** The first that is there. @throws NotTranslated where another fact could choose one before it, or none is there */
function firstOf(files: readonly string[], { folders }: Task): string {
  for (const written of files) {
    const file = ofDebian(written);
    if (hasJinja(file))
      throw new NotTranslated(`which file of variables it reads depends on more than the family: ${written}`, HINT);
    const path = folders
      .flatMap((folder) => [join(folder, 'vars', file), join(folder, file)])
      .find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
    if (path !== undefined) return path;
  }
  throw new NotTranslated(`there is no file ${files.join(', ')}`);
}
