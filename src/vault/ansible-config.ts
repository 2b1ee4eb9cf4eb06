/** What ansible.cfg says of vault passwords: whoever comes from Ansible has it there already. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface AnsibleConfig {
  /** The file, for messages. */
  readonly path: string;
  /** `vault_password_file`, absolute. */
  readonly passwordFile: string | undefined;
  /** `vault_identity_list`: `ID@FILE`, separated by commas. */
  readonly identityList: string | undefined;
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The current folder. */
  readonly folder: string;
  readonly home: string;
}

const OTHERS_MAY_WRITE = 0o002;

/**
 * The first configuration that can be read, of those where Ansible looks for one; undefined where there is none.
 * See Ansible's `find_ini_config_file`: https://docs.ansible.com/ansible/latest/reference_appendices/config.html
 */
export function readAnsibleConfig(surroundings: Surroundings): AnsibleConfig | undefined {
  for (const path of candidates(surroundings)) {
    const text = readIfAny(path);
    if (text === undefined) continue;
    const { vault_password_file: file, vault_identity_list: identityList } = defaultsOf(text);
    return { path, passwordFile: file && toPath(file, path, surroundings), identityList };
  }
  return undefined;
}

function candidates({ env: { ANSIBLE_CONFIG: named }, folder, home }: Surroundings): readonly string[] {
  return [
    ...(named ? [resolve(folder, named), join(resolve(folder, named), 'ansible.cfg')] : []),
    // A password file may be a program: in a folder such as /tmp anybody could name theirs.
    ...(mayAnyoneWrite(folder) ? [] : [join(folder, 'ansible.cfg')]),
    join(home, '.ansible.cfg'),
    '/etc/ansible/ansible.cfg',
  ];
}

function mayAnyoneWrite(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found !== undefined && (found.mode & OTHERS_MAY_WRITE) !== 0;
}

function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The settings of `[defaults]`, as Python's configparser reads them for Ansible: `;` begins a comment within a line as well. */
function defaultsOf(text: string): Readonly<Record<string, string | undefined>> {
  const settings: Record<string, string> = {};
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const content = line.replace(/^\s*[#;].*|\s;.*/, '').trim();
    section = /^\[(.+)\]$/.exec(content)?.[1] ?? section;
    const [, name, value = ''] = /^(\w+)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (section === 'defaults' && name !== undefined) settings[name.toLowerCase()] = value;
  }
  return settings;
}

/** Relative to the configuration. */
function toPath(text: string, config: string, { env, folder, home }: Surroundings): string {
  const expanded = text
    .replaceAll('{{CWD}}', folder)
    .replace(/^~(?=\/)/, home)
    .replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (written, plain, braced) => env[plain ?? braced] ?? written);
  return resolve(dirname(config), expanded);
}
