/** One request to a site, as a visitor makes it, and why it failed. */
import http from 'node:http';
import https from 'node:https';
import { ProvisionError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  ETIMEDOUT: 'no connection',
};

/**
 * Checks the address of a site that is to be asked.
 * @throws ProvisionError `usage` for what is no http(s) URL, or holds a password
 */
export function checkProofUrl(url: string): URL {
  const site = URL.parse(url);
  if (site !== null && /^https?:$/.test(site.protocol)) {
    if (site.username === '' && site.password === '') return site;
    throw new ProvisionError('usage', 'the address to prove holds a user name or a password', {
      hint: 'Leave them out: a site that answers 401 counts as answering.',
    });
  }
  // What we cannot read may still hold a password.
  const shown = url.includes('@') ? 'the address to prove' : JSON.stringify(url);
  throw new ProvisionError('usage', `${shown} is no http or https URL`, {
    hint: 'Write it with its scheme, such as https://www.example.com/.',
  });
}

/** @returns why the site did not answer, or `status 404` and the like; undefined where it answered well */
export async function askOnce(url: string, timeoutMs: number): Promise<string | undefined> {
  const site = checkProofUrl(url);
  const agent = createAgent(site, false);
  try {
    return await failureOf(site, agent, timeoutMs);
  } finally {
    agent.destroy();
  }
}

/**
 * Asks once: why the request failed, or undefined where it was answered. Redirects are answers, and not followed.
 * Nothing is repeated, though a browser would ask again where a connection that it had kept is reset.
 */
export function failureOf(site: URL, agent: http.Agent, timeoutMs: number): Promise<string | undefined> {
  const { get } = site.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const settle = (reason: string | undefined) => {
      clearTimeout(deadline);
      resolve(reason);
    };
    const request = get(site, { agent, headers: { 'user-agent': 'provision' } }, (response) => {
      response.on('end', () => settle(statusFailure(response.statusCode ?? 0)));
      response.on('error', () => settle('answer cut off'));
      response.resume();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const { code = error.message } = error;
      settle(REASONS[code] ?? code);
    });
    const deadline = setTimeout(() => {
      settle(`no answer within ${timeoutMs / 1000} s`);
      request.destroy();
    }, timeoutMs);
  });
}

/** A site may want a password: that it asks for one is an answer. */
function statusFailure(status: number): string | undefined {
  return status >= 400 && status !== 401 ? `status ${status}` : undefined;
}

/**
 * The agent of one client. Without `keepAlive` the client closes its connection after each answer, as a visitor who
 * leaves does: without `maxSockets`, node would ask the site to close it (`connection: close`).
 */
export function createAgent(site: URL, keepAlive: boolean): http.Agent {
  if (site.protocol === 'http:') return new http.Agent({ keepAlive, maxSockets: 1 });
  // The proof is about outages, and certificates that we signed ourselves are common: they are not verified.
  // No TLS session is resumed, for a new visitor has none.
  return new https.Agent({ keepAlive, maxSockets: 1, maxCachedSessions: 0, rejectUnauthorized: false });
}
