/** Which Python or Node an application's image has: what the project asks for, else the one that is offered. */
import { join } from 'node:path';
import type { Sources } from './framework.ts';
import { firstWithin, type Missing } from './version-range.ts';

export interface Runtime {
  /** As tags of images have it: `3.12`. */
  readonly version: string;
  /** One line for the Dockerfile: which it is, and why. */
  readonly comment: string;
  /** What is asked for and not there. */
  readonly note?: string;
}

interface Asked {
  readonly file: string;
  readonly range: string;
  readonly missing: Missing;
}

/** The first is offered; then the newest. */
const PYTHONS = ['3.13', '3.14', '3.12', '3.11', '3.10', '3.9', '3.8'];
/** The ones with long support before those without. */
const NODES = ['24', '22', '20', '18', '16', '25', '23', '21', '19'];
/** https://github.com/nodejs/Release#release-schedule */
const NODE_NAMES: Readonly<Record<string, string>> = {
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
  '*': '24',
};

/** Where Python is asked for. What developers run comes before what the package would also bear. */
const PYTHON_FILES: readonly (readonly [file: string, pattern: RegExp, missing: Missing])[] = [
  ['.python-version', /^\s*([^#\s]+)/m, 'any'],
  ['runtime.txt', /^\s*python-(\S+)/m, 'any'],
  ['Pipfile', /^\s*python_full_version\s*=\s*["']([^"'\n]+)["']/m, 'any'],
  ['Pipfile', /^\s*python_version\s*=\s*["']([^"'\n]+)["']/m, 'any'],
  ['pyproject.toml', /^\s*requires-python\s*=\s*["']([^"'\n]+)["']/m, 'zero'],
  ['pyproject.toml', /^\[tool\.poetry\.dependencies\](?:\n(?!\[).*)*?\n\s*python\s*=\s*["']([^"'\n]+)["']/m, 'zero'],
  ['setup.py', /\bpython_requires\s*=\s*["']([^"'\n]+)["']/, 'zero'],
];

/** @param folder where the packages are named; the top is looked at after it */
export function pythonVersion({ texts }: Sources, folder: string): Runtime {
  const asked = PYTHON_FILES.flatMap(([name, pattern, missing]): readonly Asked[] => {
    const file = [join(folder, name), name].find((path) => texts.has(path)) ?? name;
    const [, range] = pattern.exec(texts.get(file) ?? '') ?? [];
    return range === undefined ? [] : [{ file, range, missing }];
  });
  return choose('Python', PYTHONS, asked);
}

const NODE_FILES: readonly (readonly [file: string, pattern: RegExp])[] = [
  ['.nvmrc', /^\s*([^#\s]+)/m],
  ['.node-version', /^\s*([^#\s]+)/m],
  ['package.json', /"engines"\s*:\s*\{[^}]*"node"\s*:\s*"([^"\n]+)"/],
];

export function nodeVersion({ texts }: Sources): Runtime {
  const asked = NODE_FILES.flatMap(([file, pattern]): readonly Asked[] => {
    const [, range] = pattern.exec(texts.get(file) ?? '') ?? [];
    return range === undefined ? [] : [{ file, range, missing: 'any' }];
  });
  return choose('Node', NODES, asked);
}

/** By the first file of which an image is known: `system` or `pypy3.10` says nothing to us. */
function choose(language: string, known: readonly string[], asked: readonly Asked[]): Runtime {
  for (const { file, range, missing } of asked) {
    const version = NODE_NAMES[range.replace(/^lts\//, '')] ?? firstWithin(known, range, missing);
    if (version !== undefined) return { version, comment: `# ${language} ${version}: ${file} asks for ${range}.` };
  }
  const [offered = ''] = known;
  const [first] = asked;
  if (first === undefined)
    return { version: offered, comment: `# ${language} ${offered}: no file here asks for another.` };
  const note = `${first.file} asks for ${language} ${first.range}, of which no image is known: it has ${offered}.`;
  return { version: offered, comment: `# ${note}`, note };
}
