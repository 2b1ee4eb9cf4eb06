import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { RoleDefinition } from '../../engine/role.ts';
import { rememberRoleFile, rememberRoleOrigin } from '../../engine/role-origin.ts';
import { ProvisionError } from '../../errors.ts';
import { fields } from '../../index.ts';
import { suggest } from '../../schema/nearest.ts';
import { roleImportError } from './errors.ts';
import { isShipped, roleFile, roleNames } from './files.ts';
import { importRole } from './modules.ts';

const nameSchema = fields.simpleName();
const isFunction = (value: unknown) => typeof value === 'function';

/** A role module's default export, as `defineRole` takes it. */
const definitionSchema = z.object(
  {
    name: z.string('it lacks its `name`'),
    params: z.instanceof(z.ZodObject, { error: '`params` must be a z.object of the variables that it reads' }),
    resources: z.custom<RoleDefinition['resources']>(isFunction, '`resources` must be a function'),
    peers: z.custom<RoleDefinition['peers']>(isFunction, '`peers` must be a function').optional(),
    balancer: z.custom<RoleDefinition['balancer']>(isFunction, '`balancer` must be a function').optional(),
  },
  'its default export is no role',
);

/**
 * Loads a role: from `roles/NAME.ts` or `roles/NAME/index.ts` next to the inventory, or else the one that comes with provision.
 * @throws ProvisionError `role-not-found`, `role-invalid`
 */
export async function loadRole(name: string, inventoryDir: string): Promise<RoleDefinition> {
  const file = findRole(name, join(inventoryDir, 'roles'));
  if (!isShipped(file)) rememberRoleFile(realpathSync(file), name);
  const module = await importRole(pathToFileURL(file).href).catch((error: unknown) => {
    throw roleImportError(name, file, error);
  });
  const result = definitionSchema.safeParse(module.default);
  if (!result.success) {
    const why = module.default === undefined ? 'it has no default export' : (result.error.issues[0]?.message ?? '');
    throw invalid(name, file, why, 'End the file like this: `export default defineRole({ name, params, resources })`.');
  }
  const role = module.default as RoleDefinition;
  if (!isShipped(file)) rememberRoleOrigin(role, file);
  if (role.name === name) return role;
  throw invalid(
    name,
    file,
    `it calls itself ${JSON.stringify(role.name)}`,
    `Give it the name of its file: \`name: '${name}'\`.`,
  );
}

function findRole(name: string, userDir: string): string {
  const found = nameSchema.safeParse(name).success ? roleFile(name, userDir) : undefined;
  if (found !== undefined) return found;
  throw new ProvisionError('role-not-found', `there is no role ${JSON.stringify(name)}`, {
    hint: `${suggest(name, roleNames(userDir))} A role of your own is the file ${join(userDir, 'NAME.ts')}.`,
  });
}

function invalid(role: string, file: string, why: string, hint: string): ProvisionError {
  return new ProvisionError('role-invalid', `the role ${role} cannot be used: ${why}`, { location: file, hint });
}
