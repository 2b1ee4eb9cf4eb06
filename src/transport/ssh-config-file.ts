/** What ~/.ssh/config says of a host, ssh_config(5). */
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import sshConfig, { type Directive, type Line, type Section } from 'ssh-config';
import { ProvisionError, whyUnreadable } from '../errors.ts';
import { matchesPatterns, wildcard } from './host-patterns.ts';

/** Options of a host by their names in lower case; the first value counts, but for IdentityFile, which adds up. */
export type SshOptions = ReadonlyMap<string, readonly string[]>;

/** What the conditions of a file are tested against. */
export interface SshConfigQuery {
  /** The host as the user names it. */
  readonly host: string;
  /** User to log in as, where the inventory says it. */
  readonly user?: string | undefined;
  readonly localUser: string;
  readonly home: string;
}

type Block = readonly (Option | Condition)[];

interface Option {
  readonly name: string;
  readonly values: readonly string[];
}

/** A Host or Match line with what stands below it, or an Include, whose file is about the hosts that its block is about. */
interface Condition {
  readonly condition: 'host' | 'match' | 'include';
  readonly words: readonly string[];
  readonly block: Block;
  readonly file: string;
}

/** As OpenSSH has it (READCONF_MAX_DEPTH). */
const MAX_INCLUDE_DEPTH = 16;

const read = new Map<string, Promise<Block>>();

/**
 * Looks a host up. Each file is read once, however many hosts ask; a file that is not there says nothing.
 *
 * @throws ProvisionError `ssh-config-invalid`
 */
export async function lookUpHost(file: string, query: SshConfigQuery): Promise<SshOptions> {
  const reading = read.get(file) ?? readBlock(file, query.home, 0);
  read.set(file, reading);
  const block = await reading;
  const found = new Map<string, readonly string[]>();
  if (query.user !== undefined) found.set('user', [query.user]);
  const state = { found, query, isFinal: false, wantsFinal: false };
  evaluate(block, state);
  // `Match final` asks for a second look, with what the first one found.
  if (state.wantsFinal) evaluate(block, { ...state, isFinal: true });
  return found;
}

/**
 * The hosts that a configuration names one by one, without patterns, in its order.
 *
 * @throws ProvisionError `ssh-config-invalid`
 */
export async function namedHosts(file: string, home: string): Promise<readonly string[]> {
  const block = await readBlock(file, home, 0);
  return [...new Set(hostWords(block))].filter((word) => !/[*?!]/.test(word));
}

function hostWords(block: Block): readonly string[] {
  return block.flatMap((item) => {
    if (!('condition' in item)) return [];
    return [...(item.condition === 'host' ? item.words : []), ...hostWords(item.block)];
  });
}

async function readBlock(file: string, home: string, depth: number): Promise<Block> {
  if (depth > MAX_INCLUDE_DEPTH) throw invalid(file, 'files include each other more than 16 deep');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw invalid(file, whyUnreadable(error), error);
  });
  return toBlock(parse(file, text), file, home, depth);
}

function parse(file: string, text: string): readonly Line[] {
  try {
    return sshConfig.parse(text);
  } catch (error) {
    throw invalid(file, error instanceof TypeError ? 'a Host or Match line is incomplete' : String(error), error);
  }
}

async function toBlock(lines: readonly Line[], file: string, home: string, depth: number): Promise<Block> {
  const items = await Promise.all(
    lines.filter(isDirective).map(async (line): Promise<Block> => {
      const name = line.param.toLowerCase();
      const words = wordsOf(line);
      if (name === 'include') return includes(words, file, home, depth);
      if (name !== 'host' && name !== 'match') return [{ name, values: words }];
      const block = await toBlock((line as Section).config, file, home, depth);
      return [{ condition: name, words, block, file }];
    }),
  );
  return items.flat();
}

