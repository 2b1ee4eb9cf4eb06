import { afterEach, expect, it, vi } from 'vitest';
import { userHere } from '../../src/resources/person.ts';

// As in a container that runs as a user whom its /etc/passwd does not have.
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  userInfo() {
    throw new Error('uv_os_get_passwd returned ENOENT');
  },
}));
afterEach(() => vi.unstubAllEnvs());

it.each([
  ['alice', 'bob', 'alice'],
  ['', 'bob', 'bob'],
  ['', '', String(process.getuid?.())],
])('a user without a name: USER=%s, LOGNAME=%s', (user, logname, name) => {
  vi.stubEnv('USER', user);
  vi.stubEnv('LOGNAME', logname);
  expect(userHere()).toBe(name);
});
