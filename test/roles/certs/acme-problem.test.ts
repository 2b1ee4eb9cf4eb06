import { describe, expect, it } from 'vitest';
import { notIssued } from '../../../roles/certs/acme-problem.ts';

/** What uacme prints when the authority refuses. */
function refusal(type: string, detail: string): string {
  const document = { type: `urn:ietf:params:acme:error:${type}`, detail, status: 403 };
  return [
    'uacme: challenge https://acme.test/chalZ/BYMrbi failed with status invalid',
    'uacme: the server reported the following error:',
    JSON.stringify(document, undefined, 4),
    'uacme: failed to authorize order at https://acme.test/my-order/HGIhi',
    '',
  ].join('\n');
}

function errorOf(output: string) {
  return notIssued({ names: ['app.test', 'www.app.test'], host: 'acme.test', output });
}

describe('why no certificate was issued', () => {
  it.each([
    [
      'unresolved: app.test has no address\n',
      /: app\.test has no address$/,
      /lead to this host \(A and AAAA records\)/,
    ],
    ['unreachable: app.test leads to ::1\n', /: app\.test leads to ::1$/, /let port 80 through .* `check: false`/],
    [refusal('connection', 'Timeout during connect'), /: Timeout during connect$/, /^Let port 80 through/],
    [refusal('unauthorized', 'Invalid response: "404"'), /: Invalid response: "404"$/, /at every address that it has/],
    [
      refusal('rateLimited', 'retry after 2026-11-22'),
      /: retry after 2026-11-22$/,
      /not earlier\. .*letsencrypt-staging/,
    ],
    [refusal('dns', 'NXDOMAIN'), /: NXDOMAIN$/, /^Have every name of the certificate lead to this host/],
    [refusal('caa', 'CAA forbids it'), /: CAA forbids it$/, /CAA record/],
  ])('%s', (output, message, hint) => {
    const error = errorOf(output);
    expect(error.code).toBe('certificate-not-issued');
    expect(error.message).toMatch(/^acme\.test has issued no certificate for app\.test, www\.app\.test: /);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(error.hint).toMatch(/Until then haproxy goes on with the certificate that it has\.$/);
    expect(error.detail).toBeUndefined();
  });

  it('shows all that was said where it knows no better', () => {
    const strange = refusal('serverInternal', 'Oops \\ "x"');
    expect(errorOf(strange).message).toMatch(/: Oops \\ "x"$/);
    expect(errorOf(strange).detail).toBe(strange.trim());
    const lost = "uacme: curl_get: GET https://acme.test/dir failed: Couldn't connect to server";
    expect(errorOf(lost)).toMatchObject({
      message: 'acme.test has issued no certificate for app.test, www.app.test',
      detail: lost,
    });
  });
});
