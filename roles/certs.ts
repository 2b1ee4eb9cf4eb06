/**
 * Certificates for haproxy: /etc/haproxy/certs/DOMAIN.pem.
 *
 * @example
 * certs:
 *   domain: app.example.com
 *   alt_names: [www.example.com, 203.0.113.10]
 *   provider: self-signed           # renewed 30 days before its end
 *
 * @example
 * certs:
 *   - domain: app.example.com
 *     provider: files               # on this machine, relative to the inventory
 *     certificate: certs/app.pem    # with its chain
 *     key: certs/app.key
 *
 * @example
 * certs:
 *   domain: app.example.com
 *   alt_names: [www.example.com]
 *   provider: acme                  # Let's Encrypt, unless `directory` names another authority
 *   agree_terms: true
 *   email: ops@example.com
 */
import { certificate, defineRole, directory, file, packages, type Resource, z } from '../src/index.ts';
import { ACME_PACKAGES, acmeClient, noAcmeClient } from './certs/acme-client.ts';
import { readOwnFiles } from './certs/own-files.ts';
import { CERTIFICATES_FOLDER, type Cert, CertsParams, certificatePath, namesOf } from './certs/params.ts';
import { LOADED_MARK, reloadHaproxy } from './haproxy/reload.ts';

export default defineRole({
  name: 'certs',
  params: z.object({ certs: CertsParams.prefault([]) }),
  resources({ params: { certs }, facts, localPath }) {
    if (certs.length === 0) return [];
    const fromAcme = certs.filter(({ provider }) => provider === 'acme');
    const tools = [
      ...(certs.some(({ provider }) => provider !== 'files') ? ['openssl'] : []),
      ...(fromAcme.length > 0 ? ACME_PACKAGES : []),
    ];
    return [
      ...(tools.length > 0 ? [packages({ names: tools, manager: facts.packageManager, early: true })] : []),
      // haproxy comes later, and reads it as root before it drops its privileges.
      directory({ path: CERTIFICATES_FOLDER, mode: '0700' }),
      ...(fromAcme.length > 0 ? acmeClient(fromAcme) : [noAcmeClient()]),
      ...certs.map((cert) => (cert.provider === 'files' ? ownFile(cert, localPath) : selfSignedFile(cert))),
    ];
  },
});

/** Of `acme`, haproxy starts with it: the authority's takes its place when haproxy answers for the names, see roles/haproxy.ts. */
function selfSignedFile(cert: Cert): Resource {
  return certificate(
    {
      name: cert.domain,
      path: certificatePath(cert),
      commonName: cert.domain,
      altNames: [...namesOf(cert)],
      ...(cert.provider === 'acme' ? { placeholder: true } : { days: cert.days, renewBeforeDays: cert.renew_before }),
      loadedMark: LOADED_MARK,
      owner: cert.owner,
    },
    { notify: reloadHaproxy },
  );
}

function ownFile(cert: Cert, localPath: (path: string) => string): Resource {
  // The schema has seen to it that both are given.
  const { domain, certificate = '', key = '' } = cert;
  const files = { domain, certificate: localPath(certificate), key: localPath(key) };
  return file(
    {
      path: certificatePath(cert),
      content: readOwnFiles(files, new Date()),
      owner: cert.owner,
      mode: '0600',
      loadedMark: LOADED_MARK,
    },
    { notify: reloadHaproxy },
  );
}
