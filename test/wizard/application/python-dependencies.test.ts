import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findIn } from '../../../src/wizard/application/recognise.ts';
import { folderWith } from '../setting.ts';

const PROJECT =
  '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask>=3", "redis[hiredis]; python_version > \'3\'"]\n';
const POETRY = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nflask = "^3"\n';
const BUILT = `${PROJECT}[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n`;

/** How setuptools finds more than one package: it refuses the folder. */
const FLAT = { 'app/__init__.py': 'app = Flask(__name__)\n', 'migrations/env.py': '', 'models.py': '' };
const FASTAPI = { 'app/main.py': 'app = FastAPI()\n', 'migrations/env.py': '' };
const DJANGO = { 'manage.py': '', 'shop/wsgi.py': '', 'orders/models.py': '' };

function dockerfile(files: Record<string, string>): string {
  const found = findIn('shop', { names: new Set(Object.keys(files)), texts: new Map(Object.entries(files)) });
  return found.dockerfile?.text ?? '';
}

it.each<[string, Record<string, string>, string]>([
  ['Flask', FLAT, 'gunicorn'],
  ['FastAPI', FASTAPI, 'uvicorn'],
  ['Django', DJANGO, 'gunicorn'],
])(
  '%s in a folder that is no package: what [project] names is installed, and it runs where it lies',
  (_name, files, server) => {
    const text = dockerfile({ ...files, 'pyproject.toml': PROJECT });
    expect(text).not.toMatch(/pip install .* \.\/?(\n|$)/);
    expect(text).toContain(`pip install --no-cache-dir ${server} -r /tmp/requirements.txt\n\nCOPY . .\n`);
  },
);

it.each<[string, Record<string, string>, string, string]>([
  ['uv.lock', { 'pyproject.toml': PROJECT, 'uv.lock': '' }, 'uv sync --frozen', 'COPY pyproject.toml uv.lock ./'],
  [
    'poetry.lock',
    { 'pyproject.toml': POETRY, 'poetry.lock': '' },
    'poetry install',
    'COPY pyproject.toml poetry.lock ./',
  ],
  ['poetry alone', { 'pyproject.toml': POETRY }, 'poetry install', 'COPY pyproject.toml ./'],
])('%s says which versions', (_name, files, part, copy) => {
  const text = dockerfile({ ...FLAT, ...files });
  expect(text).toContain(part);
  expect(text).toContain(`${copy}\n`);
  expect(text).toMatch(/install .*gunicorn\n\nCOPY \. \.\n\n/);
});

it('is installed where it is a package', () => {
  const alone = dockerfile({ ...FLAT, 'pyproject.toml': BUILT });
  expect(alone).toContain('COPY . .\nRUN pip install --no-cache-dir gunicorn .\n');
  const underSrc = { 'src/shop/app.py': 'app = Flask(__name__)\n', 'pyproject.toml': BUILT, 'uv.lock': '' };
  expect(dockerfile(underSrc)).toContain('COPY . .\nRUN pip install --no-cache-dir --no-deps .\n');
});

/** tomllib came with 3.11; the image has a newer one. */
const hasPython = spawnSync('python3', ['-c', 'import tomllib']).status === 0;

it.skipIf(!hasPython)('prints the packages as pip reads them, and none where none are named', () => {
  const [, command = ''] =
    /RUN (python -c .*) >\/tmp\/requirements.txt/.exec(dockerfile({ ...FLAT, 'pyproject.toml': PROJECT })) ?? [];
  const print = (pyproject: string) => {
    const folder = folderWith({ 'pyproject.toml': pyproject });
    const printed = execFileSync('/bin/sh', ['-c', command.replace('python', 'python3')], {
      cwd: folder,
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    return printed.trim().split('\n');
  };
  expect(print(PROJECT)).toEqual(['flask>=3', "redis[hiredis]; python_version > '3'"]);
  expect(print('[tool.ruff]\nline-length = 100\n')).toEqual(['']);
});
