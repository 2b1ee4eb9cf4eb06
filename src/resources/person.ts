import { hostname, userInfo } from 'node:os';

/** Who is at work: `alice@laptop`. */
export function personHere(): string {
  return `${userHere()}@${hostname()}`;
}

/** The name of the user. Containers may run as a user who has none: the environment may tell one, else it is the number. */
export function userHere(): string {
  try {
    return userInfo().username;
  } catch {
    const { USER, LOGNAME } = process.env;
    return USER || LOGNAME || String(process.getuid?.());
  }
}
