/** What is wrong with references. */
import { ProvisionError } from '../../errors.ts';
import { suggest } from '../../schema/nearest.ts';
import { isContainer } from '../types.ts';

/** Errors of something that is not there. */
const ofMissing = new WeakSet<ProvisionError>();

/** The same error, told where it happened. */
export function placed(error: ProvisionError, place: Parameters<ProvisionError['at']>[0]): ProvisionError {
  const told = error.at(place);
  if (ofMissing.has(error)) ofMissing.add(told);
  return told;
}

/** Whether an error is of something that is not there. */
export function isOfMissing(error: ProvisionError): boolean {
  return ofMissing.has(error);
}

/** Whether a variable cannot be resolved: to Ansible it would stand there as it is written until something reads it. */
export function isUnresolved(error: unknown): error is ProvisionError {
  return error instanceof ProvisionError && error.code === 'inventory-unresolved-reference';
}

/** The error of what is not there. */
export function absent(message: string, hint: string): ProvisionError {
  const error = unresolved(message, hint);
  ofMissing.add(error);
  return error;
}

/** What Ansible has only while it runs a playbook, or after it has asked the host. */
const FACT = /^(ansible_\w+|playbook_dir|play_hosts|role_(name|path)|omit)$/;

/** The error of a variable that a host does not have. @param names of what it has */
export function noVariable(reference: string, name: string, names: readonly string[]): ProvisionError {
  const message = `${reference}: there is no variable ${name}`;
  const isFact = FACT.test(name);
  return absent(
    message,
    isFact ? 'What Ansible learns as it runs is not known here. Write the value.' : suggest(name, names),
  );
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
