/** The inventory that the wizard works on: a new one, one that exists, or what was left unfinished last time. */
import { globSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { isData } from '../inventory/sources/sources.ts';
import { isVault } from '../vault/envelope.ts';
import { readLocalIfAny } from '../vault/local-file.ts';
import type { Tools } from './asking/ask.ts';
import { BACK } from './asking/prompter.ts';
import { applyTo, digestOf } from './changed-file.ts';
import type { Draft, DraftFile } from './draft.ts';
import { inventoryTree } from './inventory/document.ts';
import { DEFAULT_NAMES, type Names } from './inventory/names.ts';
import { readInventory } from './inventory/read.ts';
import { isSame } from './inventory/same.ts';
import { toTree } from './inventory/to-tree.ts';
import type { Tree } from './inventory/tree.ts';
import type { Answer, Answers, Topic } from './question.ts';
import { arises, QUESTIONS, questionOf } from './questions.ts';
import { reapply } from './reapply.ts';
import { completeAnswers, createView } from './view.ts';
import type { Request } from './wizard.ts';

/** An inventory to work on: a new one, or one that was opened. */
export interface Opened {
  /** Absolute; of a new one it depends on its name. */
  readonly file: string | undefined;
  readonly text: string | undefined;
  readonly answers: Answers;
  readonly names: Names;
  readonly locked: ReadonlyMap<Topic, string>;
  readonly before: Tree;
  /** Hosts that are written in a way of their own: they are left alone. */
  readonly otherHosts: readonly string[];
}

/** A draft of last time, an inventory that is named or picked, or a new one. @returns undefined where it is left for now */
export async function begin(request: Request, draft: DraftFile, tools: Tools) {
  const { prompter, machine } = tools;
  const kept = draft.read();
  while (kept !== undefined && (request.inventory === undefined || resolve(request.inventory) === kept.inventory)) {
    const what = kept.inventory === undefined ? 'a new inventory' : relative(machine.folder, kept.inventory);
    const mark = prompter.mark();
    const chosen = await prompter.choose({
      message: `There is unfinished work on ${what}, of ${new Date(kept.at).toLocaleString('sv')}`,
      choices: [
        { value: 'on', name: 'go on with it' },
        { value: 'anew', name: 'start anew' },
      ],
      default: 'on',
    });
    if (chosen === 'anew') break;
    const opened = await open(kept.inventory, tools);
    const answers = await resumedAnswers(kept, opened, tools);
    if (answers === undefined) return undefined;
    if (answers !== BACK) return { opened, answers, resumed: { unfinished: kept.unfinished } };
    prompter.rewind(mark);
  }
  const picked = request.inventory ?? (await pickInventory(request, tools));
  const opened = await open(picked, tools);
  return { opened, answers: opened.answers, resumed: undefined };
}

/** What was answered then, brought to what the file says now. */
async function resumedAnswers({ answers, opened: before }: Draft, there: Opened, tools: Tools) {
  const isNew = before === undefined && there.text === undefined;
  if (isNew) return { ...there.answers, ...answers };
  const isSameText = before !== undefined && there.text !== undefined && digestOf(there.text) === before.digest;
  return isSameText
    ? reapply(answers, before.answers, there, tools.machine).answers
    : applyTo(there, answers, before?.answers, tools);
}

async function pickInventory(request: Request, { prompter, machine }: Tools): Promise<string | undefined> {
  if (request.flags.name !== undefined) return undefined;
  const found = globSync('inventory/*.{yml,yaml}', { cwd: machine.folder }).sort();
  if (found.length === 0) return undefined;
  const chosen = await prompter.choose({
    message: 'Which inventory?',
    choices: [...found.map((file) => ({ value: file, name: `change ${file}` })), { value: '', name: 'a new one' }],
    default: found[0] ?? '',
  });
  return chosen === BACK || chosen === '' ? undefined : chosen;
}

/**
 * @throws ProvisionError `file-unreadable`, `inventory-syntax`, `inventory-structure` where it is no plain YAML file, is encrypted as
 *   a whole, or has anchors
 */
export async function open(inventory: string | undefined, { machine }: Tools): Promise<Opened> {
  const fresh = { names: DEFAULT_NAMES, locked: new Map<Topic, string>(), before: {}, otherHosts: [] };
  if (inventory === undefined) return { ...fresh, file: undefined, text: undefined, answers: {} };
  const file = resolve(machine.folder, inventory);
  const name = basename(file).replace(/\.ya?ml$/, '');
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw notPlain(inventory, 'a folder');
  const text = (await readLocalIfAny(file))?.toString('utf8');
  if (text === undefined) return { ...fresh, file, text, answers: { name } };
  if (isVault(text)) {
    throw new ProvisionError('inventory-structure', 'the inventory is encrypted as a whole', {
      location: inventory,
      hint: 'Decrypt it first, and encrypt single values instead.',
    });
  }
  if (text.startsWith('#!')) throw notPlain(inventory, 'a program');
  if (!isData(file, text) && /\S/.test(text)) throw notPlain(inventory, 'an INI file');
  if (/^\s*\{\s*"/.test(text)) throw notPlain(inventory, 'a JSON file');
  const places = { folder: machine.folder, file };
  const { answers, names, locked, otherHosts } = readInventory(inventoryTree(text, inventory), places);
  const all = withoutUnasked({ ...answers, name }, machine);
  const before = toTree(completeAnswers(all, machine), places, names);
  return { file, text, answers: all, names, locked, before, otherHosts };
}

/** Where the file has nothing to say, as of the users of a database that it has not, the default holds once that is asked. */
function withoutUnasked(answers: Answers, machine: Tools['machine']): Answers {
  const view = createView(answers, machine);
  function isSaid([id, answer = '']: [string, Answer | undefined]): boolean {
    if (answer.length > 0 || !arises(questionOf(id), view)) return answer.length > 0;
    // Without HTTPS the name of the site stands nowhere.
    const isNameless = id === 'domain' && view.one('tls') === 'none';
    return !(isNameless && createView({ ...answers, domain: undefined }, machine).one('domain') !== '');
  }
  return Object.fromEntries(Object.entries(answers).filter(isSaid));
}

function notPlain(inventory: string, what: string): ProvisionError {
  return new ProvisionError(
    'inventory-structure',
    `the inventory is ${what}, and init changes plain YAML files alone`,
    {
      location: inventory,
      hint: 'Change it by hand, or let init write a new file: the other commands read both, --inventory A --inventory B.',
    },
  );
}

/** What needs no answer: of an inventory that exists its name, what others wrote in their own way, and what was never there. */
export function settledQuestions({ file, text, locked, answers }: Opened): ReadonlySet<string> {
  if (text === undefined) return new Set(file === undefined ? [] : ['name']);
  const untouched = QUESTIONS.filter(
    ({ id, topic }) => locked.has(topic) || id === 'name' || (id === 'servers' && answers.servers?.length === 0),
  );
  return new Set(untouched.map(({ id }) => id));
}

/** What stands in the file already is not for the wizard to find fault with. */
export function isAsRead(id: string, answers: Answers, opened: Opened): boolean {
  // What else it sets up, by roles that the wizard does not know, shows in the check of the whole alone.
  if (id === 'appFrom' && opened.text !== undefined && answers.appFrom === 'none') return true;
  return settledQuestions(opened).has(id) || (id in opened.answers && isSame(answers[id], opened.answers[id]));
}

/** Where the inventory stands, or will. Absolute. */
export function fileOf(answers: Answers, { file }: Opened, { machine }: Tools): string {
  return file ?? join(machine.folder, 'inventory', `${createView(answers, machine).one('name')}.yml`);
}
