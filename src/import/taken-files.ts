/** Files and templates that a role takes along, and how it names them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Code, literal } from './code/code.ts';
import type { Doc } from './code/layout.ts';
import { FOLDER } from './code/names.ts';
import { TEXT } from './code/shapes.ts';
import { NotTranslated } from './not-translated.ts';
import type { Task } from './playbook/play.ts';

function find(path: string, kind: 'files' | 'templates', { folders }: Task): string {
  const candidates = path.startsWith('/')
    ? [path]
    : folders.flatMap((folder) => [join(folder, kind, path), join(folder, path)]);
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) throw new NotTranslated(`there is no file ${path}`);
  if (statSync(found).isDirectory()) throw new NotTranslated(`${path} is a folder`, 'Name each of its files.');
  return found;
}

/** A file of the role's, taken along. What could be a private key is not. */
export function takeFile(path: string, task: Task, files: Map<string, string>): Code {
  const found = find(path, 'files', task);
  const content = readFileSync(found);
  const text = content.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content)) throw new NotTranslated(`the file ${path} is no text`);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY|^\$ANSIBLE_VAULT;/.test(text)) {
    throw new NotTranslated(
      `the file ${path} is secret`,
      'Make it a secret of the inventory, and write it with file({ content: params.NAME }).',
    );
  }
  if (/\.pub$/.test(path)) return literal(text);
  const name = uniqueFile(`files/${basename(path)}`, text, files);
  return { code: `readFileSync(\`\${${FOLDER}}/${name}\`, 'utf8')`, shape: TEXT, isAtom: true };
}

/** The same as `lookup('file')` reads it: without blanks at its end. */
export function lookUpFile(path: string, task: Task, files: Map<string, string>): Code {
  const content = takeFile(path, task, files);
  if (typeof content.literal === 'string') return literal(content.literal.trimEnd());
  return { ...content, code: `${content.code}.trimEnd()` };
}

/** A template of the role's, translated. */
export function takeTemplate(
  path: string,
  task: Task,
  files: Map<string, string>,
  translate: (text: string) => { text: string; vars: Doc },
): { path: string; vars: Doc } {
  const found = find(path, 'templates', task);
  return keepTemplate(basename(path).replace(/\.j2$/, ''), files, translate(readFileSync(found, 'utf8')));
}

/** A template that is translated, as a file of the role's. */
export function keepTemplate(
  base: string,
  files: Map<string, string>,
  { text, vars }: { text: string; vars: Doc },
): { path: string; vars: Doc } {
  const name = uniqueFile(`templates/${base}.hbs`, text, files);
  return { path: `\`\${${FOLDER}}/${name}\``, vars };
}

/** Two files of the same name in different folders are not one. */
function uniqueFile(name: string, text: string, files: Map<string, string>): string {
  const taken = files.get(name);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const free = taken === undefined || taken === text ? name : name.replace(/([^/]+)$/, `${digest}-$1`);
  files.set(free, text);
  return free;
}
