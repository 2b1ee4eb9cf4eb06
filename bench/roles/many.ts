/** Many resources of few kinds, as many as the inventory says: the state of bench/ansible/many.yml. */
import { defineRole, directory, file, packages, symlink, user, z } from 'provision';

/** There on every Debian host. */
const PACKAGES = ['bash', 'coreutils', 'sed', 'tar'];

const count = z.int().nonnegative();

export default defineRole({
  name: 'many',
  params: z.object({
    many: z.object({ folder: z.string(), files: count, directories: count, links: count, users: count }),
  }),
  resources: ({ params: { many }, facts: { packageManager: manager } }) => [
    packages({ names: PACKAGES, manager }),
    directory({ path: many.folder, mode: '0755' }),
    ...names(many.directories).map((n) => directory({ path: `${many.folder}/d${n}`, mode: '0750' })),
    ...names(many.files).map((n) => file({ path: `${many.folder}/f${n}`, content: `file ${n}\n`, mode: '0640' })),
    ...names(many.links).map((n) => symlink({ path: `${many.folder}/l${n}`, target: `${many.folder}/f${n}` })),
    ...names(many.users).map((n) => user({ name: `bench${n}`, shell: '/usr/sbin/nologin', password: 'locked' })),
  ],
});

/** `0001`, `0002`, … */
function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1).padStart(4, '0'));
}
