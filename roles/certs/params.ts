import { isIP } from 'node:net';
import { fields, z } from '../../src/index.ts';

const { line, owner } = fields;

/** By their names in the inventory. */
const DIRECTORIES = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/;

function isName(name: string): boolean {
  if (isIP(name) !== 0) return true;
  return (
    name.length <= 253 &&
    name
      .replace(/^\*\./, '')
      .split('.')
      .every((label) => LABEL.test(label))
  );
}

/** Never an option, nor two words, on a command line. */
const Email = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$/, 'must be an email address');

const Directory = z.union([
  z.enum(Object.keys(DIRECTORIES) as (keyof typeof DIRECTORIES)[]),
  z.string().regex(/^https:\/\/[!-~]+$/, 'must be a URL that begins with https://'),
]);

/** A host name, one with `*.` before it, or an address. */
const Name = z
  .string()
  .toLowerCase()
  .refine(isName, 'must be a host name or an IP address')
  // RFC 1123, 2.1; no authority certifies one.
  .refine((name) => !name.includes('_'), 'must be a host name, which has no underscore');

const Cert = z
  .strictObject({
    domain: Name,
    /** Further host names and addresses. */
    alt_names: z.array(Name).default([]),
    provider: z.enum(['self-signed', 'files', 'acme']).default('self-signed'),
    /** Of `files`: the certificate with its chain, in PEM, on this machine; relative to the inventory. */
    certificate: line().min(1).optional(),
    /** Of `files`: its private key. */
    key: line().min(1).optional(),
    /** Of `acme`: the authority, by the URL of its directory. */
    directory: Directory.default('letsencrypt'),
    /** Of `acme`: where the authority writes to. */
    email: Email.optional(),
    /** Of `acme`: that its users agree to the terms of the authority. */
    agree_terms: z.boolean().default(false),
    /** Of `acme`: before the authority is asked, see whether its questions would come to this haproxy. */
    check: z.boolean().default(true),
    /** Of `self-signed`: how long it is valid. */
    days: z.int().min(1).max(36_500).default(397),
    /** Of `self-signed` and `acme`: a new one is made so many days before the end. */
    renew_before: z.int().min(0).default(30),
    owner: owner().default('root'),
  })
  .refine(({ provider, agree_terms }) => provider !== 'acme' || agree_terms, {
    path: ['agree_terms'],
    error:
      "must be true with `provider: acme`: read the terms first, those of Let's Encrypt at letsencrypt.org/repository",
  })
  .refine(({ provider, renew_before }) => provider !== 'acme' || renew_before > 0, {
    path: ['renew_before'],
    error: 'must be at least 1 with `provider: acme`',
  })
  .refine(({ provider, days, renew_before }) => provider === 'acme' || renew_before < days, {
    path: ['renew_before'],
    error: 'must be less than `days`, or each run would make a new certificate',
  })
  .superRefine(({ provider, certificate, key }, refinement) => {
    for (const [name, path] of Object.entries({ certificate, key })) {
      if (provider === 'files' && path === undefined) {
        refinement.addIssue({ code: 'custom', path: [name], message: 'must be given where the provider is files' });
      }
      if (provider !== 'files' && path !== undefined) {
        refinement.addIssue({ code: 'custom', path: [name], message: 'goes with `provider: files` alone' });
      }
    }
  })
  .superRefine(({ provider, domain, alt_names }, refinement) => {
    if (provider !== 'acme') return;
    for (const [i, name] of [domain, ...alt_names].entries()) {
      if (isIP(name) === 0 && !name.startsWith('*') && name.includes('.')) continue;
      const path = i === 0 ? ['domain'] : ['alt_names', i - 1];
      const message = 'must be a host name of a domain with `provider: acme`: no address, no wildcard';
      refinement.addIssue({ code: 'custom', path, message });
    }
  });

/** One certificate, or a list of them; the first is for clients that name no host. */
export const CertsParams = z
  .union([Cert.transform((cert) => [cert]), z.array(Cert)])
  .refine((certs) => new Set(certs.map(({ domain }) => domain)).size === certs.length, {
    error: 'must not name the same domain twice',
  });

export type Cert = z.output<typeof Cert>;

/** All that a certificate is for, the domain first. */
export function namesOf({ domain, alt_names }: Pick<Cert, 'domain' | 'alt_names'>): readonly string[] {
  return [...new Set([domain, ...alt_names])];
}

/** The URL of the authority's directory (RFC 8555, 7.1.1). */
export function directoryUrl({ directory }: Pick<Cert, 'directory'>): string {
  return directory in DIRECTORIES ? DIRECTORIES[directory as keyof typeof DIRECTORIES] : directory;
}

export const CERTIFICATES_FOLDER = '/etc/haproxy/certs';

/** Where a certificate stands on the host, with its key and chain in one file. */
export function certificatePath({ domain }: Pick<Cert, 'domain'>): string {
  return `${CERTIFICATES_FOLDER}/${domain.replace(/^\*/, '_').replaceAll(':', '_')}.pem`;
}
