import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Metadata, parseMetadata } from '../shell/path-metadata.ts';
import { isKnown, mask, reveal, Secret, type Text } from '../shell/secret.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { contentChange } from './content-change.ts';
import { type Change, defineResource } from './contract.ts';
import { absolutePath, fileMode, owner, secretText, validateWords } from './fields.ts';
import { type ExpectedContent, parseContents, probeContents } from './file-contents.ts';
import { describePermissions, describeType, permissionChanges, setPermissions } from './file-metadata.ts';
import { differenceFromHeld, type Held, parseHolders, probeHolders, putBack } from './held-file.ts';
import { forgetMark, loadedChanges, loadedHash, parseMarks, probeMarks } from './loaded-mark.ts';
import { writeFile } from './write-file.ts';

/** A regular expression, as a text. */
function pattern() {
  const isPattern = (text: string) => {
    try {
      return new RegExp(text) instanceof RegExp;
    } catch {
      return false;
    }
  };
  return z.string().refine(isPattern, 'must be a regular expression');
}

const schema = z
  .strictObject({
    path: absolutePath(),
    /** The whole content, in UTF-8. */
    content: secretText().optional(),
    owner: owner().default('root'),
    group: owner().default('root'),
    mode: fileMode().default('0644'),
    /** A command and its arguments that must accept the file before it is put in place; `%s` stands for its temporary name. */
    validate: validateWords(),
    /** Where the content is kept that was there before the last change, for root alone. */
    backup: absolutePath().optional(),
    /**
     * A folder: while a file is in it, whose first line says why, the content stays, whatever it shall be. A file beside the
     * folder, called `FOLDER.as`, may tell what it stays: the SHA-256, a space, and the path of a copy.
     */
    heldBy: absolutePath().optional(),
    /**
     * Where the program that reads the file writes down what it has loaded, as sha256sum(1) does: where that is something else,
     * the handlers are due. They must write it anew.
     */
    loadedMark: absolutePath().optional(),
    /**
     * A regular expression for the lines that alone may hold a secret. Without it all do, where the content holds one: of what
     * was in the file before then only lines are shown that stay.
     */
    secretLines: pattern().optional(),
    /** No line of the content is ever shown, secret or not. */
    sensitive: z.boolean().default(false),
    state: z.enum(['present', 'absent']).default('present'),
  })
  .refine(({ state, content }) => (state === 'present') === (content !== undefined), {
    path: ['content'],
    error: 'must be given, unless the state is absent',
  });

export type FileInput = z.input<typeof schema>;
export type File = z.output<typeof schema>;

export interface ActualFile {
  /** Undefined where there is nothing of that path. */
  readonly metadata: Metadata | undefined;
  /** Something is mounted there, as /etc/hosts in a container: it cannot be replaced. */
  readonly mounted: boolean;
  /** Of regular files; undefined where it is not the desired one and no matter which. */
  readonly sha256: string | undefined;
  /** Undefined where nothing holds it. */
  readonly held?: Held | undefined;
  /** The hash of what was loaded of it; undefined where that is not known. */
  readonly loaded?: string | undefined;
  /** What is there now, of files that differ or hold secrets, as far as it is short enough to be shown. */
  readonly bytes: Buffer | undefined;
}

/**
 * A file with exactly this content. Its folder must exist. A symbolic link at the path is a conflict and never followed:
 * name the file that it points to. Content with secrets in it is compared on this machine, and shown without them; of what
 * the host has in their place, nothing is shown either.
 *
 * A file with several hard links, or with something mounted on it, is written in place; all others are replaced at once.
 *
 * @example file({ path: '/etc/motd', content: 'Welcome\n' })
 * @example file({ path: '/etc/haproxy/haproxy.cfg', content, mode: '0640', validate: ['haproxy', '-c', '-f', '%s'] })
 */
