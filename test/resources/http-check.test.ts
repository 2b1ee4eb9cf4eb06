import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinSections } from '../../src/engine/sections.ts';
import { askHttp, httpCheck, readAnswers, waitForHealth } from '../../src/resources/http-check.ts';
import { localTarget, planned, runScript } from './local-target.ts';
import { changesOf, desired } from './table.ts';

let server: Server;
let base: string;
let readyAt = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/hangs') return;
    if (request.url === '/slow') {
      const isReady = Date.now() >= readyAt;
      response.writeHead(isReady ? 200 : 404).end(isReady ? 'OK\n' : 'Not ready');
    } else if (request.url === '/empty') response.writeHead(204).end();
    else if (request.url === '/big') response.end('x'.repeat(1_000_000));
    else if (request.url === '/odd') response.end('status 200 /tmp/http-0\nbody T0s= /tmp/http-1\n\0ü');
    else response.writeHead(200).end(' OK\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const health = (path: string, rest = {}) => ({
  name: 'app-1',
  url: `${base}${path}`,
  status: 200,
  timeoutMs: 3000,
  ...rest,
});

it('keeps the answers apart of what other parts of the same look ask meanwhile', async () => {
  const paths = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? '/empty' : '/'));
  const { script, split } = joinSections(paths.map((path) => askHttp([`${base}${path}`])));
  const { stdout } = await runScript(script);
  const answers = split(stdout).map((part) => readAnswers(part?.stdout ?? '', 1)[0]);
  expect(answers).toEqual(
    paths.map((path) => (path === '/' ? { status: 200, body: ' OK\n' } : { status: 204, body: '' })),
  );
});

describe('httpCheck', () => {
  it.each([
    { answer: { status: 200, body: ' OK\n' }, changes: [] },
    { answer: undefined, changes: ['no answer -> 200 "OK"'] },
    { answer: { status: 404, body: 'Not ready' }, changes: ['404 "Not ready" -> 200 "OK"'] },
    { answer: { status: 200, body: 'Not ready' }, changes: ['200 "Not ready" -> 200 "OK"'] },
    { answer: { status: 200, body: 'OK OK' }, changes: ['200 "OK OK" -> 200 "OK"'] },
    { answer: { status: 503, body: '' }, changes: ['503 -> 200 "OK"'] },
    {
      answer: { status: 500, body: '\u001b[2J"'.repeat(20) },
      changes: [expect.stringMatching(/^500 "\\u001b\[2J\\""?.*…" -> 200 "OK"$/)],
    },
  ])('$answer: $changes', ({ answer, changes }) => {
    const input = { name: 'app-1', url: 'http://127.0.0.1:18001/', body: 'OK' };
    expect(changesOf(httpCheck, input, { answer }).map(({ from, to }) => `${from} -> ${to}`)).toEqual(changes);
  });

  it.each(['ftp://x/', 'http://x/a b', 'http://x/\n', '--help', 'file:///etc/passwd', 'http://ü/'])(
    'refuses the URL %j',
    (url) => {
      expect(() => httpCheck({ name: 'app', url })).toThrow(/http-check: url/);
    },
  );

  it.each([['dash'], ['bash', '--posix'], ['busybox', 'ash']])('asks all at once, in %s', async (...shell) => {
    const paths = ['/hangs', '/', '/empty', '/odd', '/big', '/slow'];
    const all = desired(httpCheck, [
      ...paths.map((path) => ({ name: path, url: `${base}${path}` })),
      { name: 'refused', url: 'http://127.0.0.1:1/' },
    ]);
    const started = performance.now();
    const { code, stdout } = await runScript(httpCheck.probe(all), { shell });
    expect(performance.now() - started).toBeLessThan(3500);
    expect(code).toBe(0);
    expect(httpCheck.parse(stdout, all)).toEqual([
      { answer: undefined },
      { answer: { status: 200, body: ' OK\n' } },
      { answer: { status: 204, body: '' } },
      { answer: { status: 200, body: 'status 200 /tmp/http-0\nbody T0s= /tmp/http-1\n\0ü' } },
      { answer: { status: 200, body: 'x'.repeat(4096) } },
      { answer: { status: 200, body: 'OK\n' } },
      { answer: undefined },
    ]);
  });

  it.each([['dash'], ['bash', '--posix'], ['busybox', 'ash']])(
    'asks again within one exchange until the first one answers with the status, in %s',
    async (...shell) => {
      readyAt = Date.now() + 300;
      const { stdout } = await runScript(askHttp([`${base}/slow`, `${base}/`], 200), { shell });
      expect(Date.now()).toBeGreaterThanOrEqual(readyAt);
      expect(readAnswers(stdout, 2)).toEqual([
        { status: 200, body: 'OK\n' },
        { status: 200, body: ' OK\n' },
      ]);
    },
  );

  it('asks again for a moment only', async () => {
    readyAt = Date.now() + 60_000;
    const { stdout } = await runScript(askHttp([`${base}/slow`, 'http://127.0.0.1:1/'], 200));
    expect(readAnswers(stdout, 2)).toEqual([{ status: 404, body: 'Not ready' }, undefined]);
  });

  it('is not healthy where there is no curl', async () => {
    const options = { shell: ['/bin/dash'], env: { PATH: '/nonexistent' } };
    expect(await planned(httpCheck, health('/'), options)).toMatchObject([{ from: 'no answer' }]);
  });

  it('waits until it answers as it should, and says what it waits for', async () => {
    readyAt = Date.now() + 1500;
    const target = localTarget();
    await waitForHealth('app-1', health('/slow', { body: 'OK' }), target);
    expect(target.told[0]).toMatch(/^404 "Not ready" \([01] s of 3 s\), waiting for app-1$/);
    expect(Date.now()).toBeGreaterThanOrEqual(readyAt);
  });

  it('gives up at the limit, with the last answer and what was wanted', async () => {
    readyAt = Date.now() + 60_000;
    await expect(waitForHealth('app-1', health('/slow', { timeoutMs: 1200 }), localTarget())).rejects.toMatchObject({
      code: 'not-healthy',
      message: 'app-1 did not become healthy within 1 s: 404 "Not ready"',
      hint: expect.stringContaining(`${base}/slow should answer 200.`),
    });
  });

  it('gives up when the user does', async () => {
    const target = localTarget();
    setTimeout(() => target.abort(), 300);
    await expect(waitForHealth('app-1', health('/slow', { timeoutMs: 60_000 }), target)).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});
