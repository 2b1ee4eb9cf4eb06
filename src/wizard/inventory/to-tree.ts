/** From answers to what the inventory says: plain data. */

import { splitWords } from '../asking/words.ts';
import {
  DATABASE_USER,
  LOGIN,
  NAMED_VALUE,
  type Parts,
  PERSON,
  partsOf,
  ROUTE,
  SERVER,
  VARIABLE,
} from '../notations.ts';
import { type Places, toInventoryPath } from '../places.ts';
import type { Answers } from '../question.ts';
import { ROLES, type Role } from '../roles.ts';
import { parseSource } from '../secret-source.ts';
import { DEFAULT_NAMES, type Names } from './names.ts';
import { isTree, KEPT, type Tree, type TreeValue, VaultText } from './tree.ts';

const DATABASE_PORTS: Record<string, number> = { postgres: 5432, mariadb: 3306, mysql: 3306 };
const REDIS_IMAGE = 'redis:8';

/** @param answers complete ones */
export function toTree(answers: Answers, places: Places, names: Names = DEFAULT_NAMES): Tree {
  const one = (id: string) => (typeof answers[id] === 'string' ? answers[id] : '');
  const many = (id: string): readonly string[] => (typeof answers[id] === 'object' ? answers[id] : []);
  const secrets: Record<string, TreeValue> = {};
  const called = new Map<string, string>();
  const hasApplication = one('appFrom') !== 'none';

  /** Writes the secret down, and gives what stands for it. */
  function secret(purpose: string, name: string, source: string): TreeValue {
    const value = secretValue(source || 'generate', places);
    if (value === KEPT) return KEPT;
    const called = nameOfSecret(purpose, name);
    secrets[called] = value;
    return `{{ secrets.${called} }}`;
  }

  /** One that stands there for something else keeps its name. */
  function nameOfSecret(purpose: string, name: string): string {
    const known = names.secrets[purpose] ?? called.get(purpose);
    if (known !== undefined) return known;
    const plain = name.replaceAll(/[^a-z0-9_-]/gi, '_').toLowerCase();
    const isTaken = (one: string) => names.takenSecrets.includes(one) || [...called.values()].includes(one);
    let free = plain;
    for (let number = 2; isTaken(free); number++) free = `${plain}_${number}`;
    called.set(purpose, free);
    return free;
  }

  function givenSecret(name: string, source: string): TreeValue {
    return source === '' || source === 'none' ? '' : secret(name, name, source);
  }

  const servers = many('servers').map((server) => partsOf(SERVER, server));
  const users = new Set(servers.map(({ user }) => user || 'root'));
  const [commonUser = ''] = names.userIsCommon && users.size === 1 ? users : [];
  const vars: Tree = present({
    ansible_user: commonUser,
    ansible_ssh_private_key_file: toInventoryPath(one('sshKey'), places),
    ansible_password: givenSecret('login', one('loginPassword')),
    ansible_become_password: givenSecret('sudo', one('sudoPassword')),
    roles: rolesFor(),
    users: [...people(many('admins'), true), ...people(many('users'), false)],
    packages: names.packagesAreMapping ? { present: many('packages') } : many('packages'),
    ...(hasApplication && {
      docker: present({
        source: one('dockerSource'),
        registry_mirrors: many('registryMirrors'),
        insecure_registries: many('insecureRegistries'),
      }),
      certs: certificate(),
      stack: stack(),
      haproxy: present({
        routes: many('routes').map((route) => toRoute(partsOf(ROUTE, route))),
        deny: many('denied'),
        basic_auth: logins(),
      }),
    }),
  });
  const everything = { all: { vars: present({ ...vars, secrets }), hosts: {} } };
  return servers.reduce<Tree>((tree, server) => {
    const { name = '' } = server;
    const [place = ['all', 'hosts', name], ...others] = names.hostPlaces[name] ?? [];
    const mentioned = others.reduce((sofar, other) => withValueAt(sofar, other, {}), tree);
    return withValueAt(mentioned, place, host(server));
  }, everything);

  function rolesFor(): readonly string[] {
    const isWanted: Record<Role, boolean> = {
      users: many('admins').length + many('users').length > 0,
      packages: many('packages').length > 0,
      docker: hasApplication,
      certs: hasApplication && one('tls') !== 'none',
      stack: hasApplication,
      haproxy: hasApplication,
    };
    return ROLES.filter((role) => isWanted[role]);
  }

  function host({ name, user, address = '', port }: Parts): Tree {
    const keys = many('hostKeys').map((key) => partsOf(NAMED_VALUE, key));
    return present({
      ansible_host: address,
      ansible_port: port === '' || port === '22' || port === undefined ? '' : Number(port),
      ansible_user: commonUser === '' ? user || 'root' : '',
      provision_host_key: keys.find((key) => key.name === name)?.value ?? '',
    });
  }

  function stack(): Tree {
    const service = present({
      build: one('appFrom') === 'folder' ? build() : '',
      image: one('image'),
      replicas: number(one('replicas')),
      port: number(one('port')),
      env: environment(),
      migrate: splitWords(one('migrate')) ?? [],
      health: present({ path: one('healthPath'), status: one('healthPath') && 200, body: one('healthBody') }),
      drain: present({ prepare: one('drainPrepare'), ready: one('drainReady'), body: one('drainBody') }),
    });
    const redis = one('redis') === 'yes' ? { [names.redis]: { image: REDIS_IMAGE } } : {};
    const engine = one('database');
    return present({
      name: one('stack'),
      services: { [names.service]: service, ...redis },
      databases: engine === 'none' ? {} : { [names.database]: database(engine) },
    });
  }

  function build(): TreeValue {
    const context = toInventoryPath(one('app'), places);
    return names.buildIsMapping ? { context } : context;
  }

  function database(engine: string): Tree {
    const users = many('databaseUsers').map((user) => partsOf(DATABASE_USER, user));
    const entries = users.map(({ name = '', access = '', password = '' }) => {
      return [name, { access, password: secret(`db ${name}`, `db_${name}`, password) }];
    });
    return { engine, name: one('databaseName'), users: Object.fromEntries(entries) };
  }

  function environment(): Tree {
    const variables = many('environment').map((entry) => partsOf(VARIABLE, entry));
    const engine = one('database');
    const redis = one('redisVariable');
    // An empty value is one as well.
    return {
      ...(engine !== 'none' && { [one('databaseVariable')]: databaseAddress(engine) }),
      ...(redis !== '' && { [redis]: redis.endsWith('_HOST') ? names.redis : `redis://${names.redis}:6379` }),
      ...Object.fromEntries(variables.map((variable) => [variable.name, variableValue(variable)])),
    };
  }

  function variableValue({ name = '', kind, value = '', source = '' }: Parts): TreeValue {
    return kind === 'secret' ? secret(`env ${name}`, name, source) : value;
  }

  function databaseAddress(engine: string): TreeValue {
    const owner = many('databaseUsers')
      .map((user) => partsOf(DATABASE_USER, user))
      .find(({ access }) => access === 'owner');
    const { name = '', password = '' } = owner ?? {};
    const reference = secret(`db ${name}`, `db_${name}`, password);
    if (typeof reference !== 'string') return KEPT;
    const place = `${names.database}:${DATABASE_PORTS[engine]}/${one('databaseName')}`;
    return `${one('databaseScheme')}://${name}:${reference}@${place}`;
  }

  function certificate(): Tree {
    const provider = one('tls');
    if (provider === 'none') return {};
    return present({
      domain: one('domain'),
      alt_names: many('altNames'),
      provider,
      certificate: toInventoryPath(one('certificate'), places),
      key: toInventoryPath(one('certificateKey'), places),
      ...(one('acmeTerms') === 'yes' && { agree_terms: true }),
      email: one('acmeEmail'),
    });
  }

  function toRoute({ path = '/', host = '', service }: Parts): Tree {
    return present({ path, host, service: service || names.service });
  }

  /** One entry for each path, with its users. */
  function logins(): readonly Tree[] {
    const byPath = new Map<string, Record<string, TreeValue>>();
    for (const { path = '', user = '', password = '' } of many('logins').map((login) => partsOf(LOGIN, login))) {
      const label = path.split('/').findLast((word) => word !== '') ?? 'site';
      const users = byPath.get(path) ?? {};
      users[user] = secret(`login ${path} ${user}`, `${label}_${user}`, password);
      byPath.set(path, users);
    }
    return [...byPath].map(([path, users]) => ({ path, users }));
  }
}

