import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type ProofOptions, startProof } from '../../src/deploy/prove.ts';
import { checkProofUrl } from '../../src/deploy/site-request.ts';
import { ProvisionError } from '../../src/errors.ts';

type Answer = http.RequestListener;

const good: Answer = (_request, response) => response.end('hello');
const reset: Answer = (request) => request.socket.resetAndDestroy();
const hang: Answer = () => {};
const trickle: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  const timer = setInterval(() => response.write('.'), 20);
  response.on('close', () => clearInterval(timer));
};
const cutOff: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('hel', () => response.destroy());
};
function status(code: number): Answer {
  return (_request, response) => response.writeHead(code, { location: '/elsewhere' }).end();
}

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A site on loopback whose answer can be changed while it is asked. */
async function startSite(answer: Answer, server: http.Server = http.createServer()) {
  const site = { answer, url: '', requests: [] as http.IncomingMessage[], server };
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    site.requests.push(request);
    site.answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  site.url = `${server instanceof https.Server ? 'https' : 'http'}://127.0.0.1:${port}/`;
  return site;
}

/** Starts a proof that a failing test does not leave running. */
function prove(options: ProofOptions) {
  const proof = startProof({ intervalMs: 5, timeoutMs: 5_000, ...options });
  cleanUps.push(() => proof.stop());
  return proof;
}

/** Waits until the site was asked so many times more. */
async function asked(site: { readonly requests: readonly unknown[] }, more: number): Promise<void> {
  const enough = site.requests.length + more;
  while (site.requests.length < enough) await sleep(2);
}

