/** The loops of Ansible's tasks: what they go through, and the TypeScript that does the same. */
import { asList, type Code, itemOf, operand, samplesOf } from './code/code.ts';
import { array, chain, type Doc } from './code/layout.ts';
import { mentions } from './code/names.ts';
import { known, NUMBER } from './code/shapes.ts';
import { valueDoc } from './code/value-code.ts';
import { type Scope, translateValue } from './jinja/expressions.ts';
import { NotTranslated } from './not-translated.ts';
import type { Task } from './playbook/play.ts';
import { isRecord } from './playbook/yaml-source.ts';

/** What a task is done for each of. */
export interface Loop {
  readonly list: Code;
  /** The list, where it can be broken into lines. */
  readonly doc: Doc;
  /** What the playbook calls its item. */
  readonly item: string;
  /** All names that the loop brings into the code. */
  readonly names: readonly string[];
  /** The item as a parameter. */
  readonly pattern: string;
  /** How they are taken, as far as they are used. */
  readonly parameters: (used: readonly string[]) => string;
  readonly locals: Readonly<Record<string, Code>>;
}

const LOOPS = ['loop', 'with_items', 'with_list', 'with_flattened', 'with_dict'];

/** The keyword of a loop and what it goes through; undefined where the task is done once. */
export function loopExpression({ keywords }: Task): readonly [string, unknown] | undefined {
  return Object.entries(keywords).find(([key]) => key === 'loop' || key.startsWith('with_'));
}

/** What the playbook calls the item of the loop, and its position. */
export function loopNames({ keywords }: Task): { readonly item: string; readonly index: string | undefined } {
  const control = isRecord(keywords.loop_control) ? keywords.loop_control : {};
  return {
    item: String(control.loop_var ?? 'item'),
    index: control.index_var === undefined ? undefined : String(control.index_var),
  };
}

/** @throws NotTranslated */
export function loopOf(task: Task, scope: Scope): Loop | undefined {
  const [key, value] = loopExpression(task) ?? [];
  if (key === undefined) return undefined;
  if (!LOOPS.includes(key))
    throw new NotTranslated(`${key} has no equivalent`, 'Write the list, or compute it in the role.');
  const { item, index } = loopNames(task);
  const written = key === 'with_dict' ? entriesWritten(value) : value;
  const isFlat = Array.isArray(written) && (key === 'with_items' || key === 'with_flattened');
  const parts = isFlat ? flattened(written) : written;
  const list = asList(translateValue(parts, scope));
  const entries = /^(Object\.entries\(.*\))\.map\(\(\[key, value\]\) => \(\{ key, value \}\)\)$/.exec(list.code)?.[1];
  if (entries !== undefined && index === undefined) return loopOverEntries(entries, list, item, scope);
  const isStatic = Array.isArray(parts) && !JSON.stringify(parts).includes('{{');
  const samples = isStatic ? parts : samplesOf([list]).flat();
  const local = scope.parameter(item);
  const position = index === undefined ? undefined : scope.parameter(index, [local]);
  const names = [local, ...(position === undefined ? [] : [position])];
  return {
    list,
    doc: isStatic ? valueDoc(parts) : operand(list),
    item,
    names,
    pattern: local,
    parameters: (used) => names.slice(0, names.indexOf(used.at(-1) ?? '') + 1).join(', '),
    locals: {
      [item]: { code: local, shape: itemOf(list), isAtom: true, samples, isWritten: isStatic },
      ...(index === undefined || position === undefined
        ? {}
        : { [index]: { code: position, shape: NUMBER, isAtom: true, isCount: true } }),
    },
  };
}

/** `with_dict` goes through the entries of a mapping, which may be written out. @throws NotTranslated */
function entriesWritten(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\}\}\s*$/, '| dict2items }}');
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  if (entries.length > 1 && entries.some(([key]) => /^\d+$/.test(key)))
    throw new NotTranslated('it goes through a mapping with numbers for keys, which has another order here');
  return entries.map(([key, entry]) => ({ key, value: entry }));
}

/** What goes through the entries of a mapping takes them apart at once. */
function loopOverEntries(doc: string, list: Code, item: string, scope: Scope): Loop {
  const shape = known(itemOf(list));
  const key = scope.parameter('key');
  const value = scope.parameter('value', [key]);
  const pattern = `{ ${key === 'key' ? key : `key: ${key}`}, ${value === 'value' ? value : `value: ${value}`} }`;
  const part = (name: string, local: string): Code => {
    const field = shape.type === 'map' ? shape.fields.get(name) : undefined;
    return { code: local, shape: field?.shape ?? { type: 'unknown' }, isAtom: true };
  };
  return {
    list,
    doc,
    item,
    names: [key, value],
    pattern,
    parameters: (used) =>
      `[${[used.includes(key) ? key : '', used.includes(value) ? value : ''].join(', ').replace(/, $/, '')}]`,
    locals: {
      [item]: { code: pattern, shape, isAtom: true, members: { key: part('key', key), value: part('value', value) } },
    },
  };
}

/** `with_items` goes through lists within its list as well. */
function flattened(list: readonly unknown[]): unknown {
  const hasReferences = list.some((item) => typeof item === 'string' && /^\{\{.*\}\}$/.test(item));
  if (!hasReferences) return list.flat();
  const [only] = list;
  if (list.length === 1) return only;
  throw new NotTranslated('with_items goes through several lists', 'Write one list.');
}

/** The resources of a task for each item of its loop, where the conditions hold. */
export function looped(loop: Loop, resources: readonly Doc[], conditions: readonly Code[]): Doc {
  const { doc, names } = loop;
  const [only] = resources;
  const text = JSON.stringify([resources, conditions.map(({ code }) => code)]);
  const used = names.filter((name) => mentions(text, name));
  const parameters = `(${used.length === 0 ? '' : loop.parameters(used)})`;
  const isOne = resources.length === 1 && only !== undefined;
  if (isOne && conditions.length === 0) {
    return { type: 'spread', of: chain(doc, 'map', { type: 'arrow', parameters, body: only }) };
  }
  const body: Doc =
    conditions.length === 0
      ? array(resources)
      : { type: 'choice', test: conjunction(conditions).code, yes: array(resources), no: '[]' };
  return { type: 'spread', of: chain(doc, 'flatMap', { type: 'arrow', parameters, body }) };
}

/** All of these conditions as one. */
export function conjunction(conditions: readonly Code[]): Code {
  const [only] = conditions;
  if (conditions.length === 1 && only !== undefined)
    return only.code.includes(' ?? ') ? { ...only, code: `(${only.code})` } : only;
  const parts = conditions.map((condition) => (/\|\||\?/.test(condition.code) ? operand(condition) : condition.code));
  return { code: parts.join(' && '), shape: { type: 'boolean' } };
}
