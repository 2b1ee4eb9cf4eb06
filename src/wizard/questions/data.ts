/** Questions about where the application stores its data. */
import { sqliteNote } from '../application/django-notes.ts';
import { DATABASE_USER } from '../notations.ts';
import { type Question, type View, YES_NO } from '../question.ts';
import { isPresent, SERVICE, variableRule } from './service.ts';

export const DATA_QUESTIONS = [
  {
    id: 'database',
    topic: 'database',
    kind: 'choice',
    flag: 'database',
    value: 'ENGINE',
    help: 'postgres, mariadb, mysql or none',
    prompt: 'Database',
    choices: [
      { value: 'postgres', name: 'PostgreSQL' },
      { value: 'mariadb', name: 'MariaDB' },
      { value: 'mysql', name: 'MySQL' },
      { value: 'none', name: 'none' },
    ],
    note: (view) => sqliteNote(view) ?? apartNote('a database', view),
    default: ({ found }) => found.database ?? 'none',
    when: isPresent,
    decides: ['databaseScheme'],
  },
  {
    id: 'databaseName',
    topic: 'database',
    kind: 'text',
    flag: 'database-name',
    value: 'NAME',
    help: 'of the database (default app)',
    prompt: 'Name of the database',
    at: ['stack', 'databases', 'db', 'name'],
    default: () => 'app',
    when: hasDatabase,
  },
  {
    id: 'databaseUsers',
    topic: 'database',
    kind: 'list',
    flag: 'database-user',
    value: 'NAME:ACCESS',
    help: 'a user: owner, read-write or read-only',
    prompt: 'Users of the database: one owner, and further ones',
    entry: 'database user',
    notation: DATABASE_USER,
    required: true,
    rule: ownerRule,
    fields: [
      { part: 'name', prompt: 'Name of the user', at: ['stack', 'databases', 'db', 'users', 'KEY'] },
      {
        part: 'access',
        prompt: 'May',
        choices: [
          { value: 'owner', name: 'do everything: the application itself' },
          { value: 'read-write', name: 'read and write' },
          { value: 'read-only', name: 'only read' },
        ],
        default: () => 'read-only',
      },
      { part: 'password', prompt: 'The password is', source: 'any', default: () => 'generate' },
    ],
    default: () => ['app:owner'],
    when: hasDatabase,
  },
  {
    id: 'databaseVariable',
    topic: 'database',
    kind: 'text',
    flag: 'database-variable',
    value: 'NAME',
    help: 'variable that tells the application its address',
    prompt: 'Environment variable in which the application reads its address',
    at: [...SERVICE, 'env', 'KEY'],
    rule: variableRule,
    default: ({ found }) => found.databaseVariable ?? 'DATABASE_URL',
    when: hasDatabase,
  },
  {
    id: 'databaseScheme',
    topic: 'database',
    kind: 'text',
    flag: 'database-scheme',
    value: 'SCHEME',
    help: 'what that address begins with, as postgresql+psycopg2',
    prompt: 'What that address begins with, before ://',
    rule: (text) => (/^[a-z][a-z0-9+.-]*$/i.test(text) ? undefined : 'must be the scheme of a URL, as postgresql'),
    default: (view) => defaultScheme(view.one('database'), view.found.databaseDriver),
    when: hasDatabase,
  },
  {
    id: 'redis',
    topic: 'redis',
    kind: 'choice',
    flag: 'redis',
    value: 'yes|no',
    help: 'run redis beside it',
    prompt: 'Does it need redis?',
    choices: YES_NO,
    note: (view) => apartNote('a redis', view),
    default: ({ found }) => (found.redis ? 'yes' : 'no'),
    when: isPresent,
  },
  {
    id: 'redisVariable',
    topic: 'redis',
    kind: 'text',
    flag: 'redis-variable',
    value: 'NAME',
    help: 'variable that tells where: REDIS_URL, or …_HOST',
    prompt: 'Environment variable that tells where it is (…_HOST: its name, else a URL)',
    at: [...SERVICE, 'env', 'KEY'],
    rule: variableRule,
    default: ({ found }) => found.redisVariable ?? 'REDIS_URL',
    when: (view) => isPresent(view) && view.one('redis') === 'yes',
  },
] as const satisfies readonly Question[];

/** Each host runs the whole stack. */
function apartNote(what: string, view: View): string | undefined {
  const hosts = view.many('servers').length;
  if (hosts < 2) return undefined;
  return `Each of the ${hosts} hosts gets ${what} of its own: they share no data. ${HOW_TO_SHARE}`;
}

const HOW_TO_SHARE = 'For one that they share choose none here, and give its address in an environment variable.';

/** What the hosts have each for themselves, though the application is the same. */
export function dataApart(view: View): readonly string[] {
  if (view.many('servers').length < 2) return [];
  return [...(hasDatabase(view) ? ['database'] : []), ...(view.one('redis') === 'yes' ? ['redis'] : [])];
}

export function dataApartNotes(view: View): readonly string[] {
  const apart = dataApart(view);
  if (apart.length === 0) return [];
  const flags = apart.map((what) => (what === 'redis' ? '--redis=no' : '--database none')).join(' ');
  const what = `Each of the ${view.many('servers').length} hosts has its own ${apart.join(' and ')}, and they share no data`;
  return [`${what}: for one that they share give ${flags}, and its address with --env.`];
}

function ownerRule(_text: string, view: View): string | undefined {
  const owners = view.many('databaseUsers').filter((user) => DATABASE_USER.parse(user)?.access === 'owner');
  return owners.length === 1 ? undefined : 'exactly one user must be the owner: NAME:owner';
}

function defaultScheme(engine: string, driver: string | undefined): string {
  const name = engine === 'postgres' ? 'postgresql' : 'mysql';
  return driver === undefined || !driver.startsWith(name) ? name : driver;
}

function hasDatabase(view: View): boolean {
  return isPresent(view) && view.one('database') !== 'none';
}
