/** What obtains and renews certificates on the host itself: uacme, a script around it, and a timer. */
import {
  file,
  type Handler,
  type Resource,
  scriptText,
  service,
  sh,
  shippedFile,
  systemdUnit,
  template,
} from '../../src/index.ts';
import { ADMIN_SOCKET, reloadHaproxy } from '../haproxy/reload.ts';
import { acmeCertificate } from './acme-certificate.ts';
import { type Cert, certificatePath, directoryUrl, namesOf } from './params.ts';

export const ACME_COMMAND = '/usr/local/sbin/acme-certificates';
/** What haproxy answers to the challenges that are open: a map, from the token to the answer. */
export const ANSWERS_FILE = '/etc/haproxy/acme-answers.map';
export const ANSWERS_HEADER = '# What haproxy answers to challenges of ACME, for as long as they are open.\n';
/** The one that runs of provision hold. */
export const HOST_LOCK = '/run/provision.lock';

const WISHES_FILE = '/etc/haproxy/acme.conf';
const UNIT = 'acme-certificates';
/** uacme(1): accounts, keys and certificates. */
const HOMES = '/etc/ssl/uacme';

/** curl's library trusts what ca-certificates brings. */
export const ACME_PACKAGES = ['ca-certificates', 'uacme'];

export function acmeClient(certs: readonly Cert[]): readonly Resource[] {
  return [
    template({
      path: ACME_COMMAND,
      template: shippedFile('acme-certificates.sh.hbs'),
      vars: {
        self: ACME_COMMAND,
        wishes: WISHES_FILE,
        answers: ANSWERS_FILE,
        adminSocket: ADMIN_SOCKET,
        hostLock: HOST_LOCK,
        runFolder: '/run',
        reload: scriptText(reloadHaproxy.script),
      },
      mode: '0755',
    }),
    file({ path: WISHES_FILE, content: wishes(certs) }),
    systemdUnit({ name: `${UNIT}.service`, content: SERVICE }),
    systemdUnit({ name: `${UNIT}.timer`, content: TIMER }),
    service({ name: `${UNIT}.timer`, state: 'running', enabled: true }),
  ];
}

/** Nothing is to be renewed any more. Keys and accounts stay: who comes back goes on with them. */
export function noAcmeClient(): Resource {
  return file({ path: WISHES_FILE, state: 'absent' }, { notify: endRenewals });
}

/** Obtained where haproxy runs already: it answers the authority's questions. */
export function obtained(cert: Cert): Resource {
  return acmeCertificate({
    name: cert.domain,
    path: certificatePath(cert),
    issued: issuedFiles(cert),
    names: [...namesOf(cert)],
    directory: directoryUrl(cert),
    renewBeforeDays: cert.renew_before,
    command: ACME_COMMAND,
    prepare: reloadHaproxy.script,
  });
}

function issuedFiles(cert: Cert): { readonly certificate: string; readonly key: string } {
  const home = homeOf(cert);
  return { certificate: `${home}/${cert.domain}/cert.pem`, key: `${home}/private/${cert.domain}/key.pem` };
}

/** One place for each authority. */
function homeOf(cert: Cert): string {
  const { host, pathname } = new URL(directoryUrl(cert));
  return `${HOMES}/${`${host}${pathname}`.replaceAll(/[^A-Za-z0-9.-]+/g, '_')}`;
}

/** None of the fields can hold a blank: their schemas see to that. */
function wishes(certs: readonly Cert[]): string {
  const lines = certs.map((cert) =>
    [
      cert.domain,
      certificatePath(cert),
      cert.owner,
      cert.renew_before,
      cert.check ? 'yes' : 'no',
      homeOf(cert),
      directoryUrl(cert),
      cert.email ?? '-',
      ...namesOf(cert),
    ].join(' '),
  );
  return ['# domain, file, owner, days before the end, check, home, directory, email, names', ...lines, ''].join('\n');
}

const SERVICE = `[Unit]
Description=Renewal of certificates
ConditionPathExists=${WISHES_FILE}
Wants=network-online.target
After=network-online.target haproxy.service

[Service]
Type=oneshot
ExecStart=${ACME_COMMAND} renew
TimeoutStartSec=2h
`;

/** At no time that others have as well: authorities ask for that. Often enough for certificates of one day. */
const TIMER = `[Unit]
Description=Renewal of certificates, four times a day

[Timer]
OnCalendar=*-*-* 00/6:00:00
RandomizedDelaySec=6h
Persistent=true

[Install]
WantedBy=timers.target
`;

const endRenewals: Handler = {
  id: 'end the renewal of certificates',
  script: sh`
    systemctl disable -q --now ${`${UNIT}.timer`} 2>/dev/null
    rm -f ${['service', 'timer'].map((type) => `/etc/systemd/system/${UNIT}.${type}`)} ${ACME_COMMAND}
    systemctl daemon-reload
  `,
};
