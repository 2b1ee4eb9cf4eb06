import { expect, it } from 'vitest';
import { startingState } from '../../../roles/haproxy/server-state.ts';

const common = { health: undefined, maxconn: undefined, controlPaths: [] };

it('takes every server as down, but those whose address only haproxy can look up', () => {
  const state = startingState([
    { ...common, name: 'app', servers: [{ name: 'app-1', host: '127.0.0.1', port: 18_001 }] },
    {
      ...common,
      name: 'api',
      servers: [
        { name: 'api-1', host: 'api.internal', port: 80 },
        // haproxy calls it fd00::1, by which a reload finds its state.
        { name: 'api-2', host: 'FD00:0::1', port: 8080 },
      ],
    },
  ]);
  expect(state.split('\n')).toEqual([
    '1',
    '# Every server is down until its first check has passed.',
    '1 app 1 app-1 127.0.0.1 0 0 1 1 0 1 0 0 6 0 0 0 - 18001 - 0 0 - - 0',
    '2 api 2 api-2 fd00::1 0 0 1 1 0 1 0 0 6 0 0 0 - 8080 - 0 0 - - 0',
    '',
  ]);
});
