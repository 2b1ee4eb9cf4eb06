import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Metadata, parseMetadata } from '../shell/path-metadata.ts';
import { type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource, type Unknown } from './contract.ts';
import { absolutePath, fileMode, line, owner, validateWords } from './fields.ts';
import { type ExpectedContent, parseContents, probeContents } from './file-contents.ts';
import { describeType, permissionChanges, setPermissions } from './file-metadata.ts';
import { editLines, expression } from './line-edit.ts';
import { writeFile } from './write-file.ts';

/** A tab is no break: files such as /etc/fstab have them between words. */
const lineWithTabs = () =>
  z.string().regex(/^(?:\t|[^\p{Cc}\u2028\u2029])*$/u, 'must be one line without control characters but tabs');

const pattern = () =>
  line().refine((source) => expression(source) !== undefined, 'must be a regular expression, as JavaScript has it');

const schema = z
  .strictObject({
    path: absolutePath(),
    /** The whole line. With the state `absent` it may be left out where `match` is given. */
    line: lineWithTabs().optional(),
    /** A regular expression: the last line that it finds is replaced; with the state `absent`, all of them are removed. */
    match: pattern().optional(),
    /** Where a new line goes: after the last line that this regular expression finds; by default at the end. */
    after: pattern().optional(),
    /** Or before the last one that this finds. `^` finds every line: it means the beginning of the file. */
    before: pattern().optional(),
    state: z.enum(['present', 'absent']).default('present'),
    /** Make the file where there is none, with this owner and mode, which are then kept. */
    create: z.boolean().default(false),
    owner: owner().optional(),
    group: owner().optional(),
    mode: fileMode().optional(),
    /** A command and its arguments that must accept the file before it is put in place; `%s` stands for its temporary name. */
    validate: validateWords(),
  })
  .refine(({ state, line, match }) => line !== undefined || (state === 'absent' && match !== undefined), {
    path: ['line'],
    error: 'must be given; with the state absent, line or match',
  })
  .refine(({ after, before }) => after === undefined || before === undefined, 'takes after or before, not both');

export type LineInFileInput = z.input<typeof schema>;
export type LineInFile = z.output<typeof schema>;

interface ActualFile {
  /** Undefined where there is nothing of that path. */
  readonly metadata: Metadata | undefined;
  readonly mounted: boolean;
  readonly content: string;
}

/** A file whose lines are not sent as a whole cannot be judged: those are for people and programs to write, not logs. */
const SHOWN_BYTES = 65_536;

/**
 * One line of a file that something else owns: a package's configuration, in which the rest shall stay as it is. Where the
 * whole file is yours, `file` says more, and leaves no doubt. A file that is not there yet is known after apply, when what
 * brings it has been applied; with `create` it is made.
 *
 * @example lineInFile({ path: '/etc/ssh/sshd_config', match: '^#?PermitRootLogin\\b', line: 'PermitRootLogin no' })
 * @example lineInFile({ path: '/etc/hosts', match: '\\sold\\.example$', state: 'absent' })
 */
export const lineInFile = defineResource<LineInFileInput, LineInFile, ActualFile>({
  kind: 'line-in-file',
  schema,
  name: ({ path, line, match }) => `${path}: ${line?.replaceAll('\t', '\\t') ?? match}`,

  probe: (all) => probeContents(paths(all).map(expected)),
  metadataOf: (all) => paths(all),

  parse(output, all): (ActualFile | Unknown)[] {
    const metadata = parseMetadata(output);
    const { contents, mounted } = parseContents(output, paths(all).map(expected));
    return all.map((desired) => {
      const { path, create, state } = desired;
      const found = metadata.get(path);
      const bytes = contents.get(path);
      if (found === undefined && !create && state === 'present') return { unknown: `there is no ${path} yet` };
      if (found?.type === 'file' && bytes === undefined)
        return { unknown: `${path} has more than ${SHOWN_BYTES} bytes` };
      return { metadata: found, mounted: mounted.has(path), content: (bytes ?? Buffer.alloc(0)).toString('latin1') };
    });
  },

  diff(desired, { metadata, content }): Change[] {
    if (metadata !== undefined && metadata.type !== 'file') return [inTheWay(metadata)];
    const { removed, added } = edited(desired, content);
    const permissions =
      metadata === undefined || desired.state === 'absent'
        ? []
        : permissionChanges(wanted(desired, metadata), metadata);
    if (removed === undefined && added === undefined) return permissions;
    const action = removed === undefined ? 'create' : added === undefined ? 'delete' : 'update';
    return [{ action, what: 'line', from: removed && decode(removed), to: added && decode(added) }, ...permissions];
  },

  apply(desired, changes, actual): Script {
    const { path, validate } = desired;
    const { metadata, content, mounted } = actual;
    const permissions = wanted(desired, metadata);
    if (!changes.some(({ what }) => what === 'line')) return setPermissions(path, permissions);
    const inPlace = mounted || (metadata?.links ?? 1) > 1;
    const text = Buffer.from(edited(desired, content).content, 'latin1');
    return sh`
      ${metadata === undefined ? sh`` : unchanged(path, content)}
      ${writeFile({ path, content: text, validate, inPlace, ...permissions })}
    `;
  },

  disturb(desired) {
    const { path, state, line: text = '' } = desired;
    return state === 'absent' ? undefined : sh`grep -vxF -e ${text} ${path} >"$RUN"/rest; cat "$RUN"/rest >${path}`;
  },
});

/** Of all resources, each path once. */
function paths(all: readonly LineInFile[]): readonly string[] {
  return [...new Set(all.map(({ path }) => path))];
}

/** Without a hash to compare with: what matters is a line of it. */
function expected(path: string): ExpectedContent {
  return { path, look: true };
}

/** Lines are compared byte by byte: what is not UTF-8 in the others stays as it is. */
function edited(desired: LineInFile, content: string) {
  return editLines(content, { ...desired, line: desired.line === undefined ? undefined : encode(desired.line) });
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function decode(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** What is not said stays as it is; of a new file it is root's. */
function wanted({ owner, group, mode }: LineInFile, metadata: Metadata | undefined) {
  return {
    owner: owner ?? metadata?.uid ?? 'root',
    group: group ?? metadata?.gid ?? 'root',
    mode: mode ?? metadata?.mode ?? '0644',
  };
}

/** Another program may have written it since it was looked at: its lines would be lost. */
function unchanged(path: string, content: string): Script {
  const sum = createHash('sha256').update(Buffer.from(content, 'latin1')).digest('hex');
  return sh`
    [ "$(sha256sum <${path})" = ${`${sum}  -`} ] || {
      printf '%s was changed since it was looked at; run again\n' ${path} >&2
      exit 1
    }
  `;
}

function inTheWay({ type }: Metadata): Change {
  const hint = type === 'symlink' ? 'Name the file that it points to.' : 'Move it away, or choose another path.';
  return { action: 'conflict', what: 'in the way', from: describeType(type), to: 'a file', hint };
}
