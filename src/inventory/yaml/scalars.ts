/**
 * What a plain scalar means: YAML 1.1 as PyYAML reads it, so that a file means the same to Ansible.
 * Two differences: dates stay texts, and sexagesimal numbers (`8080:22` is 484822 there) are refused.
 */

/** See the implicit resolvers in PyYAML's resolver.py. */
const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0x[\da-fA-F_]+|0[0-7_]+|0|[1-9][\d_]*)$/;
const FLOAT = /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?)$/;
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
const SEXAGESIMAL = /^[-+]?(?:[1-9][\d_]*(?::[0-5]?\d)+|\d[\d_]*(?::[0-5]?\d)+\.[\d_]*)$/;

/** Whether YAML 1.1 reads it as a number of base 60, which nobody means. */
export function isSexagesimal(text: string): boolean {
  return SEXAGESIMAL.test(text);
}

/** The value of a scalar written without quotes. An integer too large to be exact stays a text, and zero has no sign (`-0 + 0` is 0). */
export function plainScalar(text: string): string | number | boolean | null {
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (INTEGER.test(text)) return integer(text);
  if (FLOAT.test(text)) return Number(text.replaceAll('_', '')) + 0;
  if (NOT_A_NUMBER.test(text)) return Number.NaN;
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  return text;
}

function integer(text: string): number | string {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
  // A leading zero is octal in YAML 1.1; JavaScript spells that 0o.
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return Number.isSafeInteger(value) ? sign * value + 0 : text;
}
