/** Names under which people keep what nobody else is to read. */
const SECRET_NAME =
  /(^|_)(pw|pwd)$|pass(wd|word|phrase)?s?$|secret|token|credential|(api|access|auth|private|signing|encryption)_?keys?$/i;

/** Whether a variable of that name holds a secret, as far as its name tells. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}
