import { isIP } from 'node:net';
import { fields, z } from '../../src/index.ts';

const { line, owner } = fields;

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

/** A host name, one with `*.` before it, or an address. */
const Name = z.string().toLowerCase().refine(isName, 'must be a host name or an IP address');

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
    /** Of `self-signed`: how long it is valid. */
    days: z.int().min(1).max(36_500).default(397),
    /** Of `self-signed`: a new one is made so many days before the end. */
    renew_before: z.int().min(0).default(30),
    owner: owner().default('root'),
  })
  .refine(({ provider }) => provider !== 'acme', {
    path: ['provider'],
    error: 'acme is not supported yet: use `files` with a certificate that another program obtains, or `self-signed`',
  })
  .refine(({ days, renew_before }) => renew_before < days, {
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
  });

/** One certificate, or a list of them; the first is for clients that name no host. */
export const CertsParams = z
  .union([Cert.transform((cert) => [cert]), z.array(Cert)])
  .refine((certs) => new Set(certs.map(({ domain }) => domain)).size === certs.length, {
    error: 'must not name the same domain twice',
  });

export type Cert = z.output<typeof Cert>;

export const CERTIFICATES_FOLDER = '/etc/haproxy/certs';

/** Where a certificate stands on the host, with its key and chain in one file. */
export function certificatePath({ domain }: Pick<Cert, 'domain'>): string {
  return `${CERTIFICATES_FOLDER}/${domain.replace(/^\*/, '_').replaceAll(':', '_')}.pem`;
}
