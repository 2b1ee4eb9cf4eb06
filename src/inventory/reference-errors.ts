/** What is wrong with references. */
import { ProvisionError } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import { isContainer } from './types.ts';

/**
 * What an error is of, where it is not just of something wrong. `missing`: of something that is not there. `foreign`: of what
 * Ansible can evaluate, and we cannot. `fact`: of something that is not there for us, and is for Ansible.
 */
type Kind = 'missing' | 'foreign' | 'fact';

const kinds = new WeakMap<ProvisionError, Kind>();

export function mark(error: ProvisionError, kind: Kind): ProvisionError {
  kinds.set(error, kind);
  return error;
}

/** The same error, told where it happened. */
export function placed(error: ProvisionError, place: Parameters<ProvisionError['at']>[0]): ProvisionError {
  const kind = kinds.get(error);
  return kind === undefined ? error.at(place) : mark(error.at(place), kind);
}

/** Whether an error is of something that is not there. */
export function isOfMissing(error: ProvisionError): boolean {
  const kind = kinds.get(error);
  return kind === 'missing' || kind === 'fact';
}

/** Whether Ansible could make something of it. */
export function isForeign(error: unknown): error is ProvisionError {
  if (!(error instanceof ProvisionError)) return false;
  const kind = kinds.get(error);
  return kind === 'foreign' || kind === 'fact';
}

/** The error of what is not there. */
export function absent(message: string, hint: string): ProvisionError {
  return mark(unresolved(message, hint), 'missing');
}

/** What Ansible has only while it runs a playbook, or after it has asked the host. */
const FACT = /^(ansible_\w+|playbook_dir|play_hosts|role_(name|path)|omit)$/;

/** The error of a variable that a host does not have. @param names of what it has */
export function noVariable(reference: string, name: string, names: readonly string[]): ProvisionError {
  const message = `${reference}: there is no variable ${name}`;
  if (!FACT.test(name)) return absent(message, suggest(name, names));
  return mark(unresolved(message, 'What Ansible learns as it runs is not known here. Write the value.'), 'fact');
}

/** What is there instead of a key. */
export function entriesHint(key: string, value: unknown): string {
  if (!isContainer(value)) return 'It is a single value.';
  return Array.isArray(value) ? `Its entries are 0 to ${value.length - 1}.` : suggest(key, Object.keys(value));
}

/** @param names the texts of the circle, each because of the one before it */
export function cycleError(names: readonly string[]): ProvisionError {
  return unresolved(`${names[0]} refers to itself: ${names.join(' > ')}`, 'Give one of them a value of its own.');
}

/** The error of a reference that cannot be resolved. */
export function unresolved(message: string, hint: string): ProvisionError {
  return new ProvisionError('inventory-unresolved-reference', message, { hint });
}
