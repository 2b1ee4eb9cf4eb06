/** Answers become an inventory, and what is written beside it. */
import { dirname, join, relative } from 'node:path';
import { isSecretName } from '../inventory/secrets/secret-name.ts';
import { djangoNotes } from './application/django-notes.ts';
import type { Tools } from './asking/ask.ts';
import { namingAnswer } from './inventory/answer-at.ts';
import { changedInventoryText, newInventoryText } from './inventory/document.ts';
import { toTree } from './inventory/to-tree.ts';
import { partsOf, VARIABLE } from './notations.ts';
import { fileOf, type Opened } from './opened.ts';
import type { Places } from './places.ts';
import type { Answers, View } from './question.ts';
import { dataApartNotes } from './questions/data.ts';
import { extrasFor } from './save.ts';
import { completeAnswers, createView } from './view.ts';
import { writeChecked } from './write-checked.ts';

export interface Written {
  /** The inventory, as commands of the same folder name it. */
  readonly inventory: string;
  /** All answers, for what is told at the end. */
  readonly answers: Answers;
  /** What was written besides, relative. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
  readonly isChanged: boolean;
  /** There was none of that name, or it was replaced. */
  readonly isNew: boolean;
  /** Whether something in it is encrypted. */
  readonly isEncrypted: boolean;
}

export interface Environment {
  readonly tools: Tools;
  /** Absolute path of the JSON Schema of inventories. */
  readonly schema: string;
}

/** @throws what the check of the whole throws: nothing is written then */
export async function writeAnswers(answers: Answers, opened: Opened, { tools, schema }: Environment): Promise<Written> {
  const { machine } = tools;
  const { folder } = machine;
  const file = fileOf(answers, opened, tools);
  const view = createView(answers, machine);
  const complete = completeAnswers(answers, machine);
  const tree = toTree(complete, { folder, file }, opened.names);
  const shown = relative(folder, file) || file;
  const content =
    opened.text === undefined
      ? newInventoryText(tree, schemaFor({ folder, file }, schema))
      : changedInventoryText(opened.text, shown, opened.before, tree);
  const { files, notes } = extrasFor(view, complete, { folder, file });
  const isChanged = content !== opened.text;
  const checkWhole = (path: string) => tools.checkWhole(inFolder(path, folder));
  const wanted = { file, content: isChanged ? content : undefined, before: opened.text, extras: files };
  await writeChecked(wanted, { checkWhole, onSignal: tools.onSignal }).catch((error: unknown) => {
    throw isChanged ? namingAnswer(error, content) : error;
  });
  return {
    inventory: inFolder(file, folder),
    answers: complete,
    files: files.map(({ path }) => relative(folder, path)),
    notes: [...notes, ...openSecrets(view), ...djangoNotes(view), ...dataApartNotes(view)],
    isChanged,
    isNew: opened.text === undefined,
    isEncrypted: content.includes('!vault'),
  };
}

/** As commands of that folder name it. */
function inFolder(file: string, folder: string): string {
  const shown = relative(folder, file);
  return shown.startsWith('..') ? file : shown;
}

/** Variables that are called like secrets, and written as they are. */
function openSecrets(view: View): readonly string[] {
  return view.many('environment').flatMap((entry) => {
    const { name = '', value = '' } = partsOf(VARIABLE, entry);
    if (!isSecretName(name) || value === '' || value.includes('{{')) return [];
    return [
      `${name} stands openly in the inventory: --env ${name}:secret=encrypt:env:${name} encrypts what that variable holds.`,
    ];
  });
}

/** Relative where provision lies within the project or beside it, so that the line holds for others as well. */
function schemaFor({ folder, file }: Places, schema: string): string {
  const around = dirname(folder);
  const isNear = dirname(around) !== around && schema.startsWith(join(around, '/'));
  return isNear ? relative(dirname(file), schema) : schema;
}
