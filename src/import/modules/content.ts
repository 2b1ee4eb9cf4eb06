/** What `copy` and `template` have in common: a file, or a unit of systemd, which must learn of it. */
import { basename } from 'node:path';
import type { Code } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import { isUntidy, tidyPath } from '../paths.ts';
import { splitWords } from '../words.ts';
import type { ModuleArguments } from './arguments.ts';
import type { ModuleContext } from './module.ts';
import { BACKUP, leaveOut } from './options.ts';
import { permissions } from './permissions.ts';

const UNIT_FOLDER = '/etc/systemd/system/';
const OF_VARIABLES = /^(?:[\w@.:-]|\$\{[^{}]*\})+\.(?:service|socket|timer|path|mount|target)$/;
const UNIT_FILE = /^([\w@.:-]+\.(?:service|socket|timer|path|mount|target))(?:\.d\/([\w-]+)\.conf)?$/;

/** The file or template that is taken. One that a variable names must be known now: that is told. */
export function sourceOf(args: ModuleArguments, { scope, note }: ModuleContext): string | undefined {
  const [, name = '', filter] =
    /^\{\{\s*(\w+)\s*(?:\|\s*(basename)\s*)?\}\}$/.exec(String(args.raw('src') ?? '')) ?? [];
  const path = name === '' ? undefined : scope.textOf?.(name);
  if (path === undefined) return sourceKnownNow(args);
  const known = filter === undefined ? path : basename(path);
  note(
    `it takes the file ${known}, which ${name} names here`,
    `The inventory cannot change it: write a resource for each file.`,
  );
  return known;
}

/** A filter of a text that stands there is none of variables: `{{ 'a/b.j2' | basename }}`. */
function sourceKnownNow(args: ModuleArguments): string | undefined {
  const [, path] = /^\{\{\s*'([^'\\]*)'\s*\|\s*basename\s*\}\}$/.exec(String(args.raw('src') ?? '')) ?? [];
  return path === undefined ? args.fixed('src') : basename(path);
}

/** The path of the file; a folder, with a slash at its end, gets a file of the source's name. */
export function destination(args: ModuleArguments, source: string | undefined): Code {
  const path = args.required('dest', 'path');
  if (isUntidy(path) && !/[^}/]`$/.test(path.code))
    throw new NotTranslated('whether dest is a folder depends on a variable', 'Write the whole path of the file.');
  if (!/\/['"`]$/.test(path.code)) return tidyPath(path);
  if (source === undefined) throw new NotTranslated('dest is a folder');
  const name = source.replace(/^.*\//, '').replace(/\.j2$/, '');
  const at = path.code.length - 1;
  return tidyPath({
    ...path,
    code: `${path.code.slice(0, at)}${name}${path.code.slice(at)}`,
    literal: path.literal === undefined ? undefined : `${path.literal}${name}`,
  } as Code);
}

/** What both take besides: how the file is checked, who owns it, and that nothing of it is shown. */
export function fileFields(args: ModuleArguments, context: ModuleContext): (readonly [string, Doc | undefined])[] {
  // Files are read here, links with them, and are what was read.
  args.ignore('checksum', 'local_follow');
  leaveOut(args, context, [BACKUP, ['follow', false, 'a link that stands there becomes the file itself']]);
  if (!args.flag('force', true))
    throw new NotTranslated('force: false writes the file only where there is none', 'Use a command with `creates`.');
  return [
    ...permissions(args, context),
    ['validate', validation(args)],
    ['sensitive', context.isSensitive ? 'true' : undefined],
  ];
}

function validation(args: ModuleArguments): Doc | undefined {
  const command = args.fixed('validate');
  if (command === undefined) return undefined;
  return {
    type: 'array',
    items: splitWords(command).map((word) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
  };
}

/** A unit of systemd, or what is added to one: code of their names. */
export interface UnitFile {
  readonly name: string;
  readonly dropIn?: string | undefined;
}

/** Where systemd reads units besides. */
const UNIT_PATH = /^\/(etc|run|lib|usr\/lib|usr\/local\/lib)\/systemd\/system\//;

/** A file that systemd reads, and which does not become a unit here: systemd is not told of it. */
export function tellOfSystemd(path: Code, { leave }: ModuleContext): void {
  const known = [path.literal, ...(path.samples ?? [])].filter((text) => typeof text === 'string');
  const isVariable = !/^['"`]/.test(path.code);
  const isNamedSo = isVariable && known.length === 0 && /unit|service|systemd/i.test(path.code);
  const start = isVariable ? known : [path.code.slice(1)];
  if (!isNamedSo && !start.some((text) => UNIT_PATH.test(text))) return;
  leave(
    'daemon_reload: systemd is not told that this file has changed',
    'Make it a systemdUnit, which tells it, or let it notify a handler: systemctl daemon-reload.',
  );
}

/** The unit that a file is, where it is one that everyone may read, as units are. */
export function unitNamed(path: Code, fields: readonly (readonly [string, Doc | undefined])[]): UnitFile | undefined {
  if (!path.code.startsWith(UNIT_FOLDER, 1)) return undefined;
  const sign = path.code.slice(0, 1);
  const name = path.code.slice(UNIT_FOLDER.length + 1, -1);
  const usual: Readonly<Record<string, string>> = { owner: "'root'", group: "'root'", mode: "'0644'" };
  const isUsual = fields.every(([field, value]) => value === undefined || value === usual[field]);
  if (!isUsual) return undefined;
  // A variable that names it stands for a name: systemdUnit refuses anything else.
  if (sign === '`' && OF_VARIABLES.test(name)) return { name: `\`${name}\`` };
  const [, unitName, dropIn] = UNIT_FILE.exec(name) ?? [];
  return unitName === undefined ? undefined : { name: `'${unitName}'`, dropIn: dropIn && `'${dropIn}'` };
}

export function unit({ name, dropIn }: UnitFile, content: Doc, { scope }: ModuleContext): Doc {
  scope.need('systemdUnit');
  return call(
    'systemdUnit',
    object([
      ['name', name],
      ['dropIn', dropIn],
      ['content', content],
    ]),
  );
}
