/** What a new inventory explains. For people who open it months later. */

export const FIRST_COMMENT: readonly string[] = [
  'Hosts and the application on them. Every key is explained in docs/roles.md of provision.',
  'It is a valid Ansible inventory as well.',
];

/** Above the key at that path. */
export const COMMENTS: Readonly<Record<string, readonly string[]>> = {
  'all.vars.roles': ['What is set up, in this order.'],
  'all.vars.users': ['Who may log in, with which keys. Remove someone with `state: absent`.'],
  'all.vars.packages': ['Packages of the distribution.'],
  'all.vars.docker': ['Docker Engine with Compose.'],
  'all.vars.stack': ['The application, in containers, with what it needs.'],
  'all.vars.certs': ['The certificate for HTTPS.'],
  'all.vars.haproxy': ['The load balancer: who answers what.'],
  'all.vars.secrets': [
    'Secrets. `generate`: made once on the host, and kept there in /var/lib/provision/secrets, for root alone.',
  ],
};
