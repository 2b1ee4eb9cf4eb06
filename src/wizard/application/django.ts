/** Which names a Django application answers to, as its settings say: to a request for any other it answers 400. */
import { join } from 'node:path';
import type { Sources } from './framework.ts';

export interface AllowedHosts {
  /** Where they are set, or are to be: `shop/settings.py, line 28`. Relative to the application's folder. */
  readonly where: string;
  /** Those that stand there. */
  readonly names: readonly string[];
  /** A list of them is read from this variable of the environment. */
  readonly variable?: { readonly name: string; readonly separator: string };
  /** They are made in a way that nobody can read off the text. */
  readonly isUnclear?: true;
}

const SETTINGS_MODULE = /DJANGO_SETTINGS_MODULE['"]\s*(?:,|\]\s*=)\s*['"]([\w.]+)['"]/;
const ASSIGNMENT = /^[ \t]*ALLOWED_HOSTS[ \t]*(?::[^=\n]*)?(?:\+?=|\.(?:append|extend)(?=\())/gm;
const TEXT = /(['"])(.*?)\1/g;
const VARIABLE =
  /(?:\benviron(?:\.get)?\s*[[(]|\bgetenv\s*\(|\b(?:env|config)(?:\.(?:list|str|tuple|get))?\s*\()\s*['"](\w+)['"]/;
const MAKES_LIST = /\benv\.(?:list|tuple)\s*\(|\bCsv\s*\(|\bcast\s*=\s*list\b/;

/**
 * @param folder where manage.py is
 * @param module of the server: `shop.wsgi`
 * @returns undefined where its settings are not found
 */
export function allowedHosts(folder: string, module: string, { texts }: Sources): AllowedHosts | undefined {
  const files = settingsFiles(folder, module, texts);
  const found = files.map((file) => ({ file, statements: assignmentsIn(texts.get(file) ?? '') }));
  // Files that share what is common: the one that is named has the last word.
  const { file, statements } = found.find((one) => one.statements.length > 0) ?? { file: files[0], statements: [] };
  if (file === undefined) return undefined;
  const [first] = statements;
  const where = first === undefined ? file : `${file}, line ${first.line}`;
  const codes = statements.map(({ code }) => code);
  const variable = codes.map(variableOf).find((one) => one !== undefined);
  const names = codes.flatMap(literalNames).filter((name) => name !== variable?.name);
  const isUnclear = variable === undefined && codes.some((code) => /\w/.test(code.replaceAll(TEXT, '')));
  return { where, names, ...(variable && { variable }), ...(isUnclear && { isUnclear }) };
}

/** Whether it answers to a name. @param further names that its variable of the environment gives */
export function lets(name: string, { names }: AllowedHosts, further: readonly string[] = []): boolean {
  const bare = name.toLowerCase();
  return [...names, ...further].some((allowed) => {
    const pattern = allowed.toLowerCase();
    return pattern === '*' || pattern === bare || (pattern.startsWith('.') && `.${bare}`.endsWith(pattern));
  });
}

/** The file that the server names, and then those beside it, where settings are split over a folder. */
function settingsFiles(folder: string, module: string, texts: Sources['texts']): readonly string[] {
  const server = texts.get(join(folder, `${module.replaceAll('.', '/')}.py`)) ?? '';
  const named = SETTINGS_MODULE.exec(server)?.[1] ?? module.replace(/\.wsgi$/, '.settings');
  const path = join(folder, named.replaceAll('.', '/'));
  const parent = path.replace(/\/[^/]*$/, '/');
  const isSplit = /(^|\/)(settings|config)\/$/.test(parent);
  const beside = [...texts.keys()].filter(
    (file) => file.startsWith(isSplit ? parent : `${path}/`) && file.endsWith('.py'),
  );
  const all = [`${path}.py`, `${path}/__init__.py`, ...beside.sort()];
  return [...new Set(all)].filter((file) => texts.has(file));
}

interface Assignment {
  readonly line: number;
  /** What stands on its right, without comments. */
  readonly code: string;
}

function assignmentsIn(text: string): readonly Assignment[] {
  return [...text.matchAll(ASSIGNMENT)].map(({ 0: begin, index }) => ({
    line: text.slice(0, index).split('\n').length,
    code: statementFrom(text.slice(index + begin.length)),
  }));
}

/** Up to the end of the line, or of the brackets that are opened there. */
function statementFrom(text: string): string {
  let depth = 0;
  const code: string[] = [];
  for (const line of text.split('\n')) {
    const bare = line.replace(/(^|\s)#.*/, '');
    const brackets = bare.replaceAll(TEXT, '');
    depth += (brackets.match(/[[({]/g)?.length ?? 0) - (brackets.match(/[\])}]/g)?.length ?? 0);
    code.push(bare);
    if (depth <= 0) break;
  }
  return code.join('\n');
}

/** One that holds a single name leaves no room for the health checks. */
function variableOf(code: string): AllowedHosts['variable'] {
  const name = VARIABLE.exec(code)?.[1];
  const split = /\.split\(\s*(?:(['"])(.*?)\1)?/.exec(code);
  if (name === undefined || (split === null && !MAKES_LIST.test(code))) return undefined;
  return {
    name,
    separator: split?.[2]?.trim() || (split === null ? ',' : split[1] === undefined ? ' ' : split[2] || ' '),
  };
}

function literalNames(code: string): readonly string[] {
  const withoutCalls = code.replaceAll(/\.split\([^)]*\)/g, '');
  return [...withoutCalls.matchAll(TEXT)]
    .flatMap(([, , text = '']) => text.split(/[\s,]+/))
    .filter((name) => name !== '');
}
