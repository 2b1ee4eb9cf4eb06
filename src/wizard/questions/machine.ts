/** Questions about the hosts themselves: how they are reached, who may log in, what is installed. */
import { NAMED_VALUE, PERSON, partsOf, SERVER } from '../notations.ts';
import type { Question, View } from '../question.ts';
import { addressRule, hostNameRule, userRule } from './server-rules.ts';

const FILE_NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;

const person = [
  { part: 'name', prompt: 'Name of the account', at: ['users', '0', 'name'] },
  { part: 'key', prompt: 'Public key: a line ssh-ed25519 AAAA…, or a file', suggest: 'publicKeys' },
] as const;

export const MACHINE_QUESTIONS = [
  {
    id: 'name',
    topic: 'inventory',
    kind: 'text',
    flag: 'save-as',
    value: 'NAME',
    help: 'writes inventory/NAME.yml',
    prompt: 'What to call it? It becomes inventory/NAME.yml',
    default: ({ folderName }) => (FILE_NAME.test(folderName) ? folderName : 'prod'),
    rule(text) {
      if (/\.ya?ml$/i.test(text)) return 'is written without .yml';
      return FILE_NAME.test(text) ? undefined : 'must be 1 to 63 letters, digits, _, . and -';
    },
  },
  {
    id: 'servers',
    topic: 'hosts',
    kind: 'list',
    flag: 'server',
    value: '[USER@]ADDRESS',
    help: 'a host, as [NAME=][USER@]ADDRESS[:PORT]',
    prompt: 'Hosts',
    entry: 'host',
    notation: SERVER,
    required: true,
    default: () => [],
    fields: [
      {
        part: 'address',
        prompt: 'Address or name of the host',
        at: ['ansible_host'],
        suggest: 'sshHosts',
        rule: addressRule,
      },
      {
        part: 'user',
        prompt: 'User to log in as: root, or one who may use sudo',
        at: ['ansible_user'],
        rule: userRule,
        default: ({ address = '' }, view) => view.sshHost(address)?.user ?? 'root',
      },
      { part: 'port', prompt: 'Port of its SSH server', at: ['ansible_port'], as: 'number', default: () => '22' },
      {
        part: 'name',
        prompt: 'What to call it in the inventory',
        rule: hostNameRule,
        default: ({ address = '' }, view) => nameFor(address, view.many('servers')),
      },
    ],
  },
  {
    id: 'sshKey',
    topic: 'hosts',
    kind: 'text',
    flag: 'ssh-key',
    value: 'FILE',
    help: 'private key to log in with (default: agent and ~/.ssh)',
    prompt: 'Private key to log in with',
    ifEmpty: 'those of the agent, then of ~/.ssh',
    at: ['ansible_ssh_private_key_file'],
    suggest: 'privateKeys',
    optional: true,
    default: () => '',
  },
  {
    id: 'loginPassword',
    topic: 'hosts',
    kind: 'text',
    flag: 'login-password',
    value: 'SOURCE',
    help: 'where no key works: none, env:NAME, file:PATH',
    prompt: 'Is there a password to log in with, where no key works?',
    source: 'given',
    default: () => 'none',
    advanced: true,
  },
  {
    id: 'sudoPassword',
    topic: 'hosts',
    kind: 'text',
    flag: 'sudo-password',
    value: 'SOURCE',
    help: 'of users other than root: none, env:NAME, file:PATH',
    prompt: 'Does sudo ask for a password?',
    source: 'given',
    default: () => 'none',
    when: (view) => view.many('servers').some((server) => (partsOf(SERVER, server).user || 'root') !== 'root'),
  },
  {
    id: 'hostKeys',
    topic: 'hosts',
    kind: 'host-keys',
    flag: 'host-key',
    value: 'NAME=KEY',
    help: 'the only key that host may show: web1="ssh-ed25519 AAAA…"',
    prompt: 'Keys of the hosts',
    notation: NAMED_VALUE,
    default: () => [],
  },
  {
    id: 'admins',
    topic: 'people',
    kind: 'list',
    flag: 'admin',
    value: 'NAME=KEY',
    help: 'an account with sudo; KEY is a .pub file or a key',
    prompt: 'Who shall administer the hosts? (sudo without a password, login by key)',
    entry: 'administrator',
    notation: PERSON,
    default: () => [],
    fields: person,
  },
  {
    id: 'users',
    topic: 'people',
    kind: 'list',
    flag: 'user',
    value: 'NAME=KEY',
    help: 'an account without sudo',
    prompt: 'Who else may log in? (without sudo)',
    entry: 'user',
    notation: PERSON,
    default: () => [],
    fields: person,
  },
  {
    id: 'packages',
    topic: 'packages',
    kind: 'list',
    flag: 'package',
    value: 'NAME',
    help: 'a package of the distribution',
    prompt: 'Packages to install, such as curl, vim, jq',
    entry: 'package',
    at: ['packages', 'present', '0'],
    default: () => [],
  },
  {
    id: 'dockerSource',
    topic: 'docker',
    kind: 'choice',
    flag: 'docker-source',
    value: 'SOURCE',
    help: 'distro (default) or docker.com: whose packages',
    prompt: 'Docker from',
    choices: [
      { value: 'distro', name: "the distribution's packages" },
      { value: 'docker.com', name: "Docker's own repository" },
    ],
    default: () => 'distro',
    when: hasApplication,
    advanced: true,
  },
  {
    id: 'registryMirrors',
    topic: 'docker',
    kind: 'list',
    flag: 'registry-mirror',
    value: 'URL',
    help: 'where images of Docker Hub are fetched instead',
    prompt: 'Mirrors of Docker Hub (http:// or https://)',
    entry: 'mirror',
    at: ['docker', 'registry_mirrors', '0'],
    default: () => [],
    when: hasApplication,
    advanced: true,
  },
  {
    id: 'insecureRegistries',
    topic: 'docker',
    kind: 'list',
    flag: 'insecure-registry',
    value: 'HOST:PORT',
    help: 'a registry without a valid certificate',
    prompt: 'Registries without a valid certificate (HOST:PORT)',
    entry: 'registry',
    at: ['docker', 'insecure_registries', '0'],
    default: () => [],
    when: hasApplication,
    advanced: true,
  },
] as const satisfies readonly Question[];

function hasApplication(view: View): boolean {
  return view.one('appFrom') !== 'none';
}

/** The first word of a name; of an address nothing can be made, so that those are counted. */
function nameFor(address: string, servers: readonly string[]): string {
  const taken = new Set(servers.map((server) => partsOf(SERVER, server).name));
  const [label = ''] = address.split('.');
  if (/^[a-z_][\w-]*$/i.test(label) && !taken.has(label)) return label;
  for (let number = 1; ; number++) if (!taken.has(`web${number}`)) return `web${number}`;
}
