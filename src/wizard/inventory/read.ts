/** From an inventory that exists to answers: as far as it is of the form that the wizard writes. */

import { joinWords } from '../asking/words.ts';
import { DATABASE_USER, LOGIN, NAMED_VALUE, type Parts, PERSON, ROUTE, SERVER, VARIABLE } from '../notations.ts';
import { fromInventoryPath, type Places } from '../places.ts';
import type { Answer, Answers, Topic } from '../question.ts';
import { formatSource } from '../secret-source.ts';
import { type FoundHost, findHosts } from './host-places.ts';
import { DEFAULT_NAMES, type Names } from './names.ts';
import { isTree, type Tree, type TreeValue, VaultText } from './tree.ts';

export interface ReadInventory {
  readonly answers: Answers;
  readonly names: Names;
  /** Topics that the wizard leaves alone, and why. */
  readonly locked: ReadonlyMap<Topic, string>;
  /** Hosts that are written in a way that it cannot show as an address: ranges, references. */
  readonly otherHosts: readonly string[];
}

/** The variables that each topic is about. */
const VARIABLES: Partial<Record<Topic, readonly string[]>> = {
  people: ['users'],
  packages: ['packages'],
  docker: ['docker'],
  application: ['stack'],
  database: ['stack'],
  redis: ['stack'],
  site: ['certs', 'haproxy'],
};

/** A secret, and nothing else. */
const REFERENCE = /^\{\{\s*secrets\.([\w-]+)\s*\}\}$/;

