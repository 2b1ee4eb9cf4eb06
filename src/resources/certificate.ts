import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { type Metadata, parseMetadata } from '../shell/path-metadata.ts';
import { input, joinScripts, type Script, sh } from '../shell/sh.ts';
import { certificateName, namesIn, subjectAltName } from './certificate-names.ts';
import { type Change, defineResource } from './contract.ts';
import { absolutePath, fileMode, line, owner } from './fields.ts';
import { changePermissions, describeType, permissionChanges, setPermissions, splitPath } from './file-metadata.ts';
import { forgetMark, loadedChanges, loadedHash, parseMarks, probeMarks } from './loaded-mark.ts';

const schema = z
  .strictObject({
    /** Names it in the plan. */
    name: line().min(1),
    /** The certificate in PEM, followed by its key unless `keyPath` is given, as haproxy wants it. */
    path: absolutePath(),
    /** A file of its own for the key. */
    keyPath: absolutePath().optional(),
    /** At most 64 characters: RFC 5280, ub-common-name. */
    commonName: certificateName().refine((name) => name.length <= 64, 'must have at most 64 characters'),
    /** All that it is valid for; browsers look at nothing else. Default: the common name. */
    altNames: z.array(certificateName()).min(1).optional(),
    /** How long a new one is valid. */
    days: z.int().min(1).max(36_500).default(397),
    renewBeforeDays: z.int().min(0).default(30),
    /** Only where there is none: whatever certificate stands there is left alone, for another program will replace it. */
    placeholder: z.boolean().default(false),
    /** As that of `file`: where the program that reads `path` writes down what it has loaded. */
    loadedMark: absolutePath().optional(),
    owner: owner().default('root'),
    group: owner().default('root'),
    /** Of both files. */
    mode: fileMode().default('0600'),
  })
  .refine(({ days, renewBeforeDays }) => renewBeforeDays < days, {
    path: ['renewBeforeDays'],
    error: 'must be less than days, or it would be renewed in every run',
  });

export type CertificateInput = z.input<typeof schema>;
type Certificate = z.output<typeof schema>;

