/** Changes of one resource in words. */
import type { Change } from '../resources/contract.ts';
import type { Style } from './colour.ts';
import { diffStat } from './diff-text.ts';
import { printable } from './printable.ts';
import { truncate } from './width.ts';

export type Action = Change['action'];

export interface Mark {
  readonly mark: string;
  readonly style: Style;
}

/** How each action is marked, and what is no action: `unknown`, `ok`, `handler` and `failed`. */
export const MARKS: Readonly<Record<Action | 'unknown' | 'ok' | 'handler' | 'failed', Mark>> = {
  create: { mark: '+', style: 'green' },
  update: { mark: '~', style: 'yellow' },
  delete: { mark: '-', style: 'red' },
  run: { mark: '>', style: 'cyan' },
  conflict: { mark: '!', style: 'red' },
  unknown: { mark: '?', style: 'magenta' },
  ok: { mark: '=', style: 'dim' },
  handler: { mark: '*', style: 'cyan' },
  failed: { mark: 'x', style: 'red' },
};

const MOST_COLUMNS = 200;

/** What happens to the resource as a whole: `update`, unless a change says that it is made, removed, run or in conflict. */
export function actionOf(changes: readonly Change[]): Action {
  if (changes.some(({ action }) => action === 'conflict')) return 'conflict';
  const whole = changes.find(({ what }) => what === '');
  if (whole !== undefined) return whole.action;
  return changes.length > 0 && changes.every(({ action }) => action === 'run') ? 'run' : 'update';
}

/** Each change in a few words: `mode 0600 -> 0644`, `content +3 -1`, `+ group docker`; nothing where the mark says it all. */
export function describeChanges(changes: readonly Change[], resource = actionOf(changes)): string[] {
  return changes.map((change) => describe(change, resource)).filter(Boolean);
}

function describe(change: Change, resource: Action): string {
  const { action, what } = change;
  const mark = action !== resource && what !== '' && action !== 'update' ? MARKS[action].mark : '';
  return [mark, shorten(what), valueText(change)].filter(Boolean).join(' ');
}

function valueText({ action, from, to, text }: Change): string {
  if (text !== undefined) return diffStat(text);
  if (from !== undefined && to !== undefined) return `${shorten(from)} -> ${shorten(to)}`;
  if (to !== undefined) return action === 'update' ? `-> ${shorten(to)}` : shorten(to);
  if (from === undefined) return '';
  return action === 'update' ? `${shorten(from)} -> none` : shorten(from);
}

function shorten(value: string): string {
  return truncate(printable(value).replaceAll('\n', '\\n').replaceAll('\t', '\\t'), MOST_COLUMNS);
}
