import { resolve } from 'node:path';
import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { fields } from '../index.ts';
import { Secret, type Text } from '../shell/secret.ts';
import type { ConnectionSettings } from '../transport/settings.ts';
import type { Resolver } from './expressions/references.ts';
import { refuseVariables } from './foreign-variables.ts';
import { parseSshArguments, type SshArguments } from './ssh-arguments.ts';
import type { Inventory } from './types.ts';
import { parseVariables } from './variables.ts';

/** A word that ssh could not take for an option. */
const word = () => fields.line().regex(/^[^\s-]\S*$/, 'must be one word that does not start with -');
const address = () => word().refine((text) => !text.includes('/'), 'must be one address or name, not a network');
const path = () => fields.line().min(1, 'must not be empty');
const { password } = fields;
const publicKey = () =>
  fields.line().regex(/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( .*)?$/, 'must be a public key: ssh-ed25519 AAAA...');
const portNumber = () => z.int().min(1).max(65_535);
const portText = () => z.string().regex(/^\d{1,5}$/, 'must be a number');
/** A reference to the environment gives a text. */
const port = () => z.union([portNumber(), portText().transform(Number).pipe(portNumber())]);

/**
 * The variables that say how to reach a host: Ansible's, with their older names, and a few of our own. Of several names for one
 * thing the older one counts, as in Ansible.
 */
export const CONNECTION_SCHEMA = z.object({
  ansible_host: address().optional(),
  ansible_ssh_host: address().optional(),
  ansible_port: port().optional(),
  ansible_ssh_port: port().optional(),
  ansible_user: word().optional(),
  ansible_ssh_user: word().optional(),
  ansible_password: password().optional(),
  ansible_ssh_pass: password().optional(),
  ansible_ssh_password: password().optional(),
  ansible_ssh_private_key_file: path().optional(),
  ansible_private_key_file: path().optional(),
  ansible_ssh_args: fields.line().optional(),
  ansible_ssh_common_args: fields.line().optional(),
  ansible_ssh_extra_args: fields.line().optional(),
  ansible_ssh_timeout: z.number().positive().max(3600).optional(),
  ansible_connection: z.enum(['ssh', 'local', 'smart', 'paramiko']).optional(),
  ansible_become: z.boolean().optional(),
  ansible_become_method: z.enum(['sudo', 'doas', 'su']).optional(),
  ansible_become_user: z.literal('root').optional(),
  ansible_sudo_user: z.literal('root').optional(),
  ansible_su_user: z.literal('root').optional(),
  ansible_become_password: password().optional(),
  ansible_become_pass: password().optional(),
  ansible_sudo_pass: password().optional(),
  ansible_su_pass: password().optional(),
  ansible_host_key_checking: z.boolean().optional(),
  ansible_ssh_host_key_checking: z.boolean().optional(),
  ansible_shell_type: z.enum(['sh', 'csh', 'fish']).optional(),
  provision_transport: z.enum(['ssh', 'openssh', 'local']).optional(),
  provision_host_key: z.union([publicKey(), z.array(publicKey()).min(1)]).optional(),
  provision_host_key_checking: z.enum(['strict', 'accept-new']).optional(),
  provision_ssh_passphrase: password().optional(),
});

type Variables = z.output<typeof CONNECTION_SCHEMA>;

/** What ssh finds first counts, and in this order Ansible gives them to it. */
export const SSH_ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'] as const;

/**
 * How to reach a host, from its `ansible_*` and `provision_*` variables. Passwords become secrets; of the others any may be
 * encrypted as well.
 * @throws ProvisionError `inventory-bad-parameter`, `inventory-unresolved-reference`
 */
export function readConnection(resolver: Resolver, { dir }: Pick<Inventory, 'dir'>): ConnectionSettings {
  refuseVariables(resolver.host);
  const vars = parseVariables(CONNECTION_SCHEMA, resolver, 'the connection', 'opened');
  const args: SshArguments = Object.assign({}, ...SSH_ARGUMENTS.toReversed().map(readArguments));
  const isSu = vars.ansible_become_method === 'su';
  const keyFile = vars.ansible_ssh_private_key_file ?? vars.ansible_private_key_file ?? args.keyFile;
  const settings: ConnectionSettings = {
    name: resolver.host.name,
    hostname: vars.ansible_ssh_host ?? vars.ansible_host,
    port: vars.ansible_ssh_port ?? vars.ansible_port ?? args.port,
    user: vars.ansible_ssh_user ?? vars.ansible_user ?? args.user,
    keyFile: localPath(dir, keyFile),
    passphrase: readSecret('provision_ssh_passphrase'),
    password: readSecret('ansible_ssh_password', 'ansible_ssh_pass', 'ansible_password'),
    become: becomeMethod(vars),
    becomePassword: readSecret(
      isSu ? 'ansible_su_pass' : 'ansible_sudo_pass',
      'ansible_become_pass',
      'ansible_become_password',
    ),
    jump: args.jump,
    hostKey: vars.provision_host_key,
    hostKeyChecking: vars.provision_host_key_checking ?? hostKeyChecking() ?? args.hostKeyChecking,
    knownHostsFile: localPath(dir, args.knownHostsFile),
    transport: vars.provision_transport ?? (vars.ansible_connection === 'local' ? 'local' : undefined),
    connectTimeoutMs: vars.ansible_ssh_timeout ? vars.ansible_ssh_timeout * 1000 : args.connectTimeoutMs,
  };
  return settings;

  function hostKeyChecking(): 'strict' | undefined {
    const names = ['ansible_ssh_host_key_checking', 'ansible_host_key_checking'] as const;
    const name = names.find((candidate) => vars[candidate] !== undefined);
    if (name === undefined || vars[name]) return name && 'strict';
    const hint =
      'A host key is always checked. `provision_host_key_checking: accept-new` trusts a host never seen before.';
    throw new ProvisionError('inventory-bad-parameter', `${name}: false is not supported`, { ...place(name), hint });
  }

  function readArguments(name: (typeof SSH_ARGUMENTS)[number]): SshArguments {
    try {
      return parseSshArguments(vars[name] ?? '');
    } catch (error) {
      throw error instanceof ProvisionError ? error.at(place(name)) : error;
    }
  }

  function readSecret(...names: (keyof Variables)[]): Secret | undefined {
    const name = names.find((candidate) => vars[candidate] !== undefined);
    if (name === undefined) return undefined;
    const value = vars[name] as Text;
    const secret = value instanceof Secret ? value : Secret.named(name, value);
    if (secret.isKnown) return secret;
    throw new ProvisionError('inventory-bad-parameter', `${name} is a secret that is generated on the host itself`, {
      ...place(name),
      hint: 'What is needed to log in must be given: take the secret from `env` or `file`.',
    });
  }

  function place(name: string): { host: string; location: string } {
    return { host: resolver.host.name, location: resolver.host.origin([name]) ?? resolver.host.location };
  }
}

function becomeMethod(vars: Variables): ConnectionSettings['become'] {
  if (vars.ansible_become === false) return 'none';
  return vars.ansible_become_method ?? 'auto';
}

function localPath(dir: string, file: string | undefined): string | undefined {
  return file === undefined || file.startsWith('~') ? file : resolve(dir, file);
}
