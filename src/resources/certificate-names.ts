/** Names that a certificate can be for: of hosts, with or without `*.` before them, and addresses. */
import type { X509Certificate } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import * as z from 'zod';

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?';
const HOST_NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/** A host name or an address, in its canonical form. */
export const certificateName = () =>
  z
    .string()
    .max(253)
    .refine((name) => isIP(name) !== 0 || HOST_NAME.test(name), 'must be a host name or an IP address')
    .transform(canonicalName);

/** The names that a certificate is for, sorted: of `DNS:app.example.com, IP Address:2001:DB8:0:0:0:0:0:1`. */
export function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
  return names.map(canonicalName).sort();
}

/** The same names as openssl takes them: `DNS:app.example.com,IP:10.0.0.1`. */
export function subjectAltName(names: readonly string[]): string {
  return names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
}

/** Small letters; an IPv6 address in the short form of RFC 5952, which URLs are written with. */
function canonicalName(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}
