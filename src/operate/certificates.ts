/** The certificates on a host that its roles bring: whom they are for, and when they end. */
import { X509Certificate } from 'node:crypto';
import type { PlacedResource } from '../engine/evaluate.ts';
import { namesIn } from '../resources/certificate-names.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';

export interface CertificateState {
  readonly path: string;
  /** The names that it is valid for: DNS names and addresses. */
  readonly names: readonly string[];
  /** RFC 3339; undefined where no certificate can be read there. */
  readonly end: string | undefined;
}

/** Made on the host, or brought to it as a file: a file by such a name may hold the key as well, which is not read. */
const CERTIFICATE_FILE = /\.(pem|crt|cer)$/;

export function certificatePaths(placed: readonly PlacedResource[]): readonly string[] {
  const paths = placed.flatMap(({ resource: { kind, desired } }) => {
    if (kind.kind !== 'certificate' && kind.kind !== 'file') return [];
    const { path } = desired as { path: string };
    return kind.kind === 'certificate' || CERTIFICATE_FILE.test(path) ? [path] : [];
  });
  return [...new Set(paths)];
}

/** Prints the certificates of each file, and nothing else that may stand there. */
export function certificatesProbe(paths: readonly string[]): Script {
  return sh`
    ${joinScripts(
      paths.map(
        (path, i) => sh`
          echo ${`certificate ${i}`}
          sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' ${path} 2>/dev/null
        `,
      ),
    )}
    :
  `;
}

/** The first certificate of a file is the host's own, those after it are the chain. */
export function readCertificates(output: string, paths: readonly string[]): readonly CertificateState[] {
  const sections = output.split(/^certificate \d+$/m).slice(1);
  return paths.map((path, i): CertificateState => {
    const [pem = ''] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(sections[i] ?? '') ?? [];
    const certificate = parse(pem);
    if (certificate === undefined) return { path, names: [], end: undefined };
    return { path, names: namesIn(certificate).filter(Boolean), end: certificate.validToDate.toISOString() };
  });
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
