/** Hands out the names of a role's TypeScript: each means nothing else where it stands. */

import type { RoleContext } from '../../index.ts';
import * as api from '../../index.ts';
import { HELPERS } from './constants.ts';

/** Code of the folder that the files of the role are in. */
export const FOLDER = 'FOLDER';

/** What names of JavaScript may not be in strict code, and what written code calls without an import. */
const OF_JAVASCRIPT = `arguments await break case catch class const continue debugger default delete do else enum eval export
  extends false finally for function if implements import in instanceof interface let new null package private protected
  public return static super switch this throw true try typeof undefined var void while with yield
  Array BigInt Boolean Date Error Infinity JSON Map Math NaN Number Object Promise Reflect RegExp Set String Symbol
  console globalThis process`;

/** What a role is told. */
const CONTEXT: Readonly<Record<keyof RoleContext<unknown>, true>> = {
  params: true,
  facts: true,
  host: true,
  secret: true,
  localPath: true,
  peers: true,
};

const RESERVED: ReadonlySet<string> = new Set([
  ...OF_JAVASCRIPT.split(/\s+/),
  ...Object.keys(CONTEXT),
  ...Object.keys(api),
  ...Object.keys(HELPERS),
  FOLDER,
  'readFileSync',
]);

/** The names of one role. */
export interface Names {
  /** For all of the role: another than all that were handed out. @param otherwise instead of one that is reserved */
  constant(wish: string, otherwise?: string): string;
  /** Of a function: another than those of the functions that it stands in, and than all constants. */
  parameter(wish: string, enclosing?: readonly string[]): string;
  /** Takes back what was handed out since: call what it returns. */
  mark(): () => void;
}

export function createNames(): Names {
  const constants = new Set<string>();
  const parameters = new Set<string>();

  return {
    constant(wish, otherwise) {
      const base = otherwise !== undefined && RESERVED.has(wish) ? otherwise : wish;
      const name = free(base, (candidate) => constants.has(candidate) || parameters.has(candidate));
      constants.add(name);
      return name;
    },
    parameter(wish, enclosing = []) {
      const name = free(wish, (candidate) => constants.has(candidate) || enclosing.includes(candidate));
      parameters.add(name);
      return name;
    },
    mark() {
      const before = [constants, parameters].map((names) => [names, new Set(names)] as const);
      return () => {
        for (const [names, known] of before) for (const name of names) if (!known.has(name)) names.delete(name);
      };
    },
  };
}

/** No name that is reserved has an underscore at its end. */
function free(wish: string, isTaken: (name: string) => boolean): string {
  const word = wish.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
  const base = RESERVED.has(word) ? `${word}_` : word;
  let name = base;
  for (let number = 2; isTaken(name) || RESERVED.has(name); number += 1) name = `${base}${number}`;
  return name;
}

/** Whether code uses a name: not as a property of something, but after the dots of a spread. */
export function mentions(code: string, name: string): boolean {
  return new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)${name}\\b`).test(code);
}
