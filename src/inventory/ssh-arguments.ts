import { ProvisionError } from '../errors.ts';

/** What of ssh(1)'s arguments we understand. */
export interface SshArguments {
  readonly jump?: string;
  readonly keyFile?: string;
  readonly user?: string;
  readonly port?: number;
  readonly hostKeyChecking?: 'strict' | 'accept-new';
  readonly knownHostsFile?: string;
  readonly connectTimeoutMs?: number;
}

type Setting = keyof SshArguments;
type Option = (value: string) => SshArguments;

/** Options of ssh_config(5) by their names in lower case. */
const OPTIONS: ReadonlyMap<string, Option> = new Map<string, Option>([
  ['proxyjump', (hops) => ({ jump: jump('ProxyJump', hops) })],
  ['identityfile', (keyFile) => ({ keyFile })],
  ['user', (user) => ({ user: word('User', user) })],
  ['port', (port) => ({ port: number('Port', port, 65_535) })],
  ['userknownhostsfile', (knownHostsFile) => ({ knownHostsFile })],
  ['connecttimeout', (seconds) => ({ connectTimeoutMs: number('ConnectTimeout', seconds, 3600) * 1000 })],
  ['stricthostkeychecking', (value) => ({ hostKeyChecking: hostKeyChecking(value) })],
  ['proxycommand', (command) => ({ jump: jumpOf(command) })],
  ['forwardagent', onlyNo('ForwardAgent')],
  ['forwardx11', onlyNo('ForwardX11')],
  ['gssapiauthentication', onlyNo('GSSAPIAuthentication')],
]);

/** Ours in any case, so that naming them changes nothing: https://man.openbsd.org/ssh_config */
const WITHOUT_EFFECT = new Set([
  'controlmaster',
  'controlpersist',
  'controlpath',
  'compression',
  'loglevel',
  'batchmode',
  // We keep connections alive ourselves.
  'serveraliveinterval',
  'serveralivecountmax',
  'tcpkeepalive',
]);

/** Compression and how much ssh tells: of no effect. */
const MESSAGES = /^-[Cqv]+$/;

const FLAGS: ReadonlyMap<string, Option> = new Map<string, Option>([
  ['J', (hops) => ({ jump: jump('-J', hops) })],
  ['i', (keyFile) => ({ keyFile })],
  ['l', (user) => ({ user: word('-l', user) })],
  ['p', (port) => ({ port: number('-p', port, 65_535) })],
  ['o', parseOption],
]);

/**
 * Reads arguments for ssh(1), as `ansible_ssh_common_args` holds them. As there, the first value of an option counts.
 *
 * @example parseSshArguments('-J admin@bastion -o StrictHostKeyChecking=accept-new')
 * @throws ProvisionError `inventory-bad-parameter` for an argument that we would not follow, by its name
 */
export function parseSshArguments(text: string): SshArguments {
  const words = splitWords(text);
  const settings: Partial<Record<Setting, SshArguments[Setting]>> = {};
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (MESSAGES.test(word)) continue;
    const [, flag = '', attached = ''] = /^-([A-Za-z])(.*)$/s.exec(word) ?? [];
    const option = FLAGS.get(flag);
    if (option === undefined) throw refused(/^-[A-Za-z]/.test(word) ? `-${flag}` : 'a word that is no option');
    const value = attached || words.shift();
    if (value === undefined) throw bad(`-${flag} lacks its value`, 'Write the value after it.');
    for (const [name, given] of Object.entries(option(value))) settings[name as Setting] ??= given;
  }
  return settings as SshArguments;
}

function parseOption(text: string): SshArguments {
  const [, name = '', value = ''] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(text) ?? [];
  const key = name.toLowerCase();
  if (WITHOUT_EFFECT.has(key)) return {};
  const option = OPTIONS.get(key);
  if (option === undefined) throw refused(name === '' ? '-o without NAME=VALUE' : `-o ${name}`);
  return option(value);
}

function hostKeyChecking(value: string): 'strict' | 'accept-new' {
  if (value === 'yes') return 'strict';
  if (value === 'accept-new') return value;
  const message = `-o StrictHostKeyChecking=${value} is not supported`;
  throw bad(message, 'A host key is always checked. Write accept-new to trust a host that was never seen before.');
}

/** What is off in any case may be said to be off. */
function onlyNo(name: string): Option {
  return (value) => {
    if (value === 'no') return {};
    throw refused(`-o ${name}=${value}`);
  };
}

/** `ssh -W %h:%p HOST` is what -J HOST does; any other command is none of ours. */
function jumpOf(command: string): string {
  const [program, ...words] = splitWords(command);
  const flags: Record<string, string> = {};
  const hosts: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, flag, attached = ''] = /^-([Wlp])(.*)$/.exec(word) ?? [];
    if (flag !== undefined) flags[flag] = attached || words.shift() || '';
    else if (!MESSAGES.test(word)) hosts.push(word);
  }
  const { W: target = '', l: user, p: port } = flags;
  const [host = '', ...others] = hosts;
  const isJump = program === 'ssh' && /^(%h|\[%h\]):%p$/.test(target) && /^[^-]/.test(host) && others.length === 0;
  if (!isJump) throw refused('-o ProxyCommand other than `ssh -W %h:%p HOST`');
  const login = user === undefined || host.includes('@') ? '' : `${word('-l', user)}@`;
  return jump('ProxyCommand', `${login}${host}${port === undefined ? '' : `:${number('-p', port, 65_535)}`}`);
}

function jump(name: string, hops: string): string {
  for (const hop of hops.split(',')) word(name, hop.replace(/^[^@]*@/, ''));
  return word(name, hops);
}

/** A name that the programs it is handed to cannot take for an option. */
function word(name: string, value: string): string {
  if (/^[^\s-]\S*$/.test(value)) return value;
  throw bad(`the value of ${name} must be one word that does not start with -`, 'Correct it.');
}

function number(name: string, value: string, max: number): number {
  if (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= max) return Number(value);
  throw bad(`${name} must be a number from 1 to ${max}`, 'Correct it.');
}

const WORD = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs;

/** Words as the shell would split them: quotes and backslashes keep spaces, nothing else has a meaning. */
function splitWords(text: string): string[] {
  const words = text.match(WORD) ?? [];
  if (text.replaceAll(WORD, '').trim() !== '') throw bad('a quote is not closed', 'Close it.');
  return words.map((word) =>
    word.replace(
      /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs,
      (_, escaped, double, single) => escaped ?? double?.replace(/\\(.)/gs, '$1') ?? single,
    ),
  );
}

function refused(what: string): ProvisionError {
  const hint =
    'Understood are -J, -i, -l, -p and -o with ProxyJump, ProxyCommand="ssh -W %h:%p HOST", IdentityFile, User, Port, UserKnownHostsFile, ConnectTimeout and StrictHostKeyChecking. For everything else use ~/.ssh/config with provision_transport: openssh.';
  return bad(`${what} is not supported`, hint);
}

function bad(message: string, hint: string): ProvisionError {
  return new ProvisionError('inventory-bad-parameter', message, { hint });
}
