/** Whether a terminal can be drawn on, by moving its cursor about: what is live, asks with menus, or takes the whole screen. */

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says against it, as it stands there: `TERM=dumb`, or the `CI=true` of a job whose output is a log. */
export function whyNotDrawn({ TERM, CI = '' }: Environment): string | undefined {
  if (TERM === 'dumb') return 'TERM=dumb';
  return ['', '0', 'false'].includes(CI) ? undefined : `CI=${CI}`;
}

export function mayDraw({ isTTY }: { readonly isTTY?: boolean | undefined }, env: Environment): boolean {
  return Boolean(isTTY) && whyNotDrawn(env) === undefined;
}
