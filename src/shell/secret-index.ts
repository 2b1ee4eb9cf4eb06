/** Many values, found in a text in one pass over it, however many they are. */

/** By so many first characters values are told apart; shorter ones cannot be found. */
export const SHORTEST_VALUE = 6;

/** So few are looked for one by one, as most texts hold none: up to there that is faster. */
const FEW = 30;
/** Each character shifts those before it by so many bits: after SHORTEST_VALUE of them it is out of the filter's bits. */
const SHIFT = 3;
/** How many beginnings the filter tells apart. 10,000 values set 4% of it. */
const FILTER_SIZE = 2 ** (SHIFT * SHORTEST_VALUE);
const FILTER_MASK = FILTER_SIZE - 1;

interface Value {
  readonly text: string;
  /** How many values were there before it. */
  readonly order: number;
}

interface Match extends Value {
  readonly start: number;
}

export interface SecretIndex {
  add(value: string): void;
  /**
   * The text with every value replaced. Where values overlap the longest counts, for of one that begins with another the rest
   * would be left; then the one that was added first; then the one further left.
   */
  replaceAll(text: string, replacement: string): string;
}

export function createSecretIndex(): SecretIndex {
  const byBeginning = new Map<string, Value[]>();
  // Most places of a text begin no value: a look into this tells them, without a string to be made and looked up.
  let filter: Uint8Array | undefined;
  const all: string[] = [];

  function add(text: string): void {
    const beginning = text.slice(0, SHORTEST_VALUE);
    const same = byBeginning.get(beginning) ?? [];
    byBeginning.set(beginning, [...same, { text, order: all.length }]);
    all.push(text);
    filter ??= new Uint8Array(FILTER_SIZE);
    filter[slotOf(beginning)] = 1;
  }

  function matchesIn(text: string): Match[] {
    const matches: Match[] = [];
    if (filter === undefined) return matches;
    const last = SHORTEST_VALUE - 1;
    let slot = slotOf(text.slice(0, last));
    for (let end = last; end < text.length; end++) {
      slot = nextSlot(slot, text.charCodeAt(end));
      if (filter[slot] === 0) continue;
      const start = end - last;
      for (const value of byBeginning.get(text.slice(start, end + 1)) ?? []) {
        if (text.startsWith(value.text, start)) matches.push({ ...value, start });
      }
    }
    return matches;
  }

  function replaceAll(text: string, replacement: string): string {
    if (all.length <= FEW && !all.some((value) => text.includes(value))) return text;
    const matches = matchesIn(text);
    if (matches.length === 0) return text;
    let replaced = '';
    let end = 0;
    for (const match of withoutOverlap(matches, text.length)) {
      replaced += text.slice(end, match.start) + replacement;
      end = match.start + match.text.length;
    }
    return replaced + text.slice(end);
  }

  return { add, replaceAll };
}

/** Those that count, from left to right. */
function withoutOverlap(matches: readonly Match[], length: number): Match[] {
  const isTaken = new Uint8Array(length);
  const inRank = matches.toSorted((a, b) => b.text.length - a.text.length || a.order - b.order || a.start - b.start);
  const counting = inRank.filter(({ start, text }) => {
    const end = start + text.length;
    // What counts already is as long or longer: what it overlaps has an end of its own in it.
    if (isTaken[start] === 1 || isTaken[end - 1] === 1) return false;
    isTaken.fill(1, start, end);
    return true;
  });
  return counting.sort((a, b) => a.start - b.start);
}

/** The place of a text in the filter: that of its last characters. */
function slotOf(text: string): number {
  let slot = 0;
  for (let i = 0; i < text.length; i++) slot = nextSlot(slot, text.charCodeAt(i));
  return slot;
}

/** The place one character further on. */
function nextSlot(slot: number, code: number): number {
  return ((slot << SHIFT) ^ code) & FILTER_MASK;
}
