/** Hashes of passwords as crypt(5) has them. Who sees one can try passwords on it. */

const SALT = "[^$:\\s']{0,16}";
const DIGITS = '[./0-9A-Za-z]';

/** Each whole: one that was cut off would let nobody in. */
const FORMS = [
  `\\$1\\$${SALT}\\$${DIGITS}{22}`,
  `\\$5\\$(?:rounds=\\d+\\$)?${SALT}\\$${DIGITS}{43}`,
  `\\$6\\$(?:rounds=\\d+\\$)?${SALT}\\$${DIGITS}{86}`,
  `\\$2[abxy]\\$\\d\\d\\$${DIGITS}{53}`,
  `\\$(?:g?y|7)\\$${DIGITS}+\\$${DIGITS}{0,86}\\$${DIGITS}{43}`,
];
const WHOLE = new RegExp(`^(?:${FORMS.join('|')})$`);
const ANYWHERE = new RegExp(FORMS.join('|'), 'g');

export function isCryptHash(text: string): boolean {
  return WHOLE.test(text);
}

export function replaceCryptHashes(text: string, replacement: string): string {
  return text.replaceAll(ANYWHERE, replacement);
}
