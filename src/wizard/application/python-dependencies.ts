/** How the image of a program in Python gets the packages that it needs, by the files that name them. */
import { join } from 'node:path';
import type { Sources } from './framework.ts';

/** Prints what `[project]` needs, one package a line: pip itself reads that only where it builds the project as a package. */
const PRINT_DEPENDENCIES = [
  "project = tomllib.load(open('pyproject.toml', 'rb')).get('project', {})",
  "print(*project.get('dependencies', []), sep='\\n')",
].join('; ');

/**
 * What changes seldom is installed first, so that Docker need not do it again for each version.
 * @param server what serves it, besides what it needs itself
 * @param folder where the packages that it needs are named
 * @param version of Python
 */
export function pythonDependencies(
  server: readonly string[],
  sources: Sources,
  folder: string,
  version: string,
): readonly string[] {
  const { names } = sources;
  const has = (file: string) => names.has(join(folder, file));
  const install = `RUN pip install --no-cache-dir ${server.join(' ')}`;
  const copy = (...files: readonly string[]) => `COPY ${files.map((file) => join(folder, file)).join(' ')} ./`;
  if (has('requirements.txt')) return [copy('requirements.txt'), `${install} -r requirements.txt`, '', 'COPY . .'];
  if (has('Pipfile')) {
    const lock = has('Pipfile.lock');
    return [
      copy('Pipfile', ...(lock ? ['Pipfile.lock'] : [])),
      `${install} pipenv && pipenv install --system ${lock ? '--deploy' : '--skip-lock'}`,
      '',
      'COPY . .',
    ];
  }
  if (!has('pyproject.toml')) {
    return has('setup.py') ? asPackage(install, folder) : [install, '', 'COPY . .'];
  }
  const { isBuilt, isPoetry } = tablesOf(sources.texts.get(join(folder, 'pyproject.toml')) ?? '');
  const rest = [...copyAll(isBuilt, sources, folder)];
  if (has('uv.lock')) return [copy('pyproject.toml', 'uv.lock'), ...byUv(server), '', ...rest];
  if (has('poetry.lock')) return [...byPoetry(server, copy('pyproject.toml', 'poetry.lock')), '', ...rest];
  // Whoever names what builds it, or has a setup.py, means it to be installed.
  if (isBuilt || has('setup.py')) return asPackage(install, folder);
  if (isPoetry) return [...byPoetry(server, copy('pyproject.toml')), '', ...rest];
  return [copy('pyproject.toml'), ...ofProject(install, version), '', 'COPY . .'];
}

/** Whether the folder is installed as a package, so that what lies in src/ is imported without `src.` before it. */
export function isInstalled({ names, texts }: Sources): boolean {
  if (names.has('requirements.txt') || names.has('Pipfile')) return false;
  const isLocked = names.has('pyproject.toml') && (names.has('uv.lock') || names.has('poetry.lock'));
  return tablesOf(texts.get('pyproject.toml') ?? '').isBuilt || (names.has('setup.py') && !isLocked);
}

function tablesOf(pyproject: string) {
  return {
    isBuilt: /^\[build-system\]/m.test(pyproject),
    isPoetry: /^\[tool\.poetry[.\]]/m.test(pyproject) && !/^\[project\]/m.test(pyproject),
  };
}

/** The folder is a package: it says itself what it needs. */
function asPackage(install: string, folder: string): readonly string[] {
  return ['COPY . .', `${install} ${inContext(folder)}`];
}

/** A program runs from its folder. Under src/ its own imports find it only once it is installed. */
function copyAll(isBuilt: boolean, { names }: Sources, folder: string): readonly string[] {
  const isUnderSrc = [...names].some((file) => file.startsWith(join(folder, 'src/')));
  const install = `RUN pip install --no-cache-dir --no-deps ${inContext(folder)}`;
  return isBuilt && isUnderSrc ? ['COPY . .', install] : ['COPY . .'];
}

function inContext(folder: string): string {
  return folder === '.' ? '.' : `./${folder}`;
}

/** Into the Python of the image: https://docs.astral.sh/uv/concepts/projects/config/#project-environment-path */
function byUv(server: readonly string[]): readonly string[] {
  return [
    'RUN pip install --no-cache-dir uv \\',
    '    && UV_PROJECT_ENVIRONMENT=/usr/local uv sync --frozen --no-dev --no-install-project --inexact --no-cache \\',
    `    && uv pip install --system --no-cache ${server.join(' ')}`,
  ];
}

/** What Poetry itself needs stays apart from what the application needs: each may want another version. */
function byPoetry(server: readonly string[], copy: string): readonly string[] {
  return [
    'RUN python -m venv /opt/poetry && /opt/poetry/bin/pip install --no-cache-dir poetry && python -m venv /opt/venv',
    'ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
    copy,
    'RUN /opt/poetry/bin/poetry install --no-interaction --no-cache --only main --no-root \\',
    `    && pip install --no-cache-dir ${server.join(' ')}`,
  ];
}

/** Without `[build-system]` it is no package to install: setuptools would refuse a folder with several. */
function ofProject(install: string, version: string): readonly string[] {
  // Python has had it since 3.11; pip brings one of its own before.
  const isOld = Number(version.split('.')[1]) < 11;
  const toml = isOld ? 'import pip._vendor.tomli as tomllib' : 'import tomllib';
  return [
    `RUN python -c "${toml}; ${PRINT_DEPENDENCIES}" >/tmp/requirements.txt \\`,
    `    && ${install.slice('RUN '.length)} -r /tmp/requirements.txt`,
  ];
}
