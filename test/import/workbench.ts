/** From tasks in YAML to the role that is written of them. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ImportedRole, importRoles } from '../../src/import/import.ts';

export interface Imported {
  readonly role: ImportedRole;
  /** The whole file. */
  readonly code: string;
  /** The list of resources, without indentation. */
  readonly resources: string;
}

/** Imports a playbook; `files` are further ones beside it. */
export function importPlaybook(playbook: string, files: Readonly<Record<string, string>> = {}): Imported {
  const folder = mkdtempSync(join(tmpdir(), 'provision-import-'));
  for (const [name, text] of Object.entries({ ...files, 'site.yml': playbook })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const [role] = importRoles({ path: join(folder, 'site.yml'), folder: join(folder, 'out'), force: false });
  if (role === undefined) throw new Error('nothing was imported');
  const code = readFileSync(join(folder, 'out', 'site.ts'), 'utf8');
  return { role, code, resources: resourcesIn(code) };
}

/** Imports tasks, written without the play around them, and what a role has by default. */
export function importTasks(tasks: string, vars = '', files: Readonly<Record<string, string>> = {}): Imported {
  const play = `- hosts: all\n  roles: [base]\n  tasks:\n${indent(tasks, 4)}\n`;
  return importPlaybook(play, { ...files, 'roles/base/defaults/main.yml': `${vars}\n` });
}

function indent(text: string, blanks: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(blanks));
}

function resourcesIn(code: string): string {
  const lines = code.split('\n');
  if (code.includes('=> [],')) return '';
  const start = lines.findIndex((line) => /(return|=>) \[$/.test(line));
  const end = lines.findLastIndex((line) => /^ +\](;|,)$/.test(line));
  const body = lines.slice(start + 1, end);
  const common = Math.min(...body.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return body.map((line) => line.slice(common)).join('\n');
}
