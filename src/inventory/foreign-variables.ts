/** Ansible's variables for the connection that mean nothing here: passed over where that changes nothing, else refused. */
import { ProvisionError } from '../errors.ts';
import type { Host } from './types.ts';

/** How Ansible runs its modules and copies them: there are none here. */
const WITHOUT_EFFECT = [
  /^ansible_\w+_interpreter$/,
  /^ansible_shell_(type|executable)$/,
  /^ansible_(ssh_)?pipelining$/,
  /^ansible_control_path(_dir)?$/,
  /^ansible_(scp_if_ssh|ssh_transfer_method|sftp_batch_mode|ssh_retries|ssh_use_tty|remote_tmp|async_dir)$/,
  /^ansible_s(cp|ftp)_(extra_args|executable)$/,
];

/** Whoever sets these means something that would not happen. */
const REFUSED: readonly (readonly [RegExp, string, string])[] = [
  [
    /^ansible_(winrm|psrp)_/,
    'Windows hosts are not supported',
    'Take the host out of the inventory, or remove the variable.',
  ],
  [
    /^ansible_(network_os|(network_cli|httpapi|netconf|persistent)_\w+)$/,
    'network devices are not supported',
    'Take the host out of the inventory, or remove the variable.',
  ],
  [
    /^ansible_(docker|podman|lxc|lxd|kubectl|oc|chroot|jail|zone|aws_ssm)_/,
    'hosts are reached over SSH alone',
    'Take the host out of the inventory, or remove the variable.',
  ],
  [
    /^ansible_(ssh_executable|sshpass_prompt|paramiko_\w+)$/,
    'SSH is spoken by provision itself',
    'Remove it. With `provision_transport: openssh` the ssh of this machine is used.',
  ],
  [/^ansible_(become|sudo|su|doas)_(exe|flags)$/, 'how sudo, doas and su are called cannot be chosen', 'Remove it.'],
  [
    /^ansible_doas_pass$/,
    'doas is used without a password',
    "Allow it without one: `permit nopass` in the host's doas.conf.",
  ],
];

/** The host's variables that are passed over, by their names. */
export function ignoredVariables({ vars }: Pick<Host, 'vars'>): readonly string[] {
  return Object.keys(vars).filter((name) => WITHOUT_EFFECT.some((pattern) => pattern.test(name)));
}

/** @throws ProvisionError `inventory-bad-parameter` for a variable that cannot be followed, by its name */
export function refuseVariables(host: Host): void {
  for (const name of Object.keys(host.vars)) {
    const [, why, hint] = REFUSED.find(([pattern]) => pattern.test(name)) ?? [];
    if (why === undefined) continue;
    throw new ProvisionError('inventory-bad-parameter', `${name} is not supported: ${why}`, {
      host: host.name,
      location: host.origin([name]) ?? host.location,
      hint,
    });
  }
}
