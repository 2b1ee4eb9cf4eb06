/**
 * How a template ends. Jinja drops the line break after a last statement, and Ansible adds line breaks until there are as many
 * as the template itself ends with.
 */
import { NotTranslated } from './not-translated.ts';
import type { TemplateNode } from './template-nodes.ts';

/** The nodes with line breaks added. @throws NotTranslated where it depends on more than one condition how many */
export function withEnd(nodes: readonly TemplateNode[], text: string): readonly TemplateNode[] {
  const wanted = breaksAfter(text);
  const missing = missingAfter(nodes, new Set([wanted]), wanted);
  const last = nodes.at(-1);
  const [only] = missing;
  if (missing.size === 1 && only !== undefined) return only === 0 ? nodes : [...nodes, breaks(only)];
  const before = [...missingAfter(nodes.slice(0, -1), new Set([wanted]), wanted)];
  const [ofBefore] = before;
  const canBeElse = (last?.type === 'if' || last?.type === 'for') && last.otherwise === undefined;
  if (canBeElse && before.length === 1 && ofBefore !== undefined) {
    const parts = last.type === 'if' ? last.branches : [last];
    const isWhole = parts.every(({ body }) =>
      [...missingAfter(body, new Set([ofBefore]), wanted)].every((one) => one === 0),
    );
    if (isWhole) return [...nodes.slice(0, -1), { ...last, otherwise: { body: [breaks(ofBefore)], end: last.end } }];
  }
  throw new NotTranslated(
    'how it ends depends on its conditions',
    'End the template with a line that is always there.',
  );
}

function breaks(count: number): TemplateNode {
  return { type: 'text', text: '\n'.repeat(count) };
}

function breaksAfter(text: string): number {
  return text.length - text.replace(/\n+$/, '').length;
}

/** How many line breaks may be missing after these nodes, where so many may be missing before them. */
function missingAfter(
  nodes: readonly TemplateNode[],
  before: ReadonlySet<number>,
  wanted: number,
): ReadonlySet<number> {
  return nodes.reduce<ReadonlySet<number>>((missing, node) => {
    if (node.type === 'set') return missing;
    if (node.type === 'print') return new Set([wanted]);
    if (node.type === 'text') {
      const count = breaksAfter(node.text);
      const isAll = count === node.text.length;
      const counts = isAll ? missing : new Set([wanted]);
      return new Set(Array.from(counts, (one) => Math.max(0, one - count)));
    }
    const parts = node.type === 'if' ? node.branches : [node];
    const otherwise = node.otherwise === undefined ? missing : missingAfter(node.otherwise.body, missing, wanted);
    return new Set([...parts.flatMap(({ body }) => [...missingAfter(body, missing, wanted)]), ...otherwise]);
  }, before);
}
