/** `provision import`: from a playbook or role folder of Ansible to roles of our own. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { filesFolder, writeRole } from './code/write-role.ts';
import type { Left } from './entries.ts';
import type { Play, Task, Told } from './playbook/play.ts';
import { readPlays } from './playbook/playbook.ts';
import { translateRole } from './role.ts';
import { markSharedCrontabs } from './shared-crontabs.ts';
import type { Param } from './variable.ts';

export interface ImportRequest {
  /** A playbook, or the folder of a role. */
  readonly path: string;
  /** What to call the role; by default as the playbook's file, or the role's folder. */
  readonly name?: string | undefined;
  /** The folder to write to; by default `roles` beside the playbook. */
  readonly folder?: string | undefined;
  /** Replace what exists. */
  readonly force: boolean;
}

/** A role that was written. */
export interface ImportedRole {
  readonly name: string;
  /** The hosts of its plays; undefined where a role was imported. */
  readonly hosts: string | undefined;
  /** The file of the role, and those beside it; as given on the command line, or beside the playbook. */
  readonly files: readonly string[];
  readonly params: readonly Param[];
  readonly left: readonly Left[];
  /** Options that tasks came over without. */
  readonly omitted: readonly Told[];
  readonly notes: readonly Told[];
  readonly total: number;
}

const LONGEST_NAME = 40;

/**
 * Writes the roles: one for each play, or more where it runs its handlers in between.
 * @throws ProvisionError `playbook-invalid`, `file-unreadable`, `file-unwritable`; `usage` where a role exists already
 */
export function importRoles({ path, name, folder, force }: ImportRequest): readonly ImportedRole[] {
  if (name !== undefined && name !== nameOf(name)) {
    throw new ProvisionError('usage', `--name takes a name of a-z, 0-9, _ and -, not ${JSON.stringify(name)}`, {
      hint: `Write --name ${nameOf(name)}.`,
    });
  }
  const plays = markSharedCrontabs(readPlays(path)).flatMap(partsOf);
  const isFolder = statSync(path).isDirectory();
  const whole = name ?? nameOf(isFolder ? basename(resolve(path)) : basename(path).replace(/\.ya?ml$/, ''));
  const out = folder ?? rolesBeside(path);
  const from = isFolder ? `the role ${basename(resolve(path))}` : basename(path);
  const names = namesOf(plays, whole);
  const roles = plays.map((play, i) => {
    const roleName = names[i] ?? whole;
    const role = translateRole(play);
    const files = new Map([...role.files].map(([file, text]) => [join(filesFolder(roleName), file), text]));
    return {
      name: roleName,
      play,
      role,
      files: new Map([[`${roleName}.ts`, writeRole(roleName, role, from)], ...files]),
    };
  });
  const taken = roles.flatMap((role) => [...role.files.keys()]).find((file) => existsSync(join(out, file)));
  if (taken !== undefined && !force) {
    throw new ProvisionError('usage', `${join(out, taken)} exists already`, {
      hint: 'Give the role another name with --name, or replace it with --force.',
    });
  }
  return roles.map(({ name: roleName, play, role, files }) => {
    for (const [file, text] of files) write(join(out, file), text);
    const { params, left, omitted, notes, total } = role;
    return {
      name: roleName,
      hosts: play.hosts,
      files: [...files.keys()].map((file) => join(out, file)),
      params,
      left,
      omitted,
      notes,
      total,
    };
  });
}

/**
 * A role for each play, for handlers run at its end. Where a play runs them in between, what follows is a role of its own.
 */
function partsOf(play: Play): readonly Play[] {
  const parts: Task[][] = [[]];
  for (const task of play.tasks) {
    const current = parts.at(-1) ?? [];
    const isFlush = task.module === 'meta' && task.args._raw === 'flush_handlers' && task.conditions.length === 0;
    if (!isFlush) current.push(task);
    else if (current.some(({ keywords }) => keywords.notify !== undefined)) parts.push([]);
  }
  const filled = parts.filter((tasks, i) => tasks.length > 0 || i === 0);
  return filled.map((tasks, i) => ({ ...play, tasks, ...(i === 0 ? {} : NOTHING_TOLD) }));
}

/** What is told of a play is told once. */
const NOTHING_TOLD = { notes: [], omitted: [] };

/** The name of the whole for a single role; else with that of each play, or with numbers where those are not enough. */
function namesOf(plays: readonly Play[], whole: string): readonly string[] {
  if (plays.length === 1) return [whole];
  const names = plays.map(({ name }) => `${whole}-${nameOf(name)}`);
  const areTelling = new Set(names).size === names.length && names.every((name) => name.length <= LONGEST_NAME);
  return areTelling ? names : plays.map((_, i) => `${whole}-${i + 1}`);
}

/** As roles are called: what stands in `roles` of an inventory, and in a file's name. */
function nameOf(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'imported'
  );
}

/** A role of Ansible's lies beside others, in a folder `roles`: so does ours then. */
function rolesBeside(path: string): string {
  const folder = dirname(resolve(path));
  return relative('.', basename(folder) === 'roles' ? folder : join(folder, 'roles')) || '.';
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new ProvisionError('file-unwritable', `${relative('.', path)} cannot be written: ${code}`, { cause });
  }
}
