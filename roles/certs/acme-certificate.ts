import { X509Certificate } from 'node:crypto';
import {
  type Change,
  certificateNames,
  defineResource,
  fields,
  joinScripts,
  type Script,
  sh,
  z,
} from '../../src/index.ts';
import { notIssued, notReady } from './acme-problem.ts';

const { absolutePath, line } = fields;

const schema = z.strictObject({
  /** By which the command knows it: the domain. */
  name: line().min(1),
  /** Where haproxy reads it. */
  path: absolutePath(),
  /** Where the client keeps the one that was issued last, and its key. */
  issued: z.strictObject({ certificate: absolutePath(), key: absolutePath() }),
  names: z.array(z.string()).min(1),
  /** URL of the authority's directory. */
  directory: z.url(),
  renewBeforeDays: z.int().min(0),
  /** `COMMAND issue NAME` obtains a new one, `COMMAND install NAME` brings the last one to `path` and has it read. */
  command: absolutePath(),
  /** Run before: has haproxy answer the authority's questions. */
  prepare: z.custom<Script>(),
});

export type AcmeCertificateInput = z.input<typeof schema>;
type AcmeCertificate = z.output<typeof schema>;

export interface ActualAcmeCertificate {
  /** The host's time, milliseconds. */
  readonly now: number;
  /** The last one that was issued; undefined where there is none, or no key to it. */
  readonly issued: X509Certificate | undefined;
  /** The one that haproxy reads. */
  readonly installed: X509Certificate | undefined;
}

const DAY_MS = 86_400_000;
/** As the command has it: a certificate is renewed when a third of its time is left, or `renewBeforeDays`, if that is less. */
const LEAD = 1 / 3;
/** The timer has had so much of that time to renew it, and has not. */
const PATIENCE = 1 / 3;

/**
 * A certificate that an authority issued. The host renews it by itself: here it is obtained for the first time, or for other
 * names, or where renewing has failed for long.
 */
export const acmeCertificate = defineResource<AcmeCertificateInput, AcmeCertificate, ActualAcmeCertificate>({
  kind: 'acme-certificate',
  schema,
  name: ({ name }) => name,
  timeoutMs: 15 * 60_000,

  probe: (all) => sh`
    date '+now %s'
    ${joinScripts(all.map(look))}
    :
  `,

  parse(output, all) {
    const now = Number(/^now (\d+)$/m.exec(output)?.[1]) * 1000;
    const sections = output.split(/^certificate \d+ \w+$/m).slice(1);
    return all.map((_, i) => ({
      now,
      issued: readCertificate(sections[2 * i]),
      installed: readCertificate(sections[2 * i + 1]),
    }));
  },

  diff(desired, { now, issued, installed }): Change[] {
    const { host } = new URL(desired.directory);
    const wanted = desired.names.toSorted().join(', ');
    if (issued === undefined) return [{ action: 'create', what: '', to: `for ${wanted}, from ${host}` }];
    const changes: Change[] = [];
    const names = certificateNames(issued).join(', ');
    if (names !== wanted) changes.push({ action: 'update', what: 'names', from: names, to: wanted });
    if (issued.validToDate.getTime() - now < overdueMs(desired, issued)) {
      changes.push({ action: 'update', what: 'validity', from: `until ${dayOf(issued)}`, to: 'a new one' });
    }
    if (changes.length > 0 || installed?.fingerprint256 === issued.fingerprint256) return changes;
    const from = installed === undefined ? 'none' : `another one, until ${dayOf(installed)}`;
    return [{ action: 'update', what: INSTALLED, from, to: `the one from ${host}, until ${dayOf(issued)}` }];
  },

  async perform({ name, names, directory, command, prepare }, changes, _, target): Promise<void> {
    const { host } = new URL(directory);
    const ready = await target.run(prepare);
    if (ready.code !== 0) throw notReady(ready.stderr);
    const isIssued = changes.every(({ what }) => what === INSTALLED);
    target.progress(isIssued ? 'installing it' : `asking ${host} for a certificate`);
    const { code, stderr } = await target.run(sh`${command} ${isIssued ? 'install' : 'issue'} ${name}`);
    if (code !== 0) throw notIssued({ names, host, output: stderr });
  },
});

const INSTALLED = 'installed';

/** How long before the end renewing must have failed for some time. */
function overdueMs({ renewBeforeDays }: AcmeCertificate, { validFromDate, validToDate }: X509Certificate): number {
  const validMs = validToDate.getTime() - validFromDate.getTime();
  return Math.min(renewBeforeDays * DAY_MS, validMs * LEAD) * (1 - PATIENCE);
}

/** Prints the first certificate of both files. A certificate without its key is none. */
function look({ path, issued }: AcmeCertificate, i: number): Script {
  return sh`
    echo ${`certificate ${i} issued`}
    [ -f ${issued.key} ] && ${firstCertificate(issued.certificate)}
    echo ${`certificate ${i} installed`}
    ${firstCertificate(path)}
  `;
}

/** And nothing else: the file may hold the key as well. */
function firstCertificate(path: string): Script {
  return sh`sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/{p;/^-----END/q;}' ${path} 2>/dev/null`;
}

function readCertificate(text = ''): X509Certificate | undefined {
  try {
    return new X509Certificate(text.trim());
  } catch {
    return undefined;
  }
}

function dayOf({ validToDate }: X509Certificate): string {
  return validToDate.toISOString().slice(0, 10);
}
