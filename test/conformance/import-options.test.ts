/** The table of what becomes of each option of Ansible's modules leaves none out. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { MODULES } from '../import/module-options.ts';
import { isInstalled, titled } from './ansible.ts';

it(titled('every documented option of a module that is imported has its fate'), () => {
  if (!isInstalled) return;
  const missing = Object.entries(MODULES).flatMap(([module, { options }]) =>
    documented(module)
      .filter((option) => !Object.hasOwn(options, option))
      .map((option) => `${module}: ${option}`),
  );
  expect(missing).toEqual([]);
});

/** None where the collection of the module is not installed. `free_form` is the command line, and `others` no option. */
function documented(module: string): readonly string[] {
  const { stdout } = spawnSync('ansible-doc', ['-t', 'module', '-j', module], { encoding: 'utf8' });
  const about = Object.values(JSON.parse(stdout || '{}') as Record<string, { doc: { options: object } }>);
  return about.flatMap(({ doc }) => Object.keys(doc.options)).filter((name) => !['free_form', 'others'].includes(name));
}
