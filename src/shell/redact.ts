/**
 * The last guard for secrets: texts of remote programs, which may quote what they were given, are masked before anybody sees
 * them. Secrets in our own texts never come this far: a `Secret` prints as `<secret>` by itself.
 */
import { ProvisionError } from '../errors.ts';
import { createSecretIndex, SHORTEST_VALUE } from './secret-index.ts';

export const MASK = '<secret>';

/** Every value that a secret of this process has had, and each line of those that have several. */
const known = new Set<string>();
const index = createSecretIndex();

/** From now on this value is masked wherever `redact` looks. */
export function rememberSecret(value: string): void {
  for (const piece of [value, ...value.split('\n')]) {
    // Shorter pieces are part of too many innocent words to be searched for. See docs/decisions.md.
    if (piece.trim().length < SHORTEST_VALUE || known.has(piece)) continue;
    known.add(piece);
    index.add(piece);
  }
}

/** The text with every known secret shown as `<secret>`. */
export function redact(text: string): string {
  return index.replaceAll(text, MASK);
}

/** The error with every known secret masked, in its causes as well. */
export function redactError(error: ProvisionError): ProvisionError {
  const { code, location, parameter, host, task, hint, detail } = error;
  const redacted = new ProvisionError(code, redact(error.message), {
    location,
    parameter,
    host,
    task,
    hint: hint === undefined ? undefined : redact(hint),
    detail: detail === undefined ? undefined : redact(detail),
    cause: redactThrown(error.cause),
  });
  if (error.stack) redacted.stack = redact(error.stack);
  return redacted;
}

/** Whatever was thrown, for people: what is no ProvisionError is a bug, and says so. */
export function asProvisionError(reason: unknown, host?: string): ProvisionError {
  if (reason instanceof ProvisionError) return redactError(reason.at({ host }));
  const message = reason instanceof Error ? reason.message : String(reason);
  const hint = 'This is a bug in provision or in a role: run again with --debug for its stack trace, and report it.';
  return redactError(new ProvisionError('internal', message, { host, cause: reason, hint }));
}

/** Whatever was thrown, with every known secret masked: a ProvisionError stays one, any other Error keeps its name and stack. */
export function redactThrown(thrown: unknown): unknown {
  if (thrown instanceof ProvisionError) return redactError(thrown);
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? redact(thrown) : thrown;
  const redacted = new Error(redact(thrown.message), { cause: redactThrown(thrown.cause) });
  redacted.name = thrown.name;
  if (thrown.stack) redacted.stack = redact(thrown.stack);
  return redacted;
}
