/** Thrown where a task, or a part of it, has no equivalent: the task is marked in the role, and told in the summary. */
export class NotTranslated extends Error {
  /** What to do about it: one or more imperative sentences. */
  readonly hint: string | undefined;

  /** @param message why, as what follows "not translated:" */
  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'NotTranslated';
    this.hint = hint;
  }
}
