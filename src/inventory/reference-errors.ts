/** What is wrong with references. */
import { ProvisionError } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import { isContainer } from './types.ts';

const missing = new WeakSet<ProvisionError>();

/** The same error, as that of something that is not there, as opposed to one of something wrong. */
export function markMissing(error: ProvisionError): ProvisionError {
  missing.add(error);
  return error;
}

/** Whether an error is of something that is not there. */
export function isOfMissing(error: ProvisionError): boolean {
  return missing.has(error);
}

/** The error of what is not there. */
export function absent(message: string, hint: string): ProvisionError {
  return markMissing(unresolved(message, hint));
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
