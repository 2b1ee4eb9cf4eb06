/** Options that are known by another name to those who come from Ansible. */

const OURS: Readonly<Record<string, string>> = {
  '--vault-id': '--vault-password-file',
  '--vault-pass-file': '--vault-password-file',
  '--new-vault-id': '--new-vault-password-file',
  '--ask-vault-password': '--ask-vault-pass',
};

/** The arguments with our names for such options; what stands behind `--` stays as it is. */
export function withOurNames(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => {
    if (end !== -1 && i >= end) return word;
    // `prompt` alone is a file to us.
    if (argv[i - 1] === '--vault-id' && word === 'prompt') return 'default@prompt';
    const [name = '', ...value] = word.split('=');
    return [OURS[name] ?? name, ...value].join('=');
  });
}
