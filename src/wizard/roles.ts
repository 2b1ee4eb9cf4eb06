/** The roles that the wizard sets up, in the order in which they must be applied. */
export const ROLES = ['users', 'packages', 'docker', 'certs', 'stack', 'haproxy'] as const;

export type Role = (typeof ROLES)[number];
