/** A failure of the lab that its user can mend: shown as two lines, without a stack trace. */
export class LabError extends Error {
  readonly hint: string;

  /** @param hint what to do about it, as an imperative sentence */
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LabError';
    this.hint = hint;
  }
}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s*\n\s*/g, ' ');
}
