/** What doctor finds: one thing that was looked at, how it is, and what to do about it. */
export interface Check {
  /** What was looked at: `known hosts`, `clock`. */
  readonly name: string;
  /** `warning`: it works, but may not for long, or not for everything; `missing`: it does not work without. */
  readonly status: 'ok' | 'warning' | 'missing';
  /** How it is: one line for people. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string | undefined;
}

export function ok(name: string, message: string): Check {
  return { name, status: 'ok', message };
}

export function warning(name: string, message: string, hint: string | undefined): Check {
  return { name, status: 'warning', message, hint };
}

export function missing(name: string, message: string, hint: string | undefined): Check {
  return { name, status: 'missing', message, hint };
}
