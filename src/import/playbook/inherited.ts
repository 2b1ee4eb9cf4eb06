/** What a task takes over from the play, role, block or include that it stands in. */
import { holdsSecret, shapeNamed } from '../code/shapes.ts';
import type { Variable } from '../variable.ts';
import { isRecord } from './yaml-source.ts';

/** What the tasks of one place have in common. */
export interface Inherited {
  readonly conditions: readonly unknown[];
  readonly keywords: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, unknown>>;
  /** What a role or an include was given. */
  readonly given: Readonly<Record<string, Variable>>;
}

/** The same as lines of YAML, for people who read a task by itself. Values of secrets are left out. */
export function inheritedLines({ conditions, keywords, vars, given }: Inherited): readonly string[] {
  return [
    ...conditions.map((condition) => `when: ${yamlOf('', condition)}`),
    ...Object.entries(keywords).map(([key, value]) => `${key}: ${yamlOf(key, value)}`),
    ...[...Object.entries(vars), ...Object.entries(given).map(([name, { value }]) => [name, value] as const)].map(
      ([name, value]) => `vars: { ${name}: ${yamlOf(name, value)} }`,
    ),
  ];
}

function yamlOf(name: string, value: unknown): string {
  if (holdsSecret(shapeNamed(name, value))) return '…';
  if (typeof value === 'string') return name === '' ? value.trim() : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => yamlOf(name, item)).join(', ')}]`;
  if (!isRecord(value)) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key}: ${yamlOf(key, entry)}`)
    .join(', ')} }`;
}