/** A name that is given several times has several keys. */
function people(entries: readonly string[], sudo: boolean): readonly Tree[] {
  const keys = new Map<string, string[]>();
  for (const { name = '', key = '' } of entries.map((entry) => partsOf(PERSON, entry))) {
    keys.set(name, [...(keys.get(name) ?? []), key]);
  }
  return [...keys].map(([name, authorized_keys]) => ({ name, ...(sudo && { sudo: 'nopasswd' }), authorized_keys }));
}

function secretValue(text: string, places: Places): TreeValue {
  const source = parseSource(text);
  if (source === undefined || source.from === 'kept') return KEPT;
  if (source.from === 'env') return { env: source.name };
  if (source.from === 'file') return { file: toInventoryPath(source.path, places) };
  return source.from === 'vault' ? new VaultText(source.envelope) : 'generate';
}

function number(text: string): TreeValue {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Without what is empty: it need not stand there. */
function present(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([, value]) => !isEmpty(value)));
}

/** The tree with a value at that path. */
function withValueAt(tree: Tree, [key = '', ...rest]: readonly string[], value: TreeValue): Tree {
  const below = tree[key];
  return { ...tree, [key]: rest.length === 0 ? value : withValueAt(isTree(below) ? below : {}, rest, value) };
}

function isEmpty(value: TreeValue): boolean {
  if (value === '' || value === undefined) return true;
  if (typeof value !== 'object' || value instanceof VaultText) return false;
  return Object.keys(value).length === 0;
}
