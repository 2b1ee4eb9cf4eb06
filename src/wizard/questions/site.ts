/** Questions about what visitors see: names, certificates, paths. */
import { isIP } from 'node:net';
import { LOGIN, partsOf, ROUTE, SERVER } from '../notations.ts';
import type { Question, View } from '../question.ts';
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
    when: isPresent,
  },
  {
    id: 'tls',
    topic: 'site',
    kind: 'choice',
    flag: 'tls',
    value: 'KIND',
    help: 'self-signed (default), files or none',
    prompt: 'HTTPS with',
    choices: [
      { value: 'self-signed', name: 'a self-signed certificate, made on the host: browsers warn of it' },
      { value: 'files', name: 'a certificate and key that you have as files' },
      { value: 'none', name: 'no certificate: plain HTTP' },
    ],
    default: () => 'self-signed',
    when: isPresent,
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
    help: 'with self-signed: a further name or address',
    prompt: 'Further names and addresses that the certificate is for',
    entry: 'name',
    at: ['certs', 'alt_names', '0'],
    default: () => [],
    when: (view) => isPresent(view) && view.one('tls') === 'self-signed',
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

function hasFiles(view: View): boolean {
  return isPresent(view) && view.one('tls') === 'files';
}
