import { defineRole, directory, fields, file, service, systemdUnit, z } from 'provision';

/** They stand in a script: nothing that a shell could take for more than a path. */
const Folder = fields.absolutePath().regex(/^[\w./-]+$/, 'must hold letters, digits, dots, dashes and slashes alone');

/** Copies a folder every night, and keeps the copies of a week. */
export default defineRole({
  name: 'backup',
  params: z.object({
    backup_of: Folder,
    backup_to: Folder.default('/var/backups/nightly'),
    backup_at: z
      .string()
      .regex(/^\d\d:\d\d$/, 'must be a time of the day: 04:30')
      .default('04:30'),
  }),
  resources: ({ params: { backup_of, backup_to, backup_at } }) => [
    directory({ path: backup_to, mode: '0700' }),
    file({ path: '/usr/local/sbin/backup', mode: '0755', content: script(backup_of, backup_to) }),
    systemdUnit({ name: 'backup', content: '[Service]\nType=oneshot\nExecStart=/usr/local/sbin/backup\n' }),
    systemdUnit({
      name: 'backup.timer',
      content: `[Timer]\nOnCalendar=*-*-* ${backup_at}\n\n[Install]\nWantedBy=timers.target\n`,
    }),
    service({ name: 'backup.timer', state: 'running', enabled: true }),
  ],
});

function script(from: string, to: string): string {
  return `#!/bin/sh
set -eu
tar -C ${from} -czf "${to}/$(date +%a).tar.gz.new" .
mv "${to}/$(date +%a).tar.gz.new" "${to}/$(date +%a).tar.gz"
`;
}
