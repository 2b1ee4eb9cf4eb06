/** Imported from site.yml: 16 of 16 tasks. */
import {
  authorizedKeys,
  command,
  defineRole,
  file,
  group,
  lineInFile,
  packages,
  reloadService,
  user,
  z,
} from 'provision';

/** As Ansible prints it: True and False begin with a capital letter, and null is nothing. */
function pythonText(value: string | number | boolean | undefined): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value ?? '');
}

export default defineRole({
  name: 'site',
  params: z.object({ mark_hosts: z.boolean().optional() }),
  resources: ({ params }) => {
    const adminGroupValue: string = 'wheel';
    const peopleValue: { name: string; full_name?: string; admin?: boolean; ssh_keys: string[]; shell?: string }[] = [
      {
        name: 'alice',
        full_name: 'Alice Example',
        admin: true,
        ssh_keys: [
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w alice@laptop',
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov alice@desk',
        ],
      },
      { name: 'backup', shell: '/usr/sbin/nologin', ssh_keys: [] },
    ];
    const formerPeopleValue: string[] = ['mallory'];
    const sshSettingsValue: { key: string; value: string | number | boolean }[] = [
      { key: 'PermitRootLogin', value: 'prohibit-password' },
      { key: 'PasswordAuthentication', value: 'no' },
      { key: 'X11Forwarding', value: 'no' },
      { key: 'MaxAuthTries', value: 4 },
    ];
    const sshPortValue: number = 22;
    const sshBannerValue: string = 'Authorised people only.\nEverything is written down.\n';
    const reloadSsh = reloadService('ssh');

    return [
      // group of admins
      group({ name: adminGroupValue }),
      // accounts
      ...peopleValue.map((item) =>
        user({
          name: item.name,
          groups: (item.admin ?? false) ? [adminGroupValue] : [],
          shell: item.shell ?? '/bin/bash',
          comment: item.full_name,
          password: 'locked',
        }),
      ),
      // former accounts
      ...formerPeopleValue.map((item) => user({ name: item, state: 'absent', removeHome: true })),
      // keys
      ...peopleValue.map((item) => authorizedKeys({ user: item.name, keys: item.ssh_keys, exclusive: true })),
      // admins may do everything
      file({
        path: `/etc/sudoers.d/${adminGroupValue}`,
        content: `# of the group ${adminGroupValue}\n%${adminGroupValue} ALL=(ALL:ALL) NOPASSWD: ALL\n`,
        owner: 'root',
        group: 'root',
        mode: '0440',
        validate: ['/usr/sbin/visudo', '-cf', '%s'],
      }),
      // ssh server
      packages({ names: ['openssh-server'], recommends: true }),
      // settings of the ssh server
      ...sshSettingsValue.map((item) =>
        lineInFile(
          {
            path: '/etc/ssh/sshd_config',
            line: `${item.key} ${pythonText(item.value)}`,
            match: `^#?${item.key}\\s`,
            validate: ['/usr/sbin/sshd', '-t', '-f', '%s'],
          },
          { notify: reloadSsh },
        ),
      ),
      // port of the ssh server
      lineInFile(
        { path: '/etc/ssh/sshd_config', line: `Port ${sshPortValue}`, match: '^#?Port ', before: '^' },
        { notify: reloadSsh },
      ),
      // banner
      file({ path: '/etc/issue.net', content: sshBannerValue, mode: '0644' }),
      // banner is shown
      lineInFile(
        { path: '/etc/ssh/sshd_config', line: 'Banner /etc/issue.net', after: '^#Banner' },
        { notify: reloadSsh },
      ),
      // no old settings
      lineInFile({ path: '/etc/ssh/sshd_config', match: '^UseDNS', state: 'absent' }),
      // cron
      packages({ names: ['cron'], recommends: true }),
      // clean up at night
      file({
        path: '/etc/cron.d/old-sessions',
        content: "#Ansible: old sessions\n17 4 * * * root find /tmp -name 'session-*' -mtime +7 -delete\n",
      }),
      // a mark
      ...((params.mark_hosts ?? true)
        ? [command({ name: 'a mark', argv: ['touch', '/etc/hardened'], creates: '/etc/hardened' })]
        : []),
    ];
  },
});
