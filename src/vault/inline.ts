/** An encrypted value as it stands in a YAML file. */
import { ProvisionError } from '../errors.ts';

/** Ansible's: deep enough for wherever it is pasted. */
const INDENT = ' '.repeat(10);

/**
 * `NAME: !vault |` and the lines of the vault, indented; without a name only what stands behind the colon.
 *
 * @param indent what stands before each line of the vault: more than before the name
 * @throws ProvisionError `usage` where a YAML file could not hold the name as it is
 */
export function inlineVault(vault: string, name?: string, indent = INDENT): string {
  if (name !== undefined && !/^[A-Za-z_][\w.-]*$/.test(name)) {
    throw new ProvisionError('usage', `${JSON.stringify(name)} cannot be the name of a variable`, {
      hint: 'Use letters, digits, `_`, `-` and `.`, and start with a letter.',
    });
  }
  const lines = vault.trimEnd().split('\n');
  return `${name === undefined ? '' : `${name}: `}!vault |\n${lines.map((line) => `${indent}${line}\n`).join('')}`;
}
