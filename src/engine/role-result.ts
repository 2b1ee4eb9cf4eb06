/** What a role returns comes from code that nobody has type-checked: it is looked at before anything relies on it. */
import { ProvisionError } from '../errors.ts';
import type { Resource } from '../resources/contract.ts';
import type { RoleDefinition } from './role.ts';
import { roleOrigin } from './role-origin.ts';

/**
 * What `resources` of a role returned, as the list of resources that it must be.
 * @throws ProvisionError `role-invalid` where it is anything else
 */
export function checkedResources(definition: RoleDefinition, host: string, returned: unknown): readonly Resource[] {
  const mistake = mistakeIn(returned);
  if (mistake === undefined) return returned as readonly Resource[];
  const [what, advice] = mistake;
  throw new ProvisionError('role-invalid', `\`resources\` of the role ${definition.name} returned ${what}`, {
    host,
    location: roleOrigin(definition),
    hint: `It must return a list of resources. ${advice}`,
  });
}

/** What is wrong, and what to do. */
function mistakeIn(returned: unknown): readonly [what: string, advice: string] | undefined {
  if (returned === undefined) return ['nothing', 'Did you forget `return`?'];
  if (returned instanceof Promise) {
    // Should it fail as well, nobody waits for it: that would end the process before this mistake is told.
    returned.catch(() => undefined);
    return ['a promise', 'Remove `async`: a role does no I/O.'];
  }
  if (isResource(returned)) return ['a resource without a list', 'Put brackets around it: `[file(...)]`.'];
  if (!Array.isArray(returned)) return [describe(returned), 'A list of none is `[]`.'];
  for (const [i, entry] of returned.entries()) {
    if (!isResource(entry)) return [`a list whose entry ${i + 1} is ${describe(entry)}`, adviceFor(entry)];
  }
  return undefined;
}

function adviceFor(entry: unknown): string {
  if (Array.isArray(entry)) return 'Spread the list into the other: `...list`.';
  return 'Make each entry with a builder, such as `file({ path, content })`.';
}

/** Whether `defineResource` made it, as far as the engine relies on it. */
function isResource(value: unknown): value is Resource {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, id, notify } = value as Partial<Resource>;
  return typeof kind?.probe === 'function' && typeof id === 'string' && Array.isArray(notify);
}

/** Never the value itself: it may hold a secret. */
function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return (
    { string: 'a text', object: 'an object', function: 'a function' }[typeof value as string] ?? `a ${typeof value}`
  );
}
