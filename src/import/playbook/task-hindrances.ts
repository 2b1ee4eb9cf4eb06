/** The keywords of a task that change what it does in a way that no resource has. */

import { nothing } from '../modules/nothing.ts';
import { NotTranslated } from '../not-translated.ts';
import { areDefaultsClear, isRefused } from './keywords.ts';
import type { Task } from './play.ts';
import { entriesOf } from './yaml-source.ts';

/** Keywords that change what a task does in a way that no resource has. */
const HINDRANCES: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  delegate_to: ['it is done on another host (delegate_to)', 'Give that host a role of its own.'],
  run_once: ['it is done on one host of all (run_once)', 'Give that host a role of its own.'],
  until: ['it is done again until something holds (until)', 'Use httpCheck, or a command that waits.'],
  async: ['it runs in the background (async)', 'Give a command more time: timeoutMs.'],
  failed_when: ['what counts as a failure is computed (failed_when)', 'Write `unless` for what it shall come to.'],
  local_action: ['it runs on this machine', 'Do it before the run.'],
};

/** A command that only looks: a role has no use for what it tells, and who reads it is told of that. */
export function changesNothing({ module, keywords, args }: Task): boolean {
  const isLook = args.creates === undefined && args.removes === undefined;
  return ['command', 'shell'].includes(module) && keywords.changed_when === false && isLook;
}

/** @throws NotTranslated */
export function checkKeywords(task: Task): void {
  const { keywords, module } = task;
  if (wordsIn(keywords.tags).includes('never'))
    throw new NotTranslated('it is done only where its tag is asked for (tags: never)', 'Make it a role of its own.');
  if (keywords.check_mode !== undefined && !/^(false|no)$/i.test(String(keywords.check_mode)))
    throw new NotTranslated('it only tells what it would do (check_mode)', 'provision plan tells that of all.');
  checkConnection(keywords.connection);
  if (!areDefaultsClear(module, keywords))
    throw new NotTranslated(
      'what its module does by default is not known now (module_defaults)',
      'Say it in the task.',
    );
  const isNever = isRefused(keywords.failed_when);
  if (isNever && !changesNothing(task) && !nothing.names.includes(module))
    throw new NotTranslated('its failure does not count (failed_when: false)', SAY_WHAT);
  for (const [key, [why, hint]] of Object.entries(HINDRANCES)) {
    if (keywords[key] !== undefined && !isRefused(keywords[key])) throw new NotTranslated(why, hint);
  }
  // In a check of what would be done, whose failures count for nothing, nothing fails here.
  const isIgnored = /^(false|no|\{\{\s*ansible_check_mode\s*\}\})$/i;
  if (keywords.ignore_errors !== undefined && !isIgnored.test(String(keywords.ignore_errors))) {
    throw new NotTranslated('its failure does not count (ignore_errors)', SAY_WHAT);
  }
}

const SAY_WHAT = 'A run ends at what fails: say what it shall come to.';

/** Whichever way a host is reached, it is the inventory's affair; what is done elsewhere is another task. */
function checkConnection(connection: unknown): void {
  if (connection === undefined || ['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(String(connection))) return;
  const [why, hint] = HINDRANCES.local_action ?? [];
  if (connection === 'local') throw new NotTranslated(`${why} (connection: local)`, hint);
  throw new NotTranslated(
    `it reaches the host by ${connection} (connection)`,
    'Set ansible_connection in the inventory.',
  );
}

/** Tags are a list, or texts with commas. */
function wordsIn(tags: unknown): readonly string[] {
  return entriesOf(tags).flatMap((tag) =>
    String(tag)
      .split(',')
      .map((word) => word.trim()),
  );
}