export const file = defineResource<FileInput, File, ActualFile>({
  kind: 'file',
  schema,
  name: ({ path }) => path,

  probe: (all) =>
    joinScripts([
      probeHolders(all.flatMap(({ heldBy }) => heldBy ?? [])),
      probeMarks(all.map(({ loadedMark }) => loadedMark)),
      probeContents(all.map(expectation)),
    ]),
  metadataOf: (all) => all.map(({ path }) => path),
  probeIsQuick: true,

  parse(output, all) {
    const metadata = parseMetadata(output);
    const { hashes, mounted, contents } = parseContents(output, all.map(expectation));
    const holds = parseHolders(output);
    const marks = parseMarks(output);
    return all.map(({ path, heldBy, loadedMark }) => ({
      ...(heldBy !== undefined && { held: holds.get(heldBy) }),
      ...(loadedMark !== undefined && { loaded: loadedHash(marks, loadedMark, path) }),
      metadata: metadata.get(path),
      mounted: mounted.has(path),
      sha256: hashes.get(path),
      bytes: contents.get(path),
    }));
  },

  appliesTogether: true,

  diff(desired, actual): Change[] {
    const { metadata } = actual;
    if (metadata === undefined) return desired.state === 'absent' ? [] : [creation(desired)];
    if (desired.state === 'absent') {
      if (metadata.type === 'directory') return [inTheWay(metadata)];
      return [{ action: 'delete', what: '' }];
    }
    if (metadata.type !== 'file') return [inTheWay(metadata)];
    const content = actual.held
      ? differenceFromHeld(actual.held, hashOf(actual))
      : differenceOfContent(desired, actual);
    // Other content is loaded when it is written.
    const inUse = content.length === 0 ? loadedChanges(actual.loaded, hashOf(actual)) : [];
    return [...content, ...inUse, ...permissionChanges(desired, metadata)];
  },

  remark(desired, actual) {
    if (actual.held === undefined || differenceOfContent(desired, actual).length === 0) return undefined;
    return `${desired.path} is held: ${actual.held.why || `a file in ${desired.heldBy} says that it stays as it is`}`;
  },

  apply(desired, changes, actual): Script {
    if (desired.state === 'absent') return sh`rm -f ${desired.path}`;
    const isWritten = changes.some(({ action, what }) => action === 'create' || what.startsWith('content'));
    const inPlace = inPlaceReason(actual) !== undefined;
    const copy = isWritten ? actual.held?.content?.copy : undefined;
    const content = contentOf(desired);
    const mend = joinScripts([
      copy === undefined ? sh`:` : putBack(desired.path, copy),
      isWritten && copy === undefined
        ? writeFile({ ...desired, content, inPlace })
        : setPermissions(desired.path, desired),
    ]);
    return desired.loadedMark === undefined ? mend : joinScripts([mend, forgetMark(desired.loadedMark)]);
  },

  disturb: ({ path, state }) => (state === 'absent' ? undefined : sh`echo '# changed by hand' >>${path}`),
});

/** Content that must not be seen is compared on this machine: neither it nor its hash stands in the script. */
function expectation(desired: File): ExpectedContent {
  const { path, sensitive, state } = desired;
  const content = contentOf(desired);
  if (state === 'absent') return { path, look: false };
  return { path, look: true, sha256: sensitive || content instanceof Secret ? undefined : sha256(content) };
}

function creation(desired: File): Change {
  const text = desired.sensitive ? undefined : { before: '', after: mask(contentOf(desired)) };
  return { action: 'create', what: '', to: describePermissions(desired), text };
}

function differenceOfContent(desired: File, actual: ActualFile): Change[] {
  const content = contentOf(desired);
  if (isKnown(content) && sha256(content) === actual.sha256) return [];
  const reason = inPlaceReason(actual);
  const what = reason === undefined ? 'content' : `content, in place (${reason})`;
  if (desired.sensitive) return [{ action: 'update', what }];
  const { secretLines } = desired;
  return [
    contentChange(
      what,
      actual.bytes,
      content,
      secretLines === undefined ? {} : { secretLines: new RegExp(secretLines) },
    ),
  ];
}

function inPlaceReason({ metadata, mounted }: ActualFile): string | undefined {
  if (mounted) return 'it is a mount point';
  if (metadata !== undefined && metadata.links > 1) return `it has ${metadata.links} hard links`;
  return undefined;
}

function inTheWay({ type }: Metadata): Change {
  const hint =
    type === 'symlink'
      ? 'Name the file that it points to, or remove the link.'
      : 'Move it away, or choose another path.';
  return { action: 'conflict', what: 'in the way', from: describeType(type), to: 'a file', hint };
}

/** The schema sees to it that a file that shall be present has a content. */
function contentOf({ content }: File): Text {
  return content ?? '';
}

/** Of one that is held and differs, only the content was sent. */
function hashOf({ sha256: known, bytes }: ActualFile): string | undefined {
  return known ?? (bytes && createHash('sha256').update(bytes).digest('hex'));
}

function sha256(content: Text): string {
  return createHash('sha256').update(reveal(content)).digest('hex');
}
