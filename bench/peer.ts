/** Ansible as the peer: that it is there, and how it is called. */
import { fileURLToPath } from 'node:url';
import type { LabHost } from '../test/lab/host.ts';
import { LabError } from '../test/lab/lab-error.ts';
import { step } from '../test/lab/progress.ts';
import { aptInstall } from '../test/lab/run-process.ts';
import { type Program, run } from './measure.ts';

const FOLDER = fileURLToPath(new URL('ansible', import.meta.url));
/** Of the workload; Debian has it in the package `ansible`, not in `ansible-core`. */
const MODULE = 'ansible.posix.authorized_key';
/** What Ansible's modules run with on the host, and its module for apt needs. */
const ON_HOST = ['python3', 'python3-apt'];

/** Sees to it that Ansible is there: installs it where we are root and apt is at hand. @throws LabError where it is not */
export async function ensureAnsible(): Promise<void> {
  if (await hasAnsible()) return;
  if (process.getuid?.() === 0) await step('Ansible: install', (note) => aptInstall(['ansible'], note));
  if (await hasAnsible()) return;
  const hint =
    'Install Ansible with its collections: on Debian `sudo apt-get install ansible`, elsewhere as its manual says.';
  throw new LabError(`there is no ansible-playbook here that has ${MODULE}`, hint);
}

/** ansible-doc exits 0 also where there is no such module: then it prints nothing but a warning. */
async function hasAnsible(): Promise<boolean> {
  return run({ name: 'ansible-doc', argv: ['ansible-doc', '--type', 'module', MODULE] }).then(
    ({ stdout }) => stdout.toLowerCase().includes(MODULE),
    () => false,
  );
}

/** Installs on the host what Ansible wants there. */
export async function prepareHost(host: LabHost): Promise<void> {
  const script = `export DEBIAN_FRONTEND=noninteractive
    apt-get -q update && apt-get -q -y install --no-install-recommends ${ON_HOST.join(' ')}`;
  const { code, stderr } = await host.exec(script, 600_000);
  if (code !== 0)
    throw new LabError(`cannot install ${ON_HOST.join(', ')} on the host\n${stderr}`, 'Has it a network?');
}

/** The first line of `ansible-playbook --version`: `ansible-playbook [core 2.19.4]`. */
export async function ansibleVersion(): Promise<string> {
  const { stdout } = await run({ name: 'ansible-playbook', argv: ['ansible-playbook', '--version'] });
  return stdout.split('\n', 1)[0] ?? '';
}

/**
 * A run of the workload by Ansible, which as by its defaults keeps its connection for 60 s after a run: one for all rounds.
 *
 * @param sshOptions of ssh(1), for the host's key
 * @param home a folder for what Ansible stores
 */
export function ansible(host: LabHost, sshOptions: readonly string[], home: string): Program {
  const variables = {
    ansible_user: host.users.root.name,
    ansible_ssh_private_key_file: host.keyFile,
    ansible_ssh_common_args: sshOptions.join(' '),
  };
  return {
    name: 'ansible-playbook',
    argv: ['ansible-playbook', '-i', `${host.address},`, '-e', JSON.stringify(variables), `${FOLDER}/site.yml`],
    // The sockets of shared connections have a setting of their own: they are not kept in ANSIBLE_HOME by every release.
    env: {
      ANSIBLE_CONFIG: `${FOLDER}/ansible.cfg`,
      ANSIBLE_HOME: home,
      ANSIBLE_SSH_CONTROL_PATH_DIR: `${home}/cp`,
    },
    isIdle: (stdout) => / changed=0 +unreachable=0 +failed=0 /.test(stdout),
  };
}
