/** Questions about what visitors see: names, certificates, paths. */
import { isIP } from 'node:net';
import { LOGIN, partsOf, ROUTE, SERVER } from '../notations.ts';
import { type Question, type View, YES_NO } from '../question.ts';
import { isPresent } from './service.ts';

export const SITE_QUESTIONS = [
  {
    id: 'domain',
    topic: 'site',
    kind: 'text',
    flag: 'domain',
    value: 'NAME',
    help: "what visitors type (default: the host's name or address)",
    prompt: 'Domain that visitors type (or the address of the host)',
    at: ['certs', 'domain'],
    default: domainOf,
    follows: 'servers',
    when: isPresent,
  },
  {
    id: 'tls',
    topic: 'site',
    kind: 'choice',
    flag: 'tls',
    value: 'KIND',
    help: 'self-signed (default), acme, files or none',
    prompt: 'HTTPS with',
    choices: [
      { value: 'self-signed', name: 'a self-signed certificate, made on the host: browsers warn of it' },
      { value: 'acme', name: "a certificate from Let's Encrypt: the domain must lead to the host" },
      { value: 'files', name: 'a certificate and key that you have as files' },
      { value: 'none', name: 'no certificate: plain HTTP' },
    ],
    rule: acmeRule,
    default: () => 'self-signed',
    when: isPresent,
  },
  {
    id: 'acmeTerms',
    topic: 'site',
    kind: 'choice',
    flag: 'acme-agree-terms',
    value: 'yes|no',
    help: "with acme: agree to Let's Encrypt's terms",
    prompt: "Do you agree to the terms of Let's Encrypt? (letsencrypt.org/repository)",
    choices: YES_NO,
    rule: (text) => (text === 'yes' ? undefined : "must be yes for a certificate from Let's Encrypt"),
    default: () => 'no',
    when: hasAcme,
  },
  {
    id: 'acmeEmail',
    topic: 'site',
    kind: 'text',
    flag: 'acme-email',
    value: 'ADDRESS',
    help: "with acme: where Let's Encrypt writes to",
    prompt: "Address that Let's Encrypt writes to (empty: none)",
    at: ['certs', 'email'],
    optional: true,
    default: () => '',
    when: hasAcme,
    advanced: true,
  },
  {
    id: 'certificate',
    topic: 'site',
    kind: 'text',
    flag: 'certificate',
    value: 'FILE',
    help: 'with files: the certificate with its chain, in PEM',
    prompt: 'File of the certificate with its chain (PEM)',
    at: ['certs', 'certificate'],
    when: hasFiles,
  },
  {
    id: 'certificateKey',
    topic: 'site',
    kind: 'text',
    flag: 'certificate-key',
    value: 'FILE',
    help: 'with files: its private key',
    prompt: 'File of its private key (PEM, without a passphrase)',
    at: ['certs', 'key'],
    when: hasFiles,
  },
  {
    id: 'altNames',
    topic: 'site',
    kind: 'list',
    flag: 'alt-name',
    value: 'NAME',
    help: 'with self-signed, acme: a further name',
    prompt: 'Further names and addresses that the certificate is for',
    entry: 'name',
    at: ['certs', 'alt_names', '0'],
    default: () => [],
    when: (view) => isPresent(view) && ['self-signed', 'acme'].includes(view.one('tls')),
    advanced: true,
  },
  {
    id: 'routes',
    topic: 'site',
    kind: 'list',
    flag: 'route',
    value: '[HOST]/PATH',
    help: 'what visitors may reach (default /, which is all)',
    prompt: 'What visitors may reach',
    entry: 'route',
    notation: ROUTE,
    required: true,
    fields: [
      { part: 'path', prompt: 'Path, with all below it', at: ['haproxy', 'routes', '0', 'path'], default: () => '/' },
      {
        part: 'host',
        prompt: 'Only for this host name (empty: for any)',
        at: ['haproxy', 'routes', '0', 'host'],
        optional: true,
      },
    ],
    default: () => ['/'],
    when: isPresent,
    advanced: true,
  },
  {
    id: 'denied',
    topic: 'site',
    kind: 'list',
    flag: 'deny',
    value: 'PATH',
    help: 'a path that visitors may not reach',
    prompt: 'Paths that visitors may not reach, such as /internal',
    entry: 'path',
    at: ['haproxy', 'deny', '0'],
    // The role denies these in any case; written down they are seen.
    default: (view) => [view.one('drainPrepare'), view.one('drainReady')].filter((path) => path !== ''),
    when: isPresent,
  },
  {
    id: 'logins',
    topic: 'site',
    kind: 'list',
    flag: 'basic-auth',
    value: 'PATH:USER',
    help: 'a path that asks for a password',
    prompt: 'Paths that ask for a password, such as /admin',
    entry: 'path with a password',
    notation: LOGIN,
    fields: [
      { part: 'path', prompt: 'Path, with all below it', at: ['haproxy', 'basic_auth', '0', 'path'] },
      { part: 'user', prompt: 'User name', at: ['haproxy', 'basic_auth', '0', 'users', 'KEY'] },
      { part: 'password', prompt: 'The password is', source: 'any', default: () => 'generate' },
    ],
    default: () => [],
    when: isPresent,
  },
] as const satisfies readonly Question[];

/** Of the first host: its real name or address. What is only called so on this machine is of no use to visitors. */
function domainOf(view: View): string {
  const { address = '' } = partsOf(SERVER, view.many('servers')[0] ?? '');
  const { hostname = address } = view.sshHost(address) ?? {};
  return hostname.includes('.') || isIP(hostname) !== 0 ? hostname : '';
}

/** What the role cannot see, or tells only when all is written. */
function acmeRule(text: string, view: View): string | undefined {
  if (text !== 'acme') return undefined;
  if ([view.one('domain'), ...view.many('altNames')].some((name) => isIP(name) !== 0 || name.startsWith('*'))) {
    return "cannot be acme with an address or a wildcard as a domain: Let's Encrypt asks for host names";
  }
  return view.many('servers').length > 1
    ? 'cannot be acme with several hosts: one must answer for the domain'
    : undefined;
}

function hasAcme(view: View): boolean {
  return isPresent(view) && view.one('tls') === 'acme';
}

function hasFiles(view: View): boolean {
  return isPresent(view) && view.one('tls') === 'files';
}
