/**
 * How a template ends. Jinja drops its last line break, and Ansible adds line breaks until there are as many as the template itself
 * ends with.
 */

import { NotTranslated } from '../not-translated.ts';
import type { AfterEmpty } from './last-break.ts';
import type { TemplateNode } from './template-nodes.ts';

/** How many line breaks are missing where a value ends the text: it may bring its own. */
const UNKNOWN = -1;

/** Tells something of the template. */
type Tell = (why: string, hint: string) => void;

/** The nodes with line breaks added. @throws NotTranslated where it depends on more than one condition how many */
export function withEnd(nodes: readonly TemplateNode[], text: string, tell: Tell = () => {}): readonly TemplateNode[] {
  const wanted = breaksAfter(text);
  if (wanted === 0) return nodes;

  /** @param before how many line breaks may be missing before these nodes @param ofValue after a value */
  function ended(
    part: readonly TemplateNode[],
    before: ReadonlySet<number>,
    ofValue = UNKNOWN,
  ): readonly TemplateNode[] {
    const missing = missingAfter(part, before, wanted, ofValue);
    const [only = UNKNOWN] = missing;
    if (missing.size === 1 && only !== UNKNOWN) return withBreaks(part, only);
    return endedByValue(part, wanted, before) ?? endedByBlock(part, before, ofValue);
  }

  function endedByBlock(
    part: readonly TemplateNode[],
    before: ReadonlySet<number>,
    ofValue: number,
  ): readonly TemplateNode[] {
    const last = part.at(-1);
    const earlier = part.slice(0, -1);
    const missing = missingAfter(earlier, before, wanted, ofValue);
    const isKnown = missing.size === 1 && !missing.has(UNKNOWN);
    if (!isKnown || (last?.type !== 'if' && last?.type !== 'for')) return refuse();
    const otherwise = last.otherwise ?? { body: [], end: last.end };
    const elseEnded = { ...otherwise, body: ended(otherwise.body, missing, ofValue) };
    if (last.type === 'if') {
      const branches = last.branches.map((branch) => ({ ...branch, body: ended(branch.body, missing, ofValue) }));
      return [...earlier, { ...last, branches, otherwise: elseEnded }];
    }
    const ofBody = missingAfter(last.body, missing, wanted, ofValue);
    if (ofBody.has(UNKNOWN)) {
      tell('it ends with a value in a loop', 'See that none of these is empty, or ends in a line break.');
      return ended(part, before, wanted);
    }
    return [...ofBody].every((one) => one === 0) ? [...earlier, { ...last, otherwise: elseEnded }] : refuse();
  }

  return ended(withoutLastBreak(nodes), new Set([wanted]));
}

/** A value that is last but for line breaks gets its own. */
function endedByValue(
  nodes: readonly TemplateNode[],
  wanted: number,
  before: ReadonlySet<number>,
): readonly TemplateNode[] | undefined {
  const end = nodes.at(-1);
  const count = end?.type === 'text' && /^\n*$/.test(end.text) ? end.text.length : 0;
  const start = count === 0 ? nodes : nodes.slice(0, -1);
  const last = start.at(-1);
  if (last?.type !== 'print' || wanted - count !== 1) return undefined;
  const earlier = start.slice(0, -1);
  const missing = missingAfter(earlier, before, wanted);
  return withBreaks([...earlier, { ...last, afterEmpty: afterEmpty([...missing], wanted) }], count);
}

function afterEmpty(missing: readonly number[], wanted: number): AfterEmpty {
  if (missing.every((one) => one === wanted)) return 'break';
  return missing.every((one) => one !== wanted && one !== UNKNOWN) ? 'nothing' : 'unknown';
}

function refuse(): never {
  throw new NotTranslated(
    'how it ends depends on its conditions',
    'End the template with a line that is always there.',
  );
}

function withoutLastBreak(nodes: readonly TemplateNode[]): readonly TemplateNode[] {
  const last = nodes.at(-1);
  if (last?.type !== 'text' || !last.text.endsWith('\n')) return nodes;
  const text = last.text.slice(0, -1);
  return text === '' ? nodes.slice(0, -1) : [...nodes.slice(0, -1), { ...last, text }];
}

function withBreaks(nodes: readonly TemplateNode[], count: number): readonly TemplateNode[] {
  return count === 0 ? nodes : [...nodes, { type: 'text', text: '\n'.repeat(count) }];
}

function breaksAfter(text: string): number {
  return text.length - text.replace(/\n+$/, '').length;
}

/** How many line breaks may be missing after these nodes, where so many may be missing before them. */
function missingAfter(
  nodes: readonly TemplateNode[],
  before: ReadonlySet<number>,
  wanted: number,
  ofValue = UNKNOWN,
): ReadonlySet<number> {
  return nodes.reduce<ReadonlySet<number>>((missing, node) => {
    if (node.type === 'set') return missing;
    if (node.type === 'print') return new Set([ofValue]);
    if (node.type === 'text') {
      const count = breaksAfter(node.text);
      const isAll = count === node.text.length;
      const counts = isAll ? missing : new Set([wanted]);
      return new Set(Array.from(counts, (one) => missingWith(count, one, wanted)));
    }
    const parts = node.type === 'if' ? node.branches : [node];
    const otherwise =
      node.otherwise === undefined ? missing : missingAfter(node.otherwise.body, missing, wanted, ofValue);
    return new Set([...parts.flatMap(({ body }) => [...missingAfter(body, missing, wanted, ofValue)]), ...otherwise]);
  }, before);
}

function missingWith(count: number, missing: number, wanted: number): number {
  if (missing === UNKNOWN) return count >= wanted ? 0 : UNKNOWN;
  return Math.max(0, missing - count);
}
