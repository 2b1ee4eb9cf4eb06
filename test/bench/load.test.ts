/** The load of the tests and of the bench, against servers that are known to be good or bad: it must count neither too little nor too much. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { withLoad } from '../e2e/load.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** One of so many requests is answered in another way. */
function everyNth(n: number, bad: RequestListener): RequestListener {
  let count = 0;
  return (request, response) => {
    count += 1;
    if (count % n === 0) bad(request, response);
    else response.end('OK');
  };
}

it('counts what the server answered, and no failure where there was none', async () => {
  let answered = 0;
  const asked = new Set<string>();
  const connections = new Map<object, number>();
  const { url } = await serve((request, response) => {
    answered += 1;
    asked.add(request.url ?? '');
    connections.set(request.socket, (connections.get(request.socket) ?? 0) + 1);
    response.end('OK');
  });
  const load = await withLoad({ urls: [url], pauseMs: 20, afterMs: 0 }, () => sleep(500, 'what the work gave'));
  expect(load).toMatchObject({ total: answered, failed: 0, failures: {}, result: 'what the work gave' });
  expect(load.total).toBeGreaterThan(100);
  expect([...asked].sort()).toEqual(['/', '/redis-hits', '/status']);
  expect(load.p50Ms).toBeGreaterThan(0);
  expect(load.p99Ms).toBeGreaterThanOrEqual(load.p50Ms);
  // Half of the clients keep their one connection, the others never use one twice.
  const kept = [...connections.values()].filter((requests) => requests > 1);
  expect(kept).toHaveLength(8);
  expect(connections.size).toBeGreaterThan(50);
});

it.each<[string, RequestListener, RegExp]>([
  ['another status', (_, response) => response.writeHead(503).end(), /: status 503$/],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end(), /: status 302$/],
  ['a reset', (request) => request.socket.resetAndDestroy(), /: (ECONNRESET|EPIPE)$/],
  ['a close without a word', (request) => request.socket.destroy(), /: (ECONNRESET|EPIPE)$/],
  [
    'a body that breaks off',
    (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => request.socket.destroy(), 5);
    },
    /: (ECONNRESET|aborted)$/,
  ],
])('counts %s as a failure', async (_, bad, seen) => {
  let sent = 0;
  const listener = everyNth(10, (request, response) => {
    sent += 1;
    bad(request, response);
  });
  const { url } = await serve(listener);
  const load = await withLoad({ urls: [url], pauseMs: 20, afterMs: 0 }, () => sleep(300));
  expect(sent).toBeGreaterThan(5);
  expect(load.failed).toBe(sent);
  expect(Object.values(load.failures).reduce((sum, n) => sum + n, 0)).toBe(sent);
  for (const key of Object.keys(load.failures)) expect(key).toMatch(seen);
});

it('tells how long nobody got an answer, and what was refused meanwhile', async () => {
  const { url, server } = await serve((_, response) => response.end('OK'));
  const { port } = server.address() as AddressInfo;
  const load = await withLoad({ urls: [url] }, async () => {
    server.close().closeAllConnections();
    await sleep(700);
    server.listen(port, '127.0.0.1');
  });
  expect(load.failed).toBeGreaterThan(0);
  expect(Object.keys(load.failures).join()).toContain('ECONNREFUSED');
  expect(load.longestGapMs).toBeGreaterThan(600);
  expect(load.longestGapMs).toBeLessThan(1500);
});

it('counts an answer that does not end within ten seconds', async () => {
  let isFirst = true;
  const { url } = await serve((_, response) => {
    if (!isFirst) return response.end('OK');
    isFirst = false;
    return response.writeHead(200).write('and so on');
  });
  const load = await withLoad({ urls: [url], paths: ['/'], clients: 2, afterMs: 0 }, () => sleep(100));
  expect(load.failures).toEqual({ [`${url}/: no answer within 10 s`]: 1 });
});

it('goes on after the work until there were enough requests, at all addresses', async () => {
  const counts = [0, 0];
  const sites = await Promise.all(
    counts.map((_, i) =>
      serve((_, response) => {
        counts[i] = (counts[i] ?? 0) + 1;
        response.end('OK');
      }),
    ),
  );
  const load = await withLoad({ urls: sites.map(({ url }) => url), atLeast: 800, afterMs: 0 }, async () => undefined);
  expect(load.failed).toBe(0);
  expect(load.total).toBeGreaterThanOrEqual(800);
  expect(load.total).toBeLessThan(830);
  for (const count of counts) expect(count).toBeGreaterThan(350);
});

it('ends with the error of the work', async () => {
  const { url } = await serve((_, response) => response.end('OK'));
  await expect(withLoad({ urls: [url] }, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
});
