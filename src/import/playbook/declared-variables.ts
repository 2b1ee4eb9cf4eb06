/** The variables that the files of a playbook declare: which value counts. */

import { existsSync } from 'node:fs';
import type { Variable } from '../variable.ts';
import type { Told } from './play.ts';
import { readVariableFile } from './variable-files.ts';
import { isRecord, placeOf } from './yaml-source.ts';

/** Where variables are set, in the order in which they count; what counts before the inventory is the same on all hosts. */
const LEVELS = { defaults: 0, play: 1, files: 2, entry: 3, role: 4 } as const;

type Level = keyof typeof LEVELS;

type Found = Readonly<Record<string, Variable>>;

export interface Declared {
  /** The one that counts, by its name. */
  readonly variables: Map<string, Variable>;
  /** @returns what it sets */
  declare(vars: unknown, level: Level): Found;
  /** As `declare`, of a file. @param container what names it, with the key that does */
  declareFile(path: string, level: Level, container?: object, key?: string): Found;
}

/** @param shown what files are called by @param notes gets what cannot be read */
export function createDeclared(shown: (path: string) => string, notes: Told[]): Declared {
  const variables = new Map<string, Variable>();
  const levels = new Map<string, number>();

  function declare(vars: unknown, level: Level): Found {
    const found = level === 'defaults' ? defaultsIn(vars) : fixed(vars, vars);
    for (const [name, variable] of Object.entries(found)) {
      if (LEVELS[level] < (levels.get(name) ?? 0)) continue;
      variables.set(name, variable);
      levels.set(name, LEVELS[level]);
    }
    return found;
  }

  function declareFile(path: string, level: Level, container?: object, key?: string): Found {
    const found = readVariableFile(path, shown(path), (told) => notes.push(told));
    if (found === undefined) {
      const place = container === undefined ? shown(path) : placeOf(container, key);
      notes.push({
        place,
        why: `the variables in ${shown(path)} cannot be read: ${existsSync(path) ? 'it is encrypted, or no mapping' : 'it is not there'}`,
        hint: 'Set them in the inventory.',
      });
    }
    return declare(found, level);
  }

  return { variables, declare, declareFile };
}

function defaultsIn(vars: unknown): Readonly<Record<string, Variable>> {
  if (!isRecord(vars)) return {};
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, { value, place: placeOf(vars, name) }]));
}

/** Variables that the inventory cannot change. */
export function fixed(vars: unknown, container: unknown): Readonly<Record<string, Variable>> {
  if (!isRecord(vars) || !isRecord(container)) return {};
  const entries = Object.entries(vars).map(([name, value]) => {
    return [name, { value, place: placeOf(container, name), isFixed: true }] as const;
  });
  return Object.fromEntries(entries);
}
