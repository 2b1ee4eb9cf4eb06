/**
 * Packages of the host's distribution.
 *
 * @example
 * packages: [curl, vim, jq]
 *
 * @example
 * packages:
 *   present: [curl, vim, jq]
 *   absent: [telnetd]
 */
import { defineRole, fields, packages, z } from '../src/index.ts';

const Names = z.array(fields.packageName());

const Packages = z
  .union([Names, z.strictObject({ present: Names.default([]), absent: Names.default([]) })])
  .transform((value) => (Array.isArray(value) ? { present: value, absent: [] } : value))
  .refine(({ present, absent }) => absent.every((name) => !present.includes(name)), {
    error: 'a package cannot be both present and absent',
  });

export default defineRole({
  name: 'packages',
  params: z.object({ packages: Packages.prefault([]) }),
  resources({ params, facts }) {
    const { present, absent } = params.packages;
    const manager = facts.packageManager;
    return [
      ...(absent.length > 0 ? [packages({ names: absent, state: 'absent', manager })] : []),
      ...(present.length > 0 ? [packages({ names: present, manager, early: true })] : []),
    ];
  },
});
