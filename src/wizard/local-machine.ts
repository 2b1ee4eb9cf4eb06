/** What this machine offers for answers: hosts of ~/.ssh/config, keys of ~/.ssh and of the agent. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { whyUnreadable } from '../errors.ts';
import { fields } from '../index.ts';
import { agentKeys } from '../transport/agent-keys.ts';
import { whyNoPrivateKey } from '../transport/ssh-auth.ts';
import { lookUpHost, namedHosts } from '../transport/ssh-config-file.ts';
import type { Choice, SshHost, Suggestion } from './question.ts';
import type { Setting } from './view.ts';

export interface LocalMachine extends Setting {
  readonly home: string;
  readonly user: string;
  readonly agentSocket: string | undefined;
  readonly suggestions: Readonly<Record<Suggestion, readonly Choice[]>>;
}

/**
 * @param folder the current one
 * @param user what whoever runs this is called
 */
export async function lookAtMachine(folder: string, user: string, env: NodeJS.ProcessEnv): Promise<LocalMachine> {
  const home = homedir();
  const agentSocket = env.SSH_AUTH_SOCK || undefined;
  const sshHosts = await readSshHosts(home, user);
  const agent = agentSocket === undefined ? [] : await agentKeys(agentSocket).catch(() => []);
  const fromAgent = agent.map((line) => ({ value: line, name: `${shortKey(line)} (agent)` }));
  return {
    folder,
    home,
    user,
    agentSocket,
    sshHosts,
    suggestions: {
      sshHosts: [...sshHosts.keys()].map((name) => ({ value: name, name })),
      publicKeys: distinct([...publicKeyFiles(home), ...fromAgent]),
      privateKeys: privateKeyFiles(home),
    },
  };
}

/** A configuration that cannot be read is no reason to stop here: connecting tells of it. */
async function readSshHosts(home: string, localUser: string): Promise<Map<string, SshHost>> {
  const file = join(home, '.ssh', 'config');
  try {
    const hosts = await namedHosts(file, home);
    const entries = hosts.map(async (host): Promise<[string, SshHost]> => {
      const options = await lookUpHost(file, { host, localUser, home });
      const hostname = options.get('hostname')?.[0]?.replaceAll('%h', host);
      return [host, { user: options.get('user')?.[0], hostname }];
    });
    return new Map(await Promise.all(entries));
  } catch {
    return new Map();
  }
}

function publicKeyFiles(home: string): readonly Choice[] {
  const folder = join(home, '.ssh');
  return namesIn(folder)
    .filter((name) => name.endsWith('.pub') && !name.endsWith('-cert.pub'))
    .flatMap((name) => {
      const line = firstKey(join(folder, name));
      return line === undefined ? [] : [{ value: line, name: `${shortKey(line)} (~/.ssh/${name})` }];
    });
}

function privateKeyFiles(home: string): readonly Choice[] {
  const names = namesIn(join(home, '.ssh'));
  return names
    .filter((name) => names.includes(`${name}.pub`))
    .map((name) => ({ value: `~/.ssh/${name}`, name: `~/.ssh/${name}` }));
}

/** A key is offered once, wherever it was found. */
function distinct(choices: readonly Choice[]): readonly Choice[] {
  const blob = ({ value }: Choice) => value.split(' ')[1];
  return choices.filter((choice, at) => choices.findIndex((other) => blob(other) === blob(choice)) === at);
}

/** `ssh-ed25519 …M9kM6w alice@laptop` */
function shortKey(line: string): string {
  const [type = '', base64 = '', ...comment] = line.split(' ');
  return [type, `…${base64.slice(-6)}`, ...comment].join(' ');
}

/** A key as typed: the key itself, or a file that holds it. @returns what is wrong, as `problem` */
export function readKey(text: string, { folder, home }: Pick<LocalMachine, 'folder' | 'home'>) {
  const looksLikeKey = /^\S+ \S/.test(text) && !existsSync(resolve(folder, text));
  if (looksLikeKey) return judge(text.trim(), 'it');
  const expanded = text.startsWith('~/') ? join(home, text.slice(2)) : text;
  const path = isAbsolute(expanded) ? expanded : resolve(folder, expanded);
  const file = existsSync(`${path}.pub`) ? `${path}.pub` : path;
  const line = firstKey(file);
  return line === undefined ? { problem: `there is no public key in ${text}` } : judge(line, text);
}

/** What is wrong with a private key to log in with; a reference, which is put in at each run, is left to that. */
export function privateKeyProblem(text: string, { folder, home }: Pick<LocalMachine, 'folder' | 'home'>) {
  if (text === '' || text.includes('{{')) return undefined;
  if (text.includes('PRIVATE KEY')) return 'must be the path of a file, not the key itself';
  const path = text.startsWith('~/') ? join(home, text.slice(2)) : resolve(folder, text);
  try {
    const problem = whyNoPrivateKey(readFileSync(path, 'utf8'));
    return problem && `${text} cannot be used: ${problem.why}`;
  } catch (error) {
    return `${text} cannot be used: ${whyUnreadable(error)}`;
  }
}

function judge(line: string, what: string): { key: string } | { problem: string } {
  const result = fields.publicKey().safeParse(line);
  return result.success
    ? { key: line }
    : { problem: `${what} ${result.error.issues[0]?.message ?? 'is no public key'}` };
}

function firstKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '' && !line.startsWith('#') && !line.startsWith('-----'));
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