/** How often a secret is referred to. */
function references(inventory: Tree, name: string): number {
  const all = JSON.stringify(inventory).matchAll(/\bsecrets(?:\.|\[\\?["'])([\w-]+)/g);
  return [...all].filter(([, other]) => other === name).length;
}

/** @param inventory plain data, with VaultText for what is encrypted */
export function readInventory(inventory: Tree, places: Places): ReadInventory {
  const all = treeAt(inventory, 'all');
  const vars = treeAt(all, 'vars');
  const secrets = treeAt(vars, 'secrets');
  const secretNames: Record<string, string> = {};
  const locked = lockedTopics(inventory, vars);
  const found = findHosts(inventory);
  const { otherHosts, ...hosts } = readHosts(found);

  /** Where the secret that stands there comes from. */
  function source(purpose: string, value: TreeValue | undefined): string {
    const [, name] = REFERENCE.exec(typeof value === 'string' ? value : '') ?? [];
    if (name === undefined) return 'kept';
    const setting = secrets[name];
    secretNames[purpose] = name;
    if (setting === 'generate') return 'generate';
    if (setting instanceof VaultText) return formatSource({ from: 'vault', envelope: setting.envelope });
    if (isTree(setting) && typeof setting.env === 'string') return formatSource({ from: 'env', name: setting.env });
    if (isTree(setting) && typeof setting.file === 'string') {
      return formatSource({ from: 'file', path: fromInventoryPath(setting.file, places) });
    }
    delete secretNames[purpose];
    return 'kept';
  }

  /** A secret of its own, or a text as it is: what refers to one that something else needs as well is changed there. */
  function variable(name: string, value: TreeValue): Parts {
    const [, called] = REFERENCE.exec(text(value)) ?? [];
    const isOwn = called !== undefined && references(inventory, called) === 1;
    const from = isOwn ? source(`env ${name}`, value) : 'kept';
    return from === 'kept' ? { kind: 'plain', value: text(value) } : { kind: 'secret', source: from };
  }

  const stack = locked.has('application') ? {} : treeAt(vars, 'stack');
  const { service, redis, database, answers: application } = readStack(stack, places, source, variable);
  const packages = vars.packages;
  const answers: Answers = {
    ...hosts,
    sshKey: fromInventoryPath(text(vars.ansible_ssh_private_key_file), places),
    loginPassword: vars.ansible_password === undefined ? 'none' : source('login', vars.ansible_password),
    sudoPassword: vars.ansible_become_password === undefined ? 'none' : source('sudo', vars.ansible_become_password),
    ...(locked.has('people') ? { admins: [], users: [] } : readPeople(vars.users)),
    packages: locked.has('packages') ? [] : texts(isTree(packages) ? packages.present : packages),
    dockerSource: text(treeAt(vars, 'docker').source) || 'distro',
    registryMirrors: texts(treeAt(vars, 'docker').registry_mirrors),
    insecureRegistries: texts(treeAt(vars, 'docker').insecure_registries),
    ...application,
    ...readSite(locked.has('site') ? {} : vars, service, places, source),
  };
  const names = {
    service,
    redis,
    database,
    secrets: secretNames,
    takenSecrets: Object.keys(secrets),
    buildIsMapping: isTree(treeAt(treeAt(stack, 'services'), service).build),
    packagesAreMapping: isTree(packages),
    // Hosts that are not read go by what stands there as well.
    userIsCommon: otherHosts.length === 0 && (vars.ansible_user !== undefined || found.length === 0),
    hostPlaces: Object.fromEntries(found.map(({ name, places }) => [name, places])),
  };
  return { answers, names, locked, otherHosts };
}

/** A variable that stands elsewhere than in `all.vars`, or in a form of its own, is not for the wizard to move. */
function lockedTopics(inventory: Tree, vars: Tree): Map<Topic, string> {
  const elsewhere = variablesElsewhere(inventory);
  const locked = new Map<Topic, string>();
  for (const [topic, variables] of Object.entries(VARIABLES) as [Topic, readonly string[]][]) {
    const variable = variables.find((name) => elsewhere.has(name));
    if (variable !== undefined) locked.set(topic, `${variable} is set for a group or host`);
  }
  if (Array.isArray(vars.certs)) locked.set('site', 'it has several certificates');
  return locked;
}

function variablesElsewhere(inventory: Tree): ReadonlySet<string> {
  const found = new Set<string>();
  function visit(group: Tree, isAll: boolean): void {
    if (!isAll) for (const name of Object.keys(treeAt(group, 'vars'))) found.add(name);
    const hosts = treeAt(group, 'hosts');
    for (const host of Object.keys(hosts)) for (const name of Object.keys(treeAt(hosts, host))) found.add(name);
    const children = treeAt(group, 'children');
    for (const child of Object.keys(children)) visit(treeAt(children, child), false);
  }
  for (const name of Object.keys(inventory)) visit(treeAt(inventory, name), name === 'all');
  return found;
}

function readHosts(found: readonly FoundHost[]) {
  const servers: string[] = [];
  const hostKeys: string[] = [];
  const otherHosts: string[] = [];
  for (const { name, vars } of found) {
    const address = text(vars.ansible_host) || name;
    const written = SERVER.format({ name, user: text(vars.ansible_user), address, port: text(vars.ansible_port) });
    // What holds a reference, or stands for several, cannot be shown as an address.
    if (SERVER.parse(written) === undefined || /\[.*\]/.test(name)) otherHosts.push(name);
    else servers.push(written);
    const key = vars.provision_host_key;
    if (typeof key === 'string') hostKeys.push(NAMED_VALUE.format({ name, value: key }));
  }
  return { servers, hostKeys, otherHosts };
}

function readPeople(users: TreeValue | undefined): Answers {
  const admins: string[] = [];
  const others: string[] = [];
  for (const user of trees(users)) {
    const isKnown = user.sudo === 'nopasswd' || user.sudo === undefined || user.sudo === 'none';
    if (user.state === 'absent' || !isKnown) continue;
    const list = user.sudo === 'nopasswd' ? admins : others;
    for (const key of texts(user.authorized_keys)) list.push(PERSON.format({ name: text(user.name), key }));
  }
  return { admins, users: others };
}

type ReadSource = (purpose: string, value: TreeValue | undefined) => string;

type ReadVariable = (name: string, value: TreeValue) => Parts;

function readStack(stack: Tree, places: Places, source: ReadSource, variable: ReadVariable) {
  const services = treeAt(stack, 'services');
  const called = Object.keys(services);
  const service =
    called.find((name) => treeAt(services, name).port !== undefined) ?? called[0] ?? DEFAULT_NAMES.service;
  const redis = called.find((name) => /^redis(:|$)/.test(text(treeAt(services, name).image)));
  const [database = DEFAULT_NAMES.database] = Object.keys(treeAt(stack, 'databases'));
  const names = { service, redis: redis ?? DEFAULT_NAMES.redis, database };
  const app = treeAt(services, service);
  if (Object.keys(app).length === 0) return { ...names, answers: { appFrom: 'none' } as Answers };

  const environment = Object.entries(treeAt(app, 'env'));
  const address = environment.find(([, value]) => ADDRESS.test(text(value)) && text(value).includes(`@${database}:`));
  const atRedis = environment.find(([, value]) => redis && [redis, `redis://${redis}:6379`].includes(text(value)));
  const engine = treeAt(treeAt(stack, 'databases'), database);
  const build = isTree(app.build) ? app.build.context : app.build;
  const answers: Record<string, Answer> = {
    appFrom: build === undefined ? 'image' : 'folder',
    app: fromInventoryPath(text(build), places),
    image: text(app.image),
    stack: text(stack.name),
    replicas: text(app.replicas) || '1',
    port: text(app.port),
    healthPath: text(treeAt(app, 'health').path),
    healthBody: text(treeAt(app, 'health').body),
    drainPrepare: text(treeAt(app, 'drain').prepare),
    drainReady: text(treeAt(app, 'drain').ready),
    drainBody: text(treeAt(app, 'drain').body),
    migrate: joinWords(texts(app.migrate)),
    environment: environment
      .filter(([name, value]) => name !== address?.[0] && name !== atRedis?.[0] && typeof value !== 'object')
      .map(([name, value]) => VARIABLE.format({ name, ...variable(name, value) })),
    database: text(engine.engine) || 'none',
    databaseName: text(engine.name),
    databaseUsers: Object.entries(treeAt(engine, 'users')).map(([name, user]) => {
      const { access, password } = isTree(user) ? user : {};
      return DATABASE_USER.format({ name, access: text(access), password: source(`db ${name}`, password) });
    }),
    ...(address && { databaseVariable: address[0], databaseScheme: ADDRESS.exec(text(address[1]))?.[1] ?? '' }),
    redis: redis === undefined ? 'no' : 'yes',
    ...(redis !== undefined && { redisVariable: atRedis?.[0] ?? '' }),
  };
  return { ...names, answers };
}

const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\//;

function readSite(vars: Tree, service: string, places: Places, source: ReadSource): Answers {
  const certs = treeAt(vars, 'certs');
  const haproxy = treeAt(vars, 'haproxy');
  const hasSite = vars.haproxy !== undefined;
  if (!hasSite) return {};
  return {
    domain: text(certs.domain),
    tls: vars.certs === undefined ? 'none' : text(certs.provider) || 'self-signed',
    certificate: fromInventoryPath(text(certs.certificate), places),
    certificateKey: fromInventoryPath(text(certs.key), places),
    altNames: texts(certs.alt_names),
    ...(certs.agree_terms === true && { acmeTerms: 'yes' }),
    acmeEmail: text(certs.email),
    routes: trees(haproxy.routes).map((route) =>
      ROUTE.format({
        host: text(route.host),
        path: text(route.path) || '/',
        service: route.service === service ? '' : text(route.service),
      }),
    ),
    denied: texts(haproxy.deny),
    logins: trees(haproxy.basic_auth).flatMap((entry) => {
      const path = text(entry.path) || '/';
      return Object.entries(treeAt(entry, 'users')).map(([user, password]) =>
        LOGIN.format({ path, user, password: source(`login ${path} ${user}`, password) }),
      );
    }),
  };
}

function treeAt(tree: Tree, key: string): Tree {
  const value = tree[key];
  return isTree(value) ? value : {};
}

function text(value: TreeValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function texts(value: TreeValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function trees(value: TreeValue | undefined): readonly Tree[] {
  return Array.isArray(value) ? value.filter(isTree) : [];
}
