/** The text of host patterns: how it falls into parts, and which names a part fits. */
import { ProvisionError } from '../errors.ts';

/** A part of a pattern without its `&` or `!`, as it selects among the hosts that its text fits. */
export interface PatternPart {
  readonly text: string;
  /** Positions, the last one included; of one alone, which may be counted from the end, as `[-1]`, both are the same. */
  readonly positions: { readonly from: number; readonly to: number } | undefined;
}

/** A group of an IPv6 address, which may be a range. */
const GROUP = '(?:[\\da-f]{1,4}|\\[[\\da-f]+:[\\da-f]+(?::\\d+)?\\])';
/** How an IPv6 address begins; what follows may be a subscript or a glob (see `patterns` in Ansible's parsing/utils/addresses.py). */
const IPV6_START = new RegExp(
  `^(?:::|(?:${GROUP}:){1,6}:|(?:${GROUP}:){7}${GROUP}|(?:0:){6}\\d+\\.|(?:0:){5}ffff:\\d+\\.)`,
  'i',
);
const SUBSCRIPT = /^(.+)\[(?:(-?\d+)|(\d+)([:-])(\d*))\]$/s;

/**
 * The parts of a pattern. Where there is a comma, commas alone separate, as in Ansible; else colons and blanks do, unless
 * the pattern begins as an IPv6 address does, or is a name with a port.
 */
export function splitPattern(pattern: string): readonly string[] {
  return separate(pattern)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function separate(pattern: string): readonly string[] {
  if (pattern.includes(',')) return pattern.split(',');
  const address = pattern.trim().replace(/^[&!]/, '');
  if (IPV6_START.test(address) || /^[\w.-]+:\d+$/.test(address)) return [pattern];
  const outside = pattern.replace(/\[[^\]]*\]/g, '');
  if (/[[\]]/.test(outside)) throw refused(pattern, 'has a bracket without the other one', 'Close it.');
  return pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [];
}

/** Takes the subscript off a part: `web[0]`, `web[-1]`, `web[0:2]`, `web[1:]`. A regular expression has none. */
export function parsePart(part: string): PatternPart {
  const [, text = '', only, start, sign, end] = part.startsWith('~') ? [] : (SUBSCRIPT.exec(part) ?? []);
  if (text === '') return { text: part, positions: undefined };
  if (only !== undefined) return { text, positions: { from: Number(only), to: Number(only) } };
  // Ansible still takes it for positions, with a warning; people mean letters of a name by it.
  const hint = `Write [${start}:${end}] for positions, or name the hosts.`;
  if (sign === '-') throw refused(part, 'has a range with -', hint);
  const positions = { from: Number(start), to: end ? Number(end) : Infinity };
  if (positions.to < positions.from) throw refused(part, 'ends before it begins', 'Write the lower position first.');
  return { text, positions };
}

/** Whether a name fits: by `~` and a regular expression at its beginning, by a glob, else by being the same. */
export function nameMatcher(text: string): (name: string) => boolean {
  if (!/^~|[*?[]/.test(text)) return (name) => name === text;
  const expression = text.startsWith('~') ? pythonExpression(text) : globExpression(text);
  return (name) => expression.test(name);
}

/** As fnmatch(3) and Python have it: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`. */
function globExpression(glob: string): RegExp {
  const source = glob.replaceAll(/\[(!?)(\]?[^\]]*)\]|[*?]|[\\^$.+()[\]{}|/]/g, (found, not?: string, set?: string) => {
    if (set !== undefined && set !== '') return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\\][^]/g, '\\$&')}]`;
    if (found === '*') return '.*';
    return found === '?' ? '.' : found.replaceAll(/[\\^$.+()[\]{}|/]/g, '\\$&');
  });
  return compile(glob, `^${source}$`, 'su');
}

/** What a piece of a regular expression of Python's is called here: an escape, a set, a named group. */
const PYTHON_PIECE = /\\(.)|\[(\^?)(\]?)((?:\\.|[^\]\\])*)\]|\(\?P([<=])/gs;

function pythonExpression(text: string): RegExp {
  const [, flags = '', body = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(text.slice(1)) ?? [];
  const source = body.replaceAll(PYTHON_PIECE, (found, letter, not, bracket, set, group) => {
    if (letter === 'A') return '^';
    if (letter === 'Z') return '$';
    if (letter !== undefined && /[a-z]/i.test(letter) && !'bBdDsSwWfnrtvxu'.includes(letter)) {
      throw refused(text, `has an escape that is not supported: ${found}`, 'Do without it.');
    }
    if (set !== undefined) return `[${not}${bracket && '\\]'}${set}]`;
    if (group === undefined) return found;
    const hint = 'Write the group without a name.';
    if (group === '=') throw refused(text, 'refers to a named group', hint);
    return '(?<';
  });
  return compile(text, `^(?:${source})`, [...new Set(flags)].join(''));
}

function compile(text: string, source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    const isExpression = text.startsWith('~');
    const hint = 'Correct it. Commas and colons separate the parts of a pattern, within a regular expression as well.';
    const why = isExpression ? 'is no regular expression' : 'has a set of letters that is none';
    throw refused(text, why, isExpression ? hint : (positionsHint(text) ?? hint));
  }
}

/** What to write instead of positions as Python has them; undefined for what does not look so. */
export function positionsHint(text: string): string | undefined {
  if (!/\[[-\d]*[:-][-\d]*\]$/.test(text)) return undefined;
  return 'A range of positions begins with a number, from 0 on: NAME[0:1] are the first two, NAME[-1] is the last.';
}

function refused(pattern: string, why: string, hint: string): ProvisionError {
  return new ProvisionError('usage', `the pattern ${JSON.stringify(pattern)} ${why}`, { hint });
}
