export function proofLines(_report: unknown, _options: unknown): string[] { return []; }
