import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Finding, findIn, recognise } from '../../../src/wizard/application/recognise.ts';
import { folderWith } from '../setting.ts';

const FLASK = { 'app.py': 'app = Flask(__name__)\n', 'requirements.txt': 'flask' };
const project = (range: string) => ({ 'pyproject.toml': `[project]\nname = "shop"\nrequires-python = "${range}"\n` });
const poetry = (range: string) => ({
  'pyproject.toml': `[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nflask = "^3"\npython = "${range}"\n`,
});
const node = (range: string) => ({
  'package.json': JSON.stringify({ engines: { node: range }, scripts: { start: 'node .' } }),
});

function find(files: Record<string, string>): Finding {
  return findIn('shop', { names: new Set(Object.keys(files)), texts: new Map(Object.entries(files)) });
}

function beginning(files: Record<string, string>): readonly string[] {
  return (find(files).dockerfile?.text ?? '').split('\n').slice(0, 2);
}

it.each<[Record<string, string>, string, string]>([
  [{}, '3.13', 'no file here asks for another'],
  [project('>=3.11,<3.13'), '3.12', 'pyproject.toml asks for >=3.11,<3.13'],
  [project('==3.12.*'), '3.12', 'pyproject.toml asks for ==3.12.*'],
  [project('>=3.14'), '3.14', 'pyproject.toml asks for >=3.14'],
  [project('>=3.9'), '3.13', 'pyproject.toml asks for >=3.9'],
  [project('~=3.11'), '3.13', 'pyproject.toml asks for ~=3.11'],
  [project('~=3.11.2'), '3.11', 'pyproject.toml asks for ~=3.11.2'],
  [project('>=3.12, !=3.13.*, !=3.14.*'), '3.12', 'pyproject.toml asks for >=3.12, !=3.13.*, !=3.14.*'],
  [project('>=3.9,<=3.12'), '3.11', 'pyproject.toml asks for >=3.9,<=3.12'],
  [project('==3.11.4'), '3.11.4', 'pyproject.toml asks for ==3.11.4'],
  [project('==3.11'), '3.11.0', 'pyproject.toml asks for ==3.11'],
  [poetry('~3.11'), '3.11', 'pyproject.toml asks for ~3.11'],
  [poetry('^3.9,<3.13'), '3.12', 'pyproject.toml asks for ^3.9,<3.13'],
  [poetry('~3.10 || ~3.11'), '3.11', 'pyproject.toml asks for ~3.10 || ~3.11'],
  [{ '.python-version': '# ours\n3.12.4\n' }, '3.12.4', '.python-version asks for 3.12.4'],
  [{ ...project('>=3.9'), '.python-version': '3.10\n' }, '3.10', '.python-version asks for 3.10'],
  [{ ...project('<3.12'), '.python-version': 'system\n' }, '3.11', 'pyproject.toml asks for <3.12'],
  [{ 'runtime.txt': 'python-3.11.9\n' }, '3.11.9', 'runtime.txt asks for 3.11.9'],
  [{ Pipfile: '[requires]\npython_version = "3.10"\n' }, '3.10', 'Pipfile asks for 3.10'],
  [{ 'setup.py': "setup(python_requires='<3.10')" }, '3.9', 'setup.py asks for <3.10'],
])('Python as %j asks for it', (files, version, why) => {
  expect(beginning({ ...FLASK, ...files })).toEqual([`# Python ${version}: ${why}.`, `FROM python:${version}-slim`]);
});

it.each<[Record<string, string>, string, string]>([
  [{ 'package.json': '{"scripts":{"start":"node ."}}' }, '24', 'no file here asks for another'],
  [node('18.x'), '18', 'package.json asks for 18.x'],
  [node('>=20 <23'), '22', 'package.json asks for >=20 <23'],
  [node('>=18'), '24', 'package.json asks for >=18'],
  [node('<=20'), '20', 'package.json asks for <=20'],
  [node('16 - 18'), '18', 'package.json asks for 16 - 18'],
  [node('^18.17.0 || ^20.5.0'), '20', 'package.json asks for ^18.17.0 || ^20.5.0'],
  [node('*'), '24', 'package.json asks for *'],
  [node('26'), '26', 'package.json asks for 26'],
  [{ ...node('>=18'), '.nvmrc': 'v20.11.1\n' }, '20.11.1', '.nvmrc asks for v20.11.1'],
  [{ ...node('>=18'), '.nvmrc': 'lts/iron\n' }, '20', '.nvmrc asks for lts/iron'],
  [{ ...node('>=18'), '.node-version': '22\n' }, '22', '.node-version asks for 22'],
])('Node as %j asks for it', (files, version, why) => {
  expect(beginning(files)).toEqual([`# Node ${version}: ${why}.`, `FROM node:${version}-slim`]);
});

it('a site that is built has the Node that it asks for', () => {
  const files = { 'package.json': JSON.stringify({ engines: { node: '20' }, scripts: { build: 'vite build' } }) };
  expect(beginning(files)[1]).toBe('FROM node:20-slim AS build');
});

it('tells of a version that is not there', () => {
  const note = '.python-version asks for Python pypy3.10, of which no image is known: it has 3.13.';
  const files = { ...FLASK, '.python-version': 'pypy3.10' };
  expect(beginning(files)).toEqual([`# ${note}`, 'FROM python:3.13-slim']);
  expect(find(files).dockerfile?.note).toBe(note);
});

it('looks beside manage.py first', () => {
  const django = { 'src/manage.py': '', 'src/shop/wsgi.py': '', 'src/requirements.txt': 'django' };
  const files = { ...django, 'src/runtime.txt': 'python-3.11', 'runtime.txt': 'python-3.10' };
  expect(beginning(files)[0]).toBe('# Python 3.11: src/runtime.txt asks for 3.11.');
});

it('reads the packages of [project] without tomllib, which Python before 3.11 does not have', () => {
  const text = find({ 'app.py': FLASK['app.py'], ...project('<3.11') }).dockerfile?.text;
  expect(text).toContain('RUN python -c "import pip._vendor.tomli as tomllib; project');
});

it('reads files of a folder whose names begin with a dot', () => {
  const folder = folderWith({ ...FLASK, '.python-version': '3.12' });
  expect(recognise(folder).dockerfile?.text).toContain('FROM python:3.12-slim\n');
  rmSync(folder, { recursive: true });
});
