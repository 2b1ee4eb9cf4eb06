/**
 * What the main job asks of a provisioned host, looked at from outside: it knows nothing of how it was done.
 * Every check is a name and a question; `unmet` asks them all and returns those that do not hold, with what was seen.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LabHost } from '../lab/host.ts';

const run = promisify(execFile);

const ADMIN_KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';
const OTHER_KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov';
const CONTROL_PATHS = ['/prepare-for-deploy', '/ready-for-deploy'];

export interface Site {
  readonly host: LabHost;
  readonly adminPassword: string;
  readonly engine: 'postgres' | 'mariadb';
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
}

/** Every requirement that does not hold, as `name: what was seen`. */
export async function unmet(site: Site): Promise<string[]> {
  const failures: string[] = [];
  let asked = 0;
  for await (const [name, holds, seen] of checks(site)) {
    asked += 1;
    if (!holds) failures.push(`${name}: ${seen.trim().slice(0, 300)}`);
  }
  if (asked < 60) failures.push(`only ${asked} requirements were asked`);
  return failures;
}

type Check = readonly [name: string, holds: boolean, seen: string];

async function* checks(site: Site): AsyncGenerator<Check> {
  yield* accounts(site);
  yield* containers(site);
  yield* loadBalancer(site);
  yield* application(site);
  yield* site.engine === 'postgres' ? postgres(site) : mariadb(site);
}

async function* accounts({ host }: Site): AsyncGenerator<Check> {
  for (const [user, key] of [
    ['prusa_admin', ADMIN_KEY],
    ['prusa_non_admin', OTHER_KEY],
  ] as const) {
    const shadow = await host.exec(`getent shadow ${user} | cut -d: -f2`);
    yield [`${user} has no password`, /^[*!]/.test(shadow.stdout), shadow.stdout];
    const keys = await host.exec(`cat /home/${user}/.ssh/authorized_keys`);
    yield [`${user} has its key`, keys.stdout.includes(key), keys.stdout];
    const modes = await host.exec(`stat -c '%a %U' /home/${user}/.ssh /home/${user}/.ssh/authorized_keys`);
    yield [`${user} owns its .ssh alone`, modes.stdout === `700 ${user}\n600 ${user}\n`, modes.stdout];
  }
  const sudo = (user: string) => host.exec(`su -s /bin/sh ${user} -c 'sudo -n id -u'`);
  const [admin, other] = [await sudo('prusa_admin'), await sudo('prusa_non_admin')];
  yield ['prusa_admin has sudo without a password', admin.stdout.trim() === '0', admin.stderr];
  yield ['prusa_non_admin has no sudo', other.code !== 0 && other.stdout.trim() !== '0', other.stdout];
  const visudo = await host.exec('visudo -c');
  yield ['sudoers is valid', visudo.code === 0, visudo.stderr];
  for (const program of ['curl', 'wget', 'vim', 'nano', 'jq']) {
    const found = await host.exec(`command -v ${program}`);
    yield [`${program} is installed`, found.code === 0, found.stdout];
  }
}

async function* containers({ host }: Site): AsyncGenerator<Check> {
  const names = (await host.exec("docker ps --format '{{.Names}}'")).stdout.trim().split('\n');
  const apps = names.filter((name) => name.includes('app'));
  yield ['two replicas run', apps.length === 2, names.join(' ')];
  yield ['redis runs', names.some((name) => name.includes('redis')), names.join(' ')];
  const policies = await host.exec("docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' $(docker ps -q) | sort -u");
  yield ['every container restarts unless stopped', policies.stdout.trim() === 'unless-stopped', policies.stdout];
  const [victim] = apps;
  const before = await host.exec(`docker inspect -f '{{.State.Pid}}' ${victim}`);
  await host.exec(`kill -9 ${before.stdout.trim()}`);
  const back = await host.exec(`
    for i in $(seq 60); do
      now=$(docker inspect -f '{{.State.Running}} {{.State.Pid}}' ${victim})
      case $now in "true ${before.stdout.trim()}") ;; true*) exit 0 ;; esac
      sleep 0.5
    done; exit 1`);
  yield ['a killed replica comes back', back.code === 0, `${back.stdout} ${back.stderr}`];
  const ready = await host.exec(`
    for i in $(seq 120); do
      curl -fs http://127.0.0.1:18001/status && curl -fs http://127.0.0.1:18002/status && exit 0
      sleep 0.5
    done; exit 1`);
  yield ['both replicas are ready again', ready.code === 0, ready.stdout];
  const listening = await host.exec('ss -Hltn');
  const open = listening.stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[3] ?? '')
    .filter((address) => address !== '' && !/^(127\.|\[::1\])/.test(address))
    .map((address) => Number(address.slice(address.lastIndexOf(':') + 1)));
  const extra = open.filter((port) => ![22, 80, 443].includes(port));
  yield ['nothing but 22, 80 and 443 is open to the outside', extra.length === 0, extra.join(' ')];
}

/** One request as written: `path` is not normalised on the way. */
async function ask(site: Site, path: string, options: readonly string[] = [], scheme = 'https'): Promise<Answer> {
  const port = scheme === 'https' ? site.host.ports.https : site.host.ports.http;
  const url = `${scheme}://127.0.0.1:${port}${path}`;
  const args = ['-sk', '-m', '15', '--path-as-is', '-w', '\n%{http_code}', ...options, url];
  const { stdout } = await run('curl', args).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '\n0' }));
  const end = stdout.lastIndexOf('\n');
  return { code: Number(stdout.slice(end + 1)), stdout: stdout.slice(0, end) };
}

