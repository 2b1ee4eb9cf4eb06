/** The order in which the handlers of a role run. */
import { expect, it } from 'vitest';
import { handlersOf } from '../../src/engine/handlers.ts';
import { file, type Handler, sh } from '../../src/index.ts';

const handler = (id: string, ...after: readonly Handler[]): Handler => ({ id, script: sh`true`, after });

const [a, b] = [handler('a'), handler('b')];
const c = handler('c', a, b);

it.each<[what: string, notified: readonly Handler[], ids: readonly string[]]>([
  ['as they are named', [b, a, b], ['b', 'a']],
  ['after those that must come first', [c, b, a], ['a', 'b', 'c']],
  ['those that nothing names do not run', [c, b], ['b', 'c']],
  ['also by way of one that does not run', [handler('d', c), a], ['a', 'd']],
  ['a circle ends', [{ ...handler('e'), after: [handler('e', a)] }, a], ['e', 'a']],
])('%s', (_, notified, ids) => {
  const placed = notified.map((notify, i) => ({
    role: i < 9 ? 'app' : 'other',
    resource: file({ path: `/etc/${i}`, content: '' }, { notify }),
  }));
  expect(handlersOf(placed as never, 'app').map(({ id }) => id)).toEqual(ids);
});
