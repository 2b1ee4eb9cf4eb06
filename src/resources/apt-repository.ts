import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { type Metadata, parseMetadata } from '../shell/path-metadata.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource, type Target } from './contract.ts';
import { line } from './fields.ts';
import { type ActualFile, type File, file } from './file.ts';
import { permissionChanges } from './file-metadata.ts';
import { armor, fingerprints, keyBytes } from './openpgp.ts';
import { APT_LISTS_STAMP } from './package-managers/apt.ts';
import { writeFile } from './write-file.ts';

const word = () => line().regex(/^[^\s,#]+$/, 'must be one word');

const schema = z
  .strictObject({
    /** Names the files: apt passes over those with other characters. */
    name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be of a-z, 0-9, _ and -'),
    uris: z
      .array(word().regex(/^https?:\/\//, 'must begin with http:// or https://'))
      .min(1)
      .optional(),
    suites: z.array(word()).min(1).optional(),
    /** None for a suite that ends in a slash: sources.list(5). */
    components: z.array(word()).default([]),
    /** Default: those of the host. */
    architectures: z.array(word()).default([]),
    /** Where the host can fetch the key; or the key itself, in ASCII armor or in base64. */
    signingKey: z.union([z.strictObject({ url: word() }), z.strictObject({ content: z.string() })]).optional(),
    /** Of the one key that is trusted; necessary where it is fetched without TLS. */
    fingerprint: z
      .string()
      .transform((text) => text.replaceAll(' ', '').toUpperCase())
      .refine((text) => /^([0-9A-F]{40}|[0-9A-F]{64})$/.test(text), 'must be 40 or 64 hexadecimal digits')
      .optional(),
    state: z.enum(['present', 'absent']).default('present'),
  })
  .superRefine(({ state, uris, suites, signingKey, fingerprint }, refinement) => {
    const refuse = (path: string, message: string) => refinement.addIssue({ code: 'custom', path: [path], message });
    if (state === 'absent') return;
    if (uris === undefined) refuse('uris', 'must be given');
    if (suites === undefined) refuse('suites', 'must be given');
    if (signingKey === undefined) return refuse('signingKey', 'must be given');
    if ('url' in signingKey) {
      const isSafe = signingKey.url.startsWith('https://') || fingerprint !== undefined;
      if (!isSafe) refuse('signingKey', 'must be fetched with https, or checked by its fingerprint');
      return;
    }
    const problem = keyProblem(keyBytes(signingKey.content), fingerprint);
    if (problem !== undefined) refuse('signingKey', problem);
  });

export type AptRepositoryInput = z.input<typeof schema>;
type AptRepository = z.output<typeof schema>;

interface ActualRepository {
  readonly sources: ActualFile;
  /** Of the key's file; undefined where there is none. */
  readonly keyMetadata: Metadata | undefined;
  readonly key: Buffer;
}

const KEY = 'signing key';
const KEY_PERMISSIONS = { owner: 'root', group: 'root', mode: '0644' };
const FETCH_TIMEOUT_MS = 60_000;

/**
 * A package repository for apt, and the key that signs it and is trusted for it alone.
 *
 * The host fetches the key itself, with apt's own downloader: it goes the way that packages go later, through whatever
 * proxy apt is set up with, and needs no curl. It is checked on this machine, for a bare host has no gpg.
 *
 * @example aptRepository({ name: 'docker', uris: ['https://download.docker.com/linux/debian'], suites: ['trixie'],
 *   components: ['stable'], signingKey: { url: 'https://download.docker.com/linux/debian/gpg' } })
 */
export const aptRepository = defineResource<AptRepositoryInput, AptRepository, ActualRepository>({
  kind: 'apt-repository',
  schema,
  name: ({ name }) => name,

  probe: (all) => joinScripts([...all.map(({ name }) => showKey(name)), file.probe(all.map(sourcesFile))]),
  metadataOf: (all) => all.flatMap((one) => [keyPath(one.name), sourcesFile(one).path]),

  parse(output, all) {
    const keys = new Map([...output.matchAll(/^key (\S+) (\S*)$/gm)].map(([, name, base64 = '']) => [name, base64]));
    const metadata = parseMetadata(output);
    const sources = file.parse(output, all.map(sourcesFile));
    return all.map(({ name }, i) => ({
      sources: sources[i] as ActualFile,
      keyMetadata: metadata.get(keyPath(name)),
      key: keyBytes(Buffer.from(keys.get(name) ?? '', 'base64')),
    }));
  },

  diff: (desired, actual) => [
    ...keyChanges(desired, actual),
    ...file.diff(sourcesFile(desired), actual.sources).map((change) => inSources(change)),
  ],

  async perform(desired, changes, actual, target) {
    const { name, state, signingKey } = desired;
    // Package lists are those of the old sources: the next installation fetches new ones.
    const scripts = [sh`rm -f ${APT_LISTS_STAMP}`];
    if (changes.some(({ what }) => what === KEY)) {
      scripts.push(state === 'absent' || !signingKey ? sh`rm -f ${keyPath(name)}` : await installKey(desired, target));
    }
    const sourcesChanges = file.diff(sourcesFile(desired), actual.sources);
    if (sourcesChanges.length > 0 && file.apply) {
      scripts.push(file.apply(sourcesFile(desired), sourcesChanges, actual.sources));
    }
    const { code, stderr } = await target.run(joinScripts(scripts));
    if (code !== 0)
      throw new ProvisionError('apply-failed', `the step ended with status ${code}`, { detail: stderr.trim() });
  },
});

function keyChanges(
  { state, signingKey, fingerprint }: AptRepository,
  { key, keyMetadata }: ActualRepository,
): Change[] {
  if (state === 'absent') return keyMetadata === undefined ? [] : [{ action: 'delete', what: KEY }];
  if (keyMetadata === undefined) return [{ action: 'create', what: KEY, to: fingerprint }];
  const isOther = signingKey !== undefined && 'content' in signingKey && !keyBytes(signingKey.content).equals(key);
  const from = fingerprints(key).join(', ') || 'no key';
  if (isOther || keyProblem(key, fingerprint) !== undefined) {
    return [{ action: 'update', what: KEY, from, to: fingerprint ?? 'the key that is given' }];
  }
  return permissionChanges(KEY_PERMISSIONS, keyMetadata).map((change) => ({ ...change, what: KEY }));
}

function inSources(change: Change): Change {
  return change.action === 'conflict'
    ? change
    : { ...change, what: ['sources', change.what].filter(Boolean).join(': ') };
}

/** @throws ProvisionError `apply-failed` where the key cannot be fetched or is not the right one */
async function installKey({ name, signingKey, fingerprint }: AptRepository, target: Target): Promise<Script> {
  const url = signingKey !== undefined && 'url' in signingKey ? signingKey.url : undefined;
  const given = signingKey !== undefined && 'content' in signingKey ? signingKey.content : '';
  const bytes = url === undefined ? keyBytes(given) : await fetchKey(url, target);
  const problem = keyProblem(bytes, fingerprint);
  if (problem !== undefined) {
    throw new ProvisionError('apply-failed', `the signing key from ${url ?? 'the inventory'} ${problem}`, {
      hint: 'Check the address and the fingerprint with the publisher of the repository: nothing was installed from it.',
    });
  }
  const write = writeFile({ path: keyPath(name), content: armor(bytes), ...KEY_PERMISSIONS });
  return joinScripts([sh`mkdir -p ${KEYRINGS} || exit`, write]);
}

async function fetchKey(url: string, target: Target): Promise<Buffer> {
  const script = sh`
    /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file ${url} "$RUN/key" >&2 || exit
    base64 "$RUN/key"
  `;
  const { code, stdout, stderr } = await target.run(script, { timeoutMs: FETCH_TIMEOUT_MS });
  if (code === 0) return keyBytes(Buffer.from(stdout, 'base64'));
  throw new ProvisionError('apply-failed', `the host cannot fetch the signing key from ${url}`, {
    detail: stderr.trim(),
    hint: 'Check the address, and that the host reaches it; or give the key itself: signingKey: { content: ... }.',
  });
}

/** What is wrong with a key, as the end of a sentence that begins with the key. */
function keyProblem(bytes: Buffer, fingerprint: string | undefined): string | undefined {
  const found = fingerprints(bytes);
  if (found.length === 0) return 'is no OpenPGP public key';
  const others = found.filter((other) => other !== fingerprint);
  if (fingerprint === undefined || others.length === 0) return undefined;
  if (found.includes(fingerprint)) return 'holds other keys as well, which would be trusted just so';
  return `has the fingerprint ${others.join(', ')}, not ${fingerprint}`;
}

const KEYRINGS = '/etc/apt/keyrings';

function keyPath(name: string): string {
  return `${KEYRINGS}/${name}.asc`;
}

function showKey(name: string): Script {
  return sh`[ ! -f ${keyPath(name)} ] || printf 'key %s %s\n' ${name} "$(base64 -w 0 ${keyPath(name)})"`;
}

/** deb822: sources.list(5). */
function sourcesFile({ name, state, uris = [], suites = [], components, architectures }: AptRepository): File {
  const path = `/etc/apt/sources.list.d/${name}.sources`;
  if (state === 'absent') return file({ path, state }).desired as File;
  const fields = Object.entries({
    Types: ['deb'],
    URIs: uris,
    Suites: suites,
    Components: components,
    Architectures: architectures,
    'Signed-By': [keyPath(name)],
  });
  const lines = fields
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => `${key}: ${values.join(' ')}\n`);
  return file({ path, content: lines.join('') }).desired as File;
}