interface ActualCertificate {
  /** The host's time, milliseconds. */
  readonly now: number;
  readonly files: readonly { readonly path: string; readonly metadata: Metadata | undefined }[];
  /** Undefined where there is none, or nothing that could be read as one. */
  readonly certificate: X509Certificate | undefined;
  /** The public part of the key, in PEM. */
  readonly publicKey: string;
  /** The hash of the file, and of what was loaded of it; undefined where that is not known. */
  readonly sha256?: string | undefined;
  readonly loaded?: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * A self-signed certificate with an EC key (P-256), made on the host and renewed before it ends. The key never leaves the
 * host. Takes the package openssl.
 *
 * @example certificate({ name: 'app', path: '/etc/haproxy/certs/app.pem', commonName: 'app.example.com' })
 */
export const certificate = defineResource<CertificateInput, Certificate, ActualCertificate>({
  kind: 'certificate',
  schema,
  name: ({ name }) => name,

  // What is told here is public: the certificate, and of the key its public part.
  probe: (all) => sh`
    date '+now %s'
    ${probeLoaded(all.filter(({ loadedMark }) => loadedMark !== undefined))}
    ${joinScripts(all.map(look))}
  `,
  metadataOf: (all) => all.flatMap(pathsOf),

  parse(output, all) {
    const [general = '', ...sections] = output.split(/^certificate \d+$/m);
    const now = Number(/^now (\d+)$/m.exec(general)?.[1]) * 1000;
    const metadata = parseMetadata(general);
    const hashes = new Map([...general.matchAll(/^([0-9a-f]{64}) {2}(\/.*)$/gm)].map(([, sum, path]) => [path, sum]));
    const marks = parseMarks(general);
    return all.map((desired, i) => ({
      now,
      ...(desired.loadedMark !== undefined && {
        sha256: hashes.get(desired.path),
        loaded: loadedHash(marks, desired.loadedMark, desired.path),
      }),
      files: pathsOf(desired).map((path) => ({ path, metadata: metadata.get(path) })),
      certificate: readCertificate(pemOf(sections[i], 'CERTIFICATE')),
      publicKey: pemOf(sections[i], 'PUBLIC KEY'),
    }));
  },

  diff(desired, actual): Change[] {
    const { files } = actual;
    const inTheWay = files.find(({ metadata }) => metadata !== undefined && metadata.type !== 'file');
    if (inTheWay?.metadata) {
      const what = `${inTheWay.path} is ${describeType(inTheWay.metadata.type)}`;
      return [{ action: 'conflict', what, hint: 'Move it away, or choose another path.' }];
    }
    if (files.some(({ metadata }) => metadata === undefined)) {
      return [{ action: 'create', what: '', to: `for ${namesOf(desired).join(', ')}` }];
    }
    const permissions = files.flatMap(({ metadata }) => (metadata ? permissionChanges(desired, metadata) : []));
    const changes = certificateChanges(desired, actual);
    // A new one is loaded when it is made.
    const inUse = changes.length === 0 ? loadedChanges(actual.loaded, actual.sha256) : [];
    return [...changes, ...inUse, ...permissions];
  },

  apply(desired, changes): Script {
    const isMade = changes.some(({ action, what }) => action === 'create' || REASONS_TO_RENEW.includes(what));
    const mend = isMade ? [make(desired)] : pathsOf(desired).map((path) => setPermissions(path, desired));
    return joinScripts([...mend, forgetMark(desired.loadedMark)]);
  },
});

const REASONS_TO_RENEW = ['certificate', 'key', 'issuer', 'common name', 'names', 'validity'];

function certificateChanges(desired: Certificate, { certificate, publicKey, now }: ActualCertificate): Change[] {
  if (certificate === undefined) {
    return [{ action: 'update', what: 'certificate', from: 'not readable as one', to: 'a new one' }];
  }
  const changes: Change[] = [];
  const note = (what: string, from: string, to: string) => changes.push({ action: 'update', what, from, to });
  if (certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim() !== publicKey) {
    note('key', 'of another certificate, or missing', 'a new one');
  }
  if (desired.placeholder) return changes;
  if (certificate.issuer !== certificate.subject) note('issuer', attribute(certificate.issuer, 'CN'), 'itself');
  const commonName = attribute(certificate.subject, 'CN');
  if (commonName !== desired.commonName) note('common name', commonName, desired.commonName);
  const [names, wanted] = [namesIn(certificate).join(', '), namesOf(desired).join(', ')];
  if (names !== wanted) note('names', names, wanted);
  const end = certificate.validToDate.getTime();
  if (end - now < desired.renewBeforeDays * DAY_MS) {
    note('validity', `until ${certificate.validToDate.toISOString().slice(0, 10)}`, `${desired.days} days from now`);
  }
  return changes;
}

/** Of `C=US\nO=Let's Encrypt\nCN=E7`. */
function attribute(distinguishedName: string, type: string): string {
  return new RegExp(`^${type}=(.*)$`, 'm').exec(distinguishedName)?.[1] ?? 'none';
}

/** One sha256sum for all. */
function probeLoaded(all: readonly Certificate[]): Script {
  if (all.length === 0) return sh`:`;
  return joinScripts([
    probeMarks(all.map(({ loadedMark }) => loadedMark)),
    sh`sha256sum ${all.map(({ path }) => path)} 2>/dev/null`,
  ]);
}

function look({ path, keyPath = path }: Certificate, i: number): Script {
  return sh`
    echo ${`certificate ${i}`}
    sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' ${path} 2>/dev/null
    openssl pkey -in ${keyPath} -passin pass: -pubout 2>/dev/null
    :
  `;
}

/** Made in the private folder of the run; the files are replaced by a rename, so that none is ever half written. */
function make(desired: Certificate): Script {
  const { path, keyPath, days } = desired;
  return sh`
    command -v openssl >/dev/null || { echo 'openssl is not installed' >&2; exit 1; }
    put() {
      [ -d "$2" ] || { printf 'the folder %s does not exist\n' "$2" >&2; exit 1; }
      temp=$(mktemp "$2/.certificate.XXXXXX") || exit
      cat <"$1" >"$temp" && ${changePermissions(sh`"$temp"`, desired)} && sync "$temp" && mv -T "$temp" "$3" || {
        rm -f "$temp"
        exit 1
      }
    }
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days ${days} \
      -config ${input(requestOf(desired))} -keyout "$RUN/key" -out "$RUN/certificate" 2>"$RUN/log" || {
      cat "$RUN/log" >&2
      exit 1
    }
    ${
      keyPath === undefined
        ? sh`cat "$RUN/certificate" "$RUN/key" >"$RUN/both" && put "$RUN/both" ${splitPath(path).folder} ${path}`
        : sh`
          put "$RUN/key" ${splitPath(keyPath).folder} ${keyPath}
          put "$RUN/certificate" ${splitPath(path).folder} ${path}
        `
    }
  `;
}

/** openssl-req(1). Not a certificate authority: browsers refuse one as a server's certificate. */
function requestOf(desired: Certificate): string {
  return `[req]
prompt = no
distinguished_name = subject
x509_extensions = extensions
[subject]
CN = ${desired.commonName}
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = ${subjectAltName(namesOf(desired))}
`;
}

function pathsOf({ path, keyPath }: Certificate): string[] {
  return keyPath === undefined ? [path] : [path, keyPath];
}

function namesOf({ commonName, altNames = [commonName] }: Certificate): string[] {
  return [...new Set(altNames)].sort();
}

function pemOf(text = '', label: string): string {
  const [pem = ''] = new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`).exec(text) ?? [];
  return pem;
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
