/** What questions about the application and what is around it have in common. */
import type { View } from '../question.ts';

/** Where the application stands in an inventory. */
export const SERVICE = ['stack', 'services', 'app'] as const;

/** Whether there is an application at all. */
export function isPresent(view: View): boolean {
  return view.one('appFrom') !== 'none';
}

export function variableRule(text: string): string | undefined {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text) ? undefined : 'must be the name of an environment variable';
}