async function includes(patterns: readonly string[], file: string, home: string, depth: number): Promise<Block> {
  const blocks: Condition[] = [];
  for (const pattern of patterns) {
    const expanded = pattern.startsWith('~/') ? join(home, pattern.slice(2)) : pattern;
    // Relative to ~/.ssh, not to the file; which for a file elsewhere, as in tests, is its own folder.
    const path = isAbsolute(expanded) ? expanded : join(dirname(file), expanded);
    for (const found of await filesLike(path)) {
      const block = await readBlock(found, home, depth + 1);
      blocks.push({ condition: 'include', words: [], block, file: found });
    }
  }
  return blocks;
}

/** Files whose name matches a pattern, in order; as in ssh, none is no error. Folders are taken as they are written. */
async function filesLike(path: string): Promise<string[]> {
  const folder = dirname(path);
  const pattern = wildcard(basename(path));
  const names = await readdir(folder).catch(() => []);
  const visible = names.filter((name) => pattern.test(name) && !name.startsWith('.'));
  return visible.sort().map((name) => join(folder, name));
}

function isDirective(line: Line): line is Directive | Section {
  return 'param' in line;
}

function wordsOf({ value }: Directive): readonly string[] {
  return typeof value === 'string' ? [value] : value.map(({ val }) => val);
}

interface Evaluation {
  readonly found: Map<string, readonly string[]>;
  readonly query: SshConfigQuery;
  readonly isFinal: boolean;
  wantsFinal: boolean;
}

function evaluate(block: Block, state: Evaluation): void {
  for (const item of block) {
    if ('condition' in item) {
      if (holds(item, state)) evaluate(item.block, state);
      continue;
    }
    const before = state.found.get(item.name);
    if (before === undefined) state.found.set(item.name, item.values);
    else if (item.name === 'identityfile') state.found.set(item.name, [...new Set([...before, ...item.values])]);
  }
}

function holds({ condition, words, file }: Condition, state: Evaluation): boolean {
  if (condition === 'include') return true;
  if (condition === 'host') return matchesPatterns(words, state.query.host);
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const criterion = word.replace(/^!/, '').toLowerCase();
    const argument = WITHOUT_ARGUMENT.includes(criterion) ? '' : (rest.shift() ?? '');
    if (meets(criterion, argument, state, file) === word.startsWith('!')) return false;
  }
  return true;
}

const WITHOUT_ARGUMENT: readonly string[] = ['all', 'final', 'canonical'];

function meets(criterion: string, argument: string, state: Evaluation, file: string): boolean {
  const { query, found } = state;
  const patterns = argument.split(',');
  switch (criterion) {
    case 'all':
      return true;
    case 'canonical':
      return false;
    case 'final':
      state.wantsFinal = true;
      return state.isFinal;
    case 'host':
      return matchesPatterns(patterns, found.get('hostname')?.[0]?.replaceAll('%h', query.host) ?? query.host);
    case 'originalhost':
      return matchesPatterns(patterns, query.host);
    case 'user':
      return matchesPatterns(patterns, found.get('user')?.[0] ?? query.localUser);
    case 'localuser':
      return matchesPatterns(patterns, query.localUser);
    case 'exec':
      return runs(argument, query);
    default:
      throw invalid(file, `Match ${criterion} is not understood`);
  }
}

/** The user's own configuration names the command, and ssh would run it as well. */
function runs(command: string, { host, localUser, home }: SshConfigQuery): boolean {
  const tokens: Record<string, string> = { '%%': '%', '%h': host, '%n': host, '%u': localUser, '%d': home };
  const expanded = command.replaceAll(/%./g, (token) => tokens[token] ?? token);
  return spawnSync('/bin/sh', ['-c', expanded], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

function invalid(file: string, why: string, cause?: unknown): ProvisionError {
  return new ProvisionError('ssh-config-invalid', `the SSH configuration cannot be used: ${why}`, {
    location: file,
    hint: 'Mend the file: `ssh -G HOST` shows what ssh makes of it. What ssh alone understands works with the openssh transport.',
    cause,
  });
}
