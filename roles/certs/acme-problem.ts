import { ProvisionError } from '../../src/index.ts';

export interface NotIssued {
  readonly names: readonly string[];
  /** Of the authority. */
  readonly host: string;
  /** What the command wrote to standard error. */
  readonly output: string;
}

const DNS =
  'Have every name of the certificate lead to this host (A and AAAA records), wait until that is known, and run again.';
const HTTP =
  'Have the name lead to this host alone, and let port 80 through to its haproxy, firewalls of the provider included; then run ' +
  'again. If only this host cannot reach itself by that name, set `check: false` for the certificate.';

/** What to do, by the type of a problem: our own, or of RFC 8555, 6.7, without its prefix. */
const HINTS: Readonly<Record<string, string>> = {
  unresolved: `${DNS} If only this host does not know the name, set \`check: false\` for the certificate.`,
  unreachable: HTTP,
  dns: DNS,
  connection: 'Let port 80 through to haproxy on this host, firewalls of the provider included, and run again.',
  unauthorized: 'Have the name lead to this host alone, at every address that it has, and run again.',
  incorrectResponse: 'Have the name lead to this host alone, at every address that it has, and run again.',
  rateLimited:
    'Wait as long as the authority says, and run again then, not earlier. For trials there is `directory: letsencrypt-staging`.',
  rejectedIdentifier: 'The authority issues no certificates for such a name: take it out, or take another provider.',
  caa: 'Let the CAA record of the domain name this authority, and run again.',
  invalidContact: 'Correct `email`, or leave it out.',
  unsupportedContact: 'Correct `email`, or leave it out.',
  externalAccountRequired:
    'Take another authority: this one wants an account that was made elsewhere, which is not supported.',
};

/** Tells why, and what to do. Nothing was replaced. */
export function notIssued({ names, host, output }: NotIssued): ProvisionError {
  const { type = '', detail } = problemIn(output);
  const what = `${host} has issued no certificate for ${names.join(', ')}`;
  return new ProvisionError('certificate-not-issued', detail === undefined ? what : `${what}: ${detail}`, {
    detail: Object.hasOwn(HINTS, type) ? undefined : output.trim(),
    hint: `${HINTS[type] ?? 'Mend the cause and run again.'} Until then haproxy goes on with the certificate that it has.`,
  });
}

export function notReady(output: string): ProvisionError {
  return new ProvisionError('certificate-not-issued', 'no authority was asked, for haproxy would not answer it', {
    detail: output.trim(),
    hint: 'Mend the cause and run again.',
  });
}

/** Ours is `unreachable: TEXT`, the authority's a JSON document (RFC 7807), as uacme prints it. */
function problemIn(output: string): { readonly type?: string | undefined; readonly detail?: string | undefined } {
  const [, own, text] = /^(unresolved|unreachable): (.*)$/m.exec(output) ?? [];
  if (own !== undefined) return { type: own, detail: text };
  const [, type] = /"type": "urn:ietf:params:acme:error:(\w+)"/.exec(output) ?? [];
  const [, detail] = /"detail": ("(?:[^"\\]|\\.)*")/.exec(output) ?? [];
  return { type, detail: detail && decode(detail) };
}

function decode(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}