describe('the address to prove', () => {
  it.each(['http://127.0.0.1:8080/status', 'https://www.example.com', 'HTTPS://[::1]/?a=b'])('may be %s', (url) => {
    expect(checkProofUrl(url).href).toBe(new URL(url).href);
  });

  it.each(['', 'www.example.com', 'www.example.com:8080', '/status', 'ftp://example.com/', 'https://', 'file:///etc'])(
    'is not %j',
    (url) => {
      const error = errorOf(() => checkProofUrl(url));
      expect(error).toMatchObject({ code: 'usage', message: `${JSON.stringify(url)} is no http or https URL` });
      expect(error.hint).toMatch(/https:\/\/www\.example\.com\//);
    },
  );

  it.each([
    'https://admin:geheim@example.com/',
    'https:admin:geheim@example.com',
    'https://admin:geheim@',
    'a:geheim@b',
  ])('shows no password (%s)', (url) => {
    const error = errorOf(() => checkProofUrl(url));
    expect(error.code).toBe('usage');
    expect(`${error.message} ${error.hint}`).not.toContain('geheim');
  });

  it('is checked before anything is asked', () => {
    expect(errorOf(() => startProof({ url: 'nowhere' })).code).toBe('usage');
  });
});

function errorOf(work: () => unknown): ProvisionError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a proof', () => {
  it('counts what was asked in each phase', async () => {
    const site = await startSite(good);
    const proof = prove({ url: site.url, clients: 4 });
    await asked(site, 20);
    proof.enter('during');
    await asked(site, 40);
    proof.enter('after');
    await asked(site, 20);
    const report = await proof.stop();

    const { before, during, after } = report.phases;
    // At the change of a phase, each client may have a request under way.
    expect(before.requests).toBeGreaterThanOrEqual(20);
    expect(during.requests).toBeGreaterThanOrEqual(36);
    expect(after.requests).toBeGreaterThanOrEqual(16);
    expect(report).toMatchObject({ url: site.url, requests: site.requests.length, failures: 0, reasons: [] });
    expect(before.requests + during.requests + after.requests).toBe(report.requests);
    for (const { p50Ms = 0, p99Ms = 0 } of [before, during, after]) {
      expect(p50Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
  });

  it('counts failures in the phase in which they were asked for, with their reasons', async () => {
    const site = await startSite(good);
    // A single client: its next request shows that the one before is answered.
    const proof = prove({ url: site.url, clients: 1 });
    await asked(site, 10);
    proof.enter('during');
    await asked(site, 2);
    site.answer = status(503);
    await asked(site, 20);
    site.answer = reset;
    await asked(site, 10);
    site.answer = good;
    await asked(site, 2);
    proof.enter('after');
    await asked(site, 10);
    const { phases, reasons, failures } = await proof.stop();

    expect(phases.before.failures).toBe(0);
    expect(phases.after.failures).toBe(0);
    expect(phases.during.failures).toBe(failures);
    expect(reasons.map(({ reason }) => reason)).toEqual(['status 503', 'connection reset']);
    expect(reasons.reduce((sum, { count }) => sum + count, 0)).toBe(failures);
    expect(failures).toBeGreaterThanOrEqual(30);
  });

  it('counts a request for the phase in which it began', async () => {
    const site = await startSite(hang);
    const proof = prove({ url: site.url, clients: 2, timeoutMs: 500 });
    await asked(site, 2);
    proof.enter('during');
    site.answer = good;
    await asked(site, 4);
    const { phases } = await proof.stop();
    expect(phases.before).toMatchObject({ requests: 2, failures: 2 });
    expect(phases.before.p50Ms).toBeUndefined();
    expect(phases.during.failures).toBe(0);
    expect(phases.after).toEqual({ requests: 0, failures: 0, longestGapMs: 0 });
  });

  it.each<[string, Answer, string | undefined]>([
    ['a reset', reset, 'connection reset'],
    ['no answer', hang, 'no answer within 0.1 s'],
    ['an answer that does not end', trickle, 'no answer within 0.1 s'],
    ['an answer that is cut off', cutOff, 'answer cut off'],
    ['status 400', status(400), 'status 400'],
    ['status 404', status(404), 'status 404'],
    ['status 503', status(503), 'status 503'],
    ['status 204', status(204), undefined],
    ['a redirect, not followed', status(302), undefined],
    ['a demand for a password', status(401), undefined],
  ])('judges %s', async (_name, answer, reason) => {
    const site = await startSite(answer);
    const proof = prove({ url: site.url, clients: 2, timeoutMs: 100 });
    await asked(site, 4);
    const { requests, failures, reasons } = await proof.stop();
    expect(requests).toBe(site.requests.length);
    expect(failures).toBe(reason === undefined ? 0 : requests);
    expect(reasons).toEqual(reason === undefined ? [] : [{ reason, count: requests }]);
    expect(new Set(site.requests.map(({ url }) => url))).toEqual(new Set(['/']));
  });

  it('tells of a site where nothing listens', async () => {
    const site = await startSite(good);
    site.server.close();
    await once(site.server, 'close');
    const proof = prove({ url: site.url, clients: 2 });
    await sleep(100);
    const { failures, requests, reasons, longestGapMs, durationMs } = await proof.stop();
    expect(requests).toBeGreaterThan(1);
    expect(reasons).toEqual([{ reason: 'connection refused', count: failures }]);
    expect(failures).toBe(requests);
    expect(longestGapMs).toBe(durationMs);
  });

  it('is refused where no request before the deploy was answered well', async () => {
    const site = await startSite(status(503));
    const proof = prove({ url: site.url, clients: 2 });
    await asked(site, 6);
    await expect(proof.requireAnswer()).rejects.toMatchObject({
      code: 'proof-impossible',
      message: `${site.url} answered no request well before the deploy`,
      detail: expect.stringMatching(/^\d+ requests: status 503$/),
      hint: expect.stringContaining('without --prove'),
    });
  });

  it('goes on where one request was answered, and waits for it where it must', async () => {
    const slow: Answer = (_request, response) => setTimeout(() => response.end('slow'), 300);
    const site = await startSite((request, response) => (site.requests.length < 3 ? slow : reset)(request, response));
    const proof = prove({ url: site.url, clients: 2 });
    await expect(proof.requireAnswer()).resolves.toBeUndefined();
    expect(site.requests).toHaveLength(2);
  });

  it('half of the clients keep their connection', async () => {
    const site = await startSite(good);
    const proof = prove({ url: site.url, clients: 4 });
    await asked(site, 60);
    await proof.stop();
    const perConnection = Array.from(
      Map.groupBy(site.requests, ({ socket }) => socket).values(),
      ({ length }) => length,
    );
    const kept = perConnection.filter((requests) => requests > 1);
    expect(kept).toHaveLength(2);
    expect(Math.min(...kept)).toBeGreaterThan(5);
    expect(perConnection.length - kept.length).toBeGreaterThan(10);
  });

  it('measures how long no answer was good', async () => {
    const site = await startSite(good);
    const proof = prove({ url: site.url, clients: 4 });
    await asked(site, 20);
    proof.enter('during');
    site.answer = status(503);
    await sleep(300);
    proof.enter('after');
    await sleep(150);
    site.answer = good;
    await asked(site, 20);
    const { phases, longestGapMs } = await proof.stop();
    // The outage of 450 ms counts in each phase as far as it lies there.
    expect(phases.before.longestGapMs).toBeLessThan(400);
    expect(phases.during.longestGapMs).toBeGreaterThanOrEqual(280);
    expect(phases.after.longestGapMs).toBeGreaterThanOrEqual(140);
    expect(longestGapMs).toBeGreaterThanOrEqual(phases.during.longestGapMs + phases.after.longestGapMs - 20);
    expect(longestGapMs).toBeGreaterThanOrEqual(430);
  });

  it('counts an outage that lasts to the end', async () => {
    const site = await startSite(good);
    const proof = prove({ url: site.url, clients: 2 });
    await asked(site, 10);
    proof.enter('during');
    site.answer = reset;
    await sleep(250);
    const { phases } = await proof.stop();
    expect(phases.during.longestGapMs).toBeGreaterThanOrEqual(230);
  });

  it('tells the latencies of good answers alone', async () => {
    const slow: Answer = (_request, response) => setTimeout(() => response.end('slow'), 300);
    const slowFailure: Answer = (_request, response) => setTimeout(() => response.writeHead(500).end(), 900);
    const answers = [slow, good, good, good, good, good];
    const site = await startSite((request, response) => {
      const answer = site.requests.length === 1 ? slowFailure : answers[site.requests.length % answers.length];
      answer?.(request, response);
    });
    const proof = prove({ url: site.url, clients: 8 });
    await asked(site, 60);
    const { p50Ms, p99Ms, failures } = (await proof.stop()).phases.before;
    expect(failures).toBe(1);
    expect(p50Ms).toBeLessThan(250);
    expect(p99Ms).toBeGreaterThan(295);
    expect(p99Ms).toBeLessThan(800);
  });

  it('waits for the answers that are on their way', async () => {
    const site = await startSite((_request, response) => setTimeout(() => response.end('slow'), 150));
    const proof = prove({ url: site.url, clients: 2 });
    await asked(site, 2);
    const report = await proof.stop();
    expect(report).toMatchObject({ requests: 2, failures: 0 });
    expect(site.requests).toHaveLength(2);
  });

  it.each<[string, Answer, number]>([
    // A pause that would outlive the test.
    ['answers', good, 60_000],
    ['answers often', good, 5],
    ['hangs', hang, 5],
    ['cuts off', cutOff, 5],
  ])('leaves no timer and no socket where the site %s', async (_name, answer, intervalMs) => {
    const site = await startSite(answer);
    // In a process of its own: here, the site and the test have timers and sockets too.
    const options = JSON.stringify({ url: site.url, clients: 4, intervalMs, timeoutMs: 300 });
    const program = `
      const { startProof } = await import('${new URL('../../src/deploy/prove.ts', import.meta.url)}');
      const proof = startProof(${options});
      await new Promise((resolve) => setTimeout(resolve, 150));
      await proof.stop();
      // A closed socket is let go a turn of the event loop later.
      await new Promise((resolve) => setTimeout(resolve, 20));
      setImmediate(() => console.log(process.getActiveResourcesInfo().join(' ')));
    `;
    const node = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });
    expect((await node).stdout).not.toMatch(/Timeout|TCP|TLS|Connect|GetAddrInfo/);
    expect(site.requests.length).toBeGreaterThan(0);
  });

  it('is stopped once, and asks no more', async () => {
    const site = await startSite(good);
    const proof = prove({ url: site.url, clients: 4 });
    await asked(site, 10);
    const report = proof.stop();
    expect(proof.stop()).toBe(report);
    const { requests } = await report;
    await sleep(50);
    expect(site.requests).toHaveLength(requests);
    // Idle connections hold no process up, but the site would see them.
    expect(await promisify(site.server.getConnections.bind(site.server))()).toBe(0);
  });

  it('asks a site whose certificate nobody vouches for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prove-'));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath];
    const subject = ['-subj', '/CN=elsewhere.example', '-days', '1', '-out', certPath];
    execFileSync('openssl', ['req', '-x509', ...key, ...subject], { stdio: 'ignore' });
    const server = https.createServer({ key: readFileSync(keyPath), cert: readFileSync(certPath) });
    const resumed: boolean[] = [];
    server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));

    const site = await startSite(good, server);
    const proof = prove({ url: site.url, clients: 2 });
    await asked(site, 10);
    expect(await proof.stop()).toMatchObject({ failures: 0, reasons: [] });
    expect(resumed.length).toBeGreaterThan(2);
    expect(resumed).not.toContain(true);
  });
});