async function* loadBalancer(site: Site): AsyncGenerator<Check> {
  const status = await ask(site, '/status');
  yield ['/status is OK', status.code === 200 && status.stdout.trim() === 'OK', `${status.code} ${status.stdout}`];
  const home = await ask(site, '/');
  yield ['/ answers', home.code === 200, `${home.code}`];
  const redirect = await ask(site, '/status?x=1', ['-o', '/dev/null', '-w', '\n%{redirect_url}\n%{http_code}'], 'http');
  const [location = ''] = redirect.stdout.trim().split('\n');
  yield ['HTTP goes to HTTPS, path and query kept', /^https:\/\/.*\/status\?x=1$/.test(location), redirect.stdout];
  yield ['the redirect is permanent', [301, 308].includes(redirect.code), `${redirect.code}`];
  const user = (password: string) => ['-u', `developer:${password}`];
  yield ['/admin asks for a password', (await ask(site, '/admin')).code === 401, ''];
  yield ['/admin refuses a wrong password', (await ask(site, '/admin', user('wrong'))).code === 401, ''];
  const admin = await ask(site, '/admin', user(site.adminPassword));
  yield ['/admin lets the developer in', admin.code === 200, `${admin.code}`];
  for (const path of CONTROL_PATHS) {
    for (const form of disguises(path)) {
      const { stdout } = await ask(site, form);
      yield [`blocked: ${form}`, !/^(preparing|Ready|Not ready)/.test(stdout), stdout];
    }
  }
  for (const form of [
    '//admin',
    '/./admin',
    '/%61dmin',
    '/%2561dmin',
    '/admin/',
    '/x/../admin',
    '/ADMIN',
    '/admin;x',
  ]) {
    const { stdout } = await ask(site, form);
    yield [`no way around the password: ${form}`, !stdout.includes('admin area'), stdout];
  }
  const headers = await ask(site, '/', ['-I']);
  yield ['HSTS is set', /^strict-transport-security:/im.test(headers.stdout), headers.stdout];
  const old = await ask(site, '/', ['--tls-max', '1.1']);
  yield ['TLS 1.1 is refused', old.code === 0, `${old.code}`];
}

/** The ways to write a path that an application might take for it. */
function disguises(path: string): string[] {
  const name = path.slice(1);
  return [
    path,
    `${path}/`,
    `//${name}`,
    `/./${name}`,
    `/x/..${path}`,
    path.replace('e', '%65'),
    path.replace('-', '%2D'),
    path.replace('e', '%2565'),
    `${path}?x`,
    `${path};x`,
    path.toUpperCase(),
  ];
}

async function* application(site: Site): AsyncGenerator<Check> {
  const hits = async () => Number(/\d+$/.exec((await ask(site, '/redis-hits')).stdout.trim())?.[0]);
  const [first, second] = [await hits(), await hits()];
  yield ['both replicas count in one redis', second > first, `${first} ${second}`];
  for (const text of ['anna', 'Kobyla m%C3%A1 mal%C3%BD bok'.replaceAll(' ', '%20')]) {
    const answer = await ask(site, `/palindrom/${text}`);
    yield [`/palindrom/${text} answers`, answer.code === 200 && answer.stdout.startsWith('Text is'), answer.stdout];
  }
}

async function* postgres({ host }: Site): AsyncGenerator<Check> {
  const sql = (user: string, statement: string) =>
    host.exec(`docker exec -i $(docker ps -qf name=db) psql -v ON_ERROR_STOP=1 -U ${user} -d app -Atc "${statement}"`);
  yield* databaseUsers(sql);
  const role = await sql(
    'developer',
    'select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname=current_user',
  );
  yield ['developer is no administrator', role.stdout.trim() === 'f', role.stdout];
}

async function* mariadb({ host }: Site): AsyncGenerator<Check> {
  const secret = (user: string) => `$(cat /var/lib/provision/secrets/db_${user})`;
  const sql = (user: string, statement: string) =>
    host.exec(
      `docker exec -e MYSQL_PWD="${secret(user)}" $(docker ps -qf name=db) mariadb -N -h 127.0.0.1 -u ${user} app -e "${statement}"`,
    );
  yield* databaseUsers(sql);
}

type Sql = (user: string, statement: string) => Promise<{ code: number; stdout: string; stderr: string }>;

async function* databaseUsers(sql: Sql): AsyncGenerator<Check> {
  const rows = await sql('developer', 'select count(*) from palindrom');
  yield ['developer reads', Number(rows.stdout.trim()) >= 1, rows.stdout + rows.stderr];
  const insert = await sql('developer', "insert into palindrom (text) values ('x')");
  yield ['developer cannot write', insert.code !== 0 && /denied/.test(insert.stderr), insert.stderr];
  const create = await sql('developer', 'create table t_dev (i int)');
  yield ['developer cannot create', create.code !== 0 && /denied/.test(create.stderr), create.stderr];
  const later = await sql('app', 'create table if not exists later (i int); insert into later values (1)');
  yield ['app creates a table', later.code === 0, later.stderr];
  const seen = await sql('developer', 'select min(i) from later');
  yield ['developer reads a table made later', seen.stdout.trim() === '1', seen.stdout + seen.stderr];
  const drop = await sql('app', 'drop table later');
  yield ['app drops a table', drop.code === 0, drop.stderr];
}
