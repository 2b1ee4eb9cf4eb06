/** Questions about the application: where it comes from, and how it runs. */

import { isSecretName } from '../../inventory/secrets/secret-name.ts';
import { homeNote } from '../application/django-notes.ts';
import { allowedHostsEntry } from '../application/site-names.ts';
import { VARIABLE } from '../notations.ts';
import { type Question, type View, YES_NO } from '../question.ts';
import { isPresent, SERVICE, variableRule } from './service.ts';

export const APPLICATION_QUESTIONS = [
  {
    id: 'appFrom',
    topic: 'application',
    kind: 'choice',
    flag: 'app-from',
    value: 'KIND',
    help: 'folder, image or none (default: what is given below)',
    prompt: 'The application is',
    choices: [
      { value: 'folder', name: 'a folder of this machine: its image is built on the hosts' },
      { value: 'image', name: 'an image in a registry' },
      { value: 'none', name: 'none: only the hosts are set up' },
    ],
    default: (view) => (view.one('image') === '' ? 'folder' : 'image'),
    rule: workRule,
  },
  {
    id: 'app',
    topic: 'application',
    kind: 'text',
    flag: 'app',
    value: 'FOLDER',
    help: 'its folder, with a Dockerfile or one that is recognised',
    orElse: '--image IMAGE',
    prompt: 'Its folder',
    default: ({ nearestApplication }) => nearestApplication ?? '',
    rule: (_text, { found }) => found.problem,
    suggests: ['port', 'healthPath', 'drainPrepare', 'drainReady', 'migrate'],
    when: (view) => view.one('appFrom') === 'folder',
  },
  {
    id: 'writeDockerfile',
    topic: 'application',
    kind: 'choice',
    flag: 'write-dockerfile',
    value: 'yes|no',
    help: 'write a Dockerfile where there is none (default yes)',
    prompt: 'There is no Dockerfile. Write one for what was recognised?',
    choices: YES_NO,
    note: ({ found }) => [`It looks like ${found.what}.`, found.dockerfile?.note ?? ''].join(' ').trimEnd(),
    default: () => 'yes',
    when: (view) => isFolder(view) && view.found.dockerfile !== undefined,
  },
  {
    id: 'image',
    topic: 'application',
    kind: 'text',
    flag: 'image',
    value: 'IMAGE',
    help: 'instead: an image, as registry.example.com/app:1.4.2',
    prompt: 'Its image, as registry.example.com/app:1.4.2',
    at: [...SERVICE, 'image'],
    when: (view) => view.one('appFrom') === 'image',
  },
  {
    id: 'stack',
    topic: 'application',
    kind: 'text',
    flag: 'stack',
    value: 'NAME',
    help: 'what its containers are called after',
    prompt: 'What to call it? Containers and volumes are named so',
    at: ['stack', 'name'],
    default: (view) => simpleName(isFolder(view) ? view.found.name : imageName(view.one('image'))),
    when: isPresent,
  },
  {
    id: 'port',
    topic: 'application',
    kind: 'text',
    flag: 'port',
    value: 'PORT',
    help: 'what it listens on in its container',
    prompt: 'Port that it listens on in its container',
    at: [...SERVICE, 'port'],
    as: 'number',
    default: ({ found }) => String(found.port ?? 8080),
    when: isPresent,
  },
  {
    id: 'replicas',
    topic: 'application',
    kind: 'text',
    flag: 'replicas',
    value: 'N',
    help: 'how many containers of it (default 2)',
    prompt: 'How many containers of it?',
    at: [...SERVICE, 'replicas'],
    as: 'number',
    default: () => '2',
    when: isPresent,
  },
  {
    id: 'healthPath',
    topic: 'application',
    kind: 'text',
    flag: 'health',
    value: 'PATH',
    help: 'answers with 200 when it is ready (default /)',
    prompt: 'Path that answers with 200 when it is ready',
    at: [...SERVICE, 'health', 'path'],
    note: homeNote,
    default: ({ found }) => found.healthPath ?? '/',
    when: isPresent,
  },
  {
    id: 'healthBody',
    topic: 'application',
    kind: 'text',
    flag: 'health-body',
    value: 'TEXT',
    help: 'and that is the whole answer (default: any)',
    prompt: 'And its answer must be (empty: any)',
    at: [...SERVICE, 'health', 'body'],
    optional: true,
    default: () => '',
    when: isPresent,
    advanced: true,
  },
  {
    id: 'drainPrepare',
    topic: 'application',
    kind: 'text',
    flag: 'drain-prepare',
    value: 'PATH',
    help: 'tells it that it will be stopped',
    prompt: 'Path that asks it to finish before a stop (empty: none)',
    at: [...SERVICE, 'drain', 'prepare'],
    optional: true,
    default: ({ found }) => found.drain?.prepare ?? '',
    when: isPresent,
  },
  {
    id: 'drainReady',
    topic: 'application',
    kind: 'text',
    flag: 'drain-ready',
    value: 'PATH',
    help: 'answers with 200 when it may be stopped',
    prompt: 'Path that answers with 200 when it may be stopped',
    at: [...SERVICE, 'drain', 'ready'],
    default: ({ found }) => found.drain?.ready ?? '/ready',
    when: drains,
  },
  {
    id: 'drainBody',
    topic: 'application',
    kind: 'text',
    flag: 'drain-body',
    value: 'TEXT',
    help: 'and that is the answer (default: any)',
    prompt: 'And its answer must be (empty: any)',
    at: [...SERVICE, 'drain', 'body'],
    optional: true,
    default: () => '',
    when: drains,
    advanced: true,
  },
  {
    id: 'migrate',
    topic: 'application',
    kind: 'text',
    flag: 'migrate',
    value: 'COMMAND',
    help: 'run once for each new version, such as "flask db upgrade"',
    prompt: 'Migrations: command for a new version (empty: none)',
    at: [...SERVICE, 'migrate'],
    as: 'words',
    optional: true,
    default: ({ found }) => found.migrate ?? '',
    when: isPresent,
  },
  {
    id: 'environment',
    topic: 'application',
    kind: 'list',
    flag: 'env',
    value: 'NAME=VALUE',
    help: 'an environment variable of it, or NAME:secret[=SOURCE]',
    prompt: 'Environment variables, besides those for a database and redis',
    entry: 'variable',
    notation: VARIABLE,
    fields: [
      { part: 'name', prompt: 'Name of the variable', at: [...SERVICE, 'env', 'KEY'], rule: variableRule },
      {
        part: 'kind',
        prompt: 'Is its value a secret?',
        choices: [
          { value: 'plain', name: 'no: it stands openly in the inventory' },
          { value: 'secret', name: 'yes: nobody sees it' },
        ],
        default: ({ name = '' }) => (looksSecret(name) ? 'secret' : 'plain'),
      },
      {
        part: 'value',
        prompt: 'Value',
        at: [...SERVICE, 'env', 'NAME'],
        optional: true,
        when: ({ kind }) => kind !== 'secret',
      },
      {
        part: 'source',
        prompt: 'The secret is',
        source: 'any',
        default: () => 'generate',
        when: ({ kind }) => kind === 'secret',
      },
    ],
    default: allowedHostsEntry,
    when: isPresent,
  },
] as const satisfies readonly Question[];

/** A host without a role is one that no run accepts. */
function workRule(text: string, view: View): string | undefined {
  const hasWork = ['admins', 'users', 'packages'].some((id) => view.many(id).length > 0);
  if (text !== 'none' || hasWork) return undefined;
  return 'leaves nothing to set up: add people (--admin) or packages (--package), or an application';
}

/** Of `STRIPE_KEY` nobody knows; it is asked in any case. */
function looksSecret(name: string): boolean {
  return isSecretName(name) || (/_KEY$/i.test(name) && !/PUBLIC/i.test(name));
}

function isFolder(view: View): boolean {
  return view.one('appFrom') === 'folder';
}

function drains(view: View): boolean {
  return isPresent(view) && view.one('drainPrepare') !== '';
}

function imageName(image: string): string {
  return (image.split('/').at(-1) ?? '').replace(/[:@].*$/, '');
}

/** The name as containers may have it. */
function simpleName(name: string): string {
  const simple = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '');
  return simple.slice(0, 63) || 'app';
}
