/** What was to be reached, and whether it was. */
export interface Goal {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  readonly isMet: boolean;
}

/** A Markdown table, a row for each goal; a sentence where there are none. */
export function goalLines(goals: readonly Goal[]): string[] {
  if (goals.length === 0) return ['None of the goals is about these cases.'];
  return [
    '| | measured | goal | |',
    '|---|---|---|---|',
    ...goals.map(
      ({ what, measured, goal, isMet }) => `| ${what} | ${measured} | ${goal} | ${isMet ? 'met' : 'missed'} |`,
    ),
  ];
}
