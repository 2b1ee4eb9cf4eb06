import { ProvisionError } from '../../errors.ts';
import { apt } from './apt.ts';
import type { PackageManager } from './package-manager.ts';

const MANAGERS: Readonly<Record<string, PackageManager>> = { apt };

/** The package manager of that name, as facts name it. @throws ProvisionError `unsupported-host` */
export function packageManager(name: string): PackageManager {
  const manager = MANAGERS[name];
  if (manager !== undefined) return manager;
  throw new ProvisionError('unsupported-host', `its package manager is ${name}`, {
    hint: `Packages can be installed with: ${Object.keys(MANAGERS).join(', ')}.`,
  });
}
