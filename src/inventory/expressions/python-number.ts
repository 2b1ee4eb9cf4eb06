/** Numbers as Python reads them. */

/** Python's `int()`, of a text with a fraction that of the number; undefined for what is no number. */
export function toInt(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replaceAll(/(?<=\d)_(?=\d)/g, '');
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Math.trunc(Number(text)) + 0 : undefined;
}
