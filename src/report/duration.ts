/** A duration for people: `<0.1 s`, `0.3 s`, `12 s`, `2 min 5 s`, `1 h 2 min`, `2 h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 50) return '<0.1 s';
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(minutes, 'min', seconds % 60, 's');
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

/** What is nothing is not told. */
function joined(whole: number, unit: string, rest: number, smaller: string): string {
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${smaller}`;
}
