/** The reference by topics: roles and their keys, kinds of resources, tests, errors, lines of `--json`. Read from the pages in docs/. */
import { readFile } from 'node:fs/promises';
import { ProvisionError } from '../errors.ts';
import { shippedDocument } from '../installation.ts';
import { nearest } from '../schema/nearest.ts';
import { type Block, blocksOf, type KeyRow, keyRowsOf, keysOf, type Section, sectionsOf } from './markdown.ts';

/** In the order in which they count where one name stands for several topics. */
const PAGES = ['roles', 'resources', 'errors', 'vault', 'wizard', 'test-roles', 'from-ansible', 'json'] as const;

export type Page = (typeof PAGES)[number];

/** One section of a page. */
export interface Topic {
  /** `stack`, `host-locked`; alone where it is clear, else `resources.packages`. */
  readonly name: string;
  readonly page: Page;
  readonly title: string;
  /** Whether it tells a role. */
  readonly isRole: boolean;
  readonly blocks: readonly Block[];
}

/** A key or the mapping of that path: what is said of it, and of the keys in it. */
export interface KeyTopic {
  /** As documented: `stack.services.NAME.health`. */
  readonly path: string;
  readonly page: Page;
  readonly rows: readonly KeyRow[];
  readonly blocks: readonly Block[];
}

export type Found =
  | { readonly kind: 'section'; readonly topic: Topic; readonly others: readonly Topic[] }
  | { readonly kind: 'key'; readonly topic: KeyTopic };

export interface Reference {
  readonly topics: readonly Topic[];
  /** Of all keys, as they can be asked for: `stack.services.port`. */
  readonly paths: readonly string[];
  has(name: string): boolean;
  /** @throws ProvisionError `usage` for a topic that does not exist, with the nearest one */
  find(name: string): Found;
}

/** Reads all pages. */
export async function loadReference(): Promise<Reference> {
  const topics = (await Promise.all(PAGES.map(readTopics))).flat();
  const keys = topics.flatMap(keyTopicsOf);
  const paths = keys.map(({ path }) => path.replaceAll('.NAME', ''));

  function search(name: string): Found | undefined {
    const asked = plain(name);
    const [topic, ...others] = topics.filter((candidate) => namesOf(candidate).includes(asked));
    if (topic !== undefined) return { kind: 'section', topic, others };
    const key = findKey(keys, name);
    if (key === undefined || isTypo(keys, key, name)) return undefined;
    return { kind: 'key', topic: key };
  }

  function find(name: string): Found {
    const found = search(name);
    if (found !== undefined) return found;
    const best = nearestKey(keys, name) ?? nearest(name, [...topics.map((topic) => topic.name), ...paths]);
    throw new ProvisionError('usage', `there is no topic ${JSON.stringify(name)}`, {
      hint: best === undefined ? 'See provision docs for all of them.' : `Did you mean \`${best}\`?`,
    });
  }

  return { topics, paths, has: (name) => search(name) !== undefined, find };
}

async function readTopics(page: Page): Promise<Topic[]> {
  const text = await readFile(shippedDocument(`${page}.md`), 'utf8');
  const sections = sectionsOf(text);
  const isLeaf = ({ title, parents }: Section) =>
    !sections.some((other) => other.parents.join('\n') === [...parents, title].join('\n'));
  return sections.flatMap((section) => {
    const isPage = section.level === 1;
    if (!isPage && !isLeaf(section)) return [];
    const blocks = blocksOf(section.text);
    const isRole = page === 'roles' && /^In this order:/m.test(section.text);
    return [{ name: isPage ? page : nameOf(section.title), page, title: section.title, isRole, blocks }];
  });
}

/** `Which roles: roles` is found as `roles`, `The connection` as `connection`. */
function nameOf(title: string): string {
  const words = title.split(': ').at(-1)?.replace(/^The /, '') ?? title;
  return words.includes(' ')
    ? words.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    : words.replace(/^[A-Z](?=[a-z]+$)/, (first) => first.toLowerCase());
}

/** Under what a topic is found: its name, and with its page before it. */
function namesOf({ name, page }: Topic): readonly string[] {
  return [plain(name), plain(`${page}.${name}`)];
}

/** `authorizedKeys` is found as `authorized-keys` as well. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** A table of keys, and what stands below it up to the next one. */
function keyTopicsOf({ page, name, blocks }: Topic): KeyTopic[] {
  // The keys of a role's table begin with its variable; those of a resource are the resource's.
  const start = page === 'resources' ? [name] : [];
  return blocks.flatMap((block, i) => {
    const within = block.kind === 'table' ? keysOf(block) : undefined;
    if (block.kind !== 'table' || within === undefined) return [];
    const next = blocks.findIndex((other, n) => n > i && other.kind === 'table');
    const below = blocks.slice(i, next === -1 ? undefined : next);
    const path = [...start, within].filter(Boolean).join('.');
    const rows = keyRowsOf(block).map((row) => ({ ...row, path: [...start, row.path].join('.') }));
    return [
      ...(within === '' ? [] : [{ path, page, rows: [], blocks: below }]),
      ...rows.map((row) => ({ path: row.path, page, rows: [row], blocks: [] })),
    ];
  });
}

/** What is said of a key in one place or several. A name that the user chose may stand in the path, or be left out. */
function findKey(keys: readonly KeyTopic[], name: string): KeyTopic | undefined {
  const asked = stepsOf(name);
  for (const isMeant of [isPathWithoutNames, isPath]) {
    const found = keys.filter(({ path }) => isMeant(path.split('.'), asked));
    const [first] = found;
    if (first === undefined) continue;
    const path = found
      .map((key) => key.path)
      .reduce((longest, other) => (other.length > longest.length ? other : longest));
    const ofPage = found.filter(({ page }) => page === first.page);
    return {
      path,
      page: first.page,
      rows: ofPage.flatMap(({ rows }) => rows),
      blocks: ofPage.flatMap(({ blocks }) => blocks),
    };
  }
  return undefined;
}

/** Whether the last step was taken for a name that the user chose, and is rather a key that was mistyped. */
function isTypo(keys: readonly KeyTopic[], { path }: KeyTopic, name: string): boolean {
  const isName = path.endsWith('.NAME') && !isPathWithoutNames(path.split('.'), stepsOf(name));
  return isName && nearestKey(keys, name) !== undefined;
}

/** The path with its last step corrected to the nearest key that may stand there: below a name, or beside it. */
function nearestKey(keys: readonly KeyTopic[], name: string): string | undefined {
  const steps = stepsOf(name);
  const last = steps.pop() ?? '';
  const there = keys.flatMap(({ path }) => {
    const within = path.split('.');
    const key = within.pop() ?? '';
    return key !== 'NAME' && isPath(within, steps) ? [key] : [];
  });
  const best = nearest(last, there);
  return best && [...steps, best].join('.');
}

/** Without the places in lists, which the reference does not count. */
function stepsOf(name: string): string[] {
  return name.replaceAll(/\[[^\]]*\]/g, '').split('.');
}

function isPathWithoutNames(path: readonly string[], asked: readonly string[]): boolean {
  return path.filter((step) => step !== 'NAME').join('.') === asked.filter((step) => step !== 'NAME').join('.');
}

function isPath([step, ...path]: readonly string[], asked: readonly string[]): boolean {
  if (step === undefined) return asked.length === 0;
  if (step !== 'NAME') return step === asked[0] && isPath(path, asked.slice(1));
  return isPath(path, asked) || (asked.length > 0 && isPath(path, asked.slice(1)));
}
