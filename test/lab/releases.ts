/** The Debian releases that throwaway hosts come in; the first is the usual one. */
export const RELEASES = ['trixie', 'bookworm'] as const;

export type Release = (typeof RELEASES)[number];
