/** Looks at an application's folder: what it is written with, and what it seems to need. Guesses, all to be confirmed. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { type AllowedHosts, allowedHosts } from './django.ts';
import { djangoPages, type Pages } from './django-pages.ts';
import { type DockerfileText, dockerfileFor, type Framework } from './dockerfile.ts';
import { frameworkOf, type Sources } from './framework.ts';

export interface Finding {
  /** Of the folder. */
  readonly name: string;
  /** One line: `a Dockerfile`, `Flask (app.py)`. */
  readonly what: string;
  /** Why it cannot be built. */
  readonly problem?: string;
  /** What to write where there is no Dockerfile. */
  readonly dockerfile?: DockerfileText;
  readonly port?: number;
  readonly healthPath?: string;
  readonly drain?: { readonly prepare: string; readonly ready: string };
  readonly migrate?: string;
  readonly database?: 'postgres' | 'mariadb' | 'mysql';
  readonly databaseVariable?: string;
  /** What an address of the database begins with: `postgresql+psycopg2`. */
  readonly databaseDriver?: string;
  readonly redis?: true;
  readonly redisVariable?: string;
  /** Of Django. */
  readonly allowedHosts?: AllowedHosts;
  readonly pages?: Pages;
  /** Where the settings of Django choose SQLite, and nothing else: `shop/settings.py, line 78`. */
  readonly sqlite?: string;
}

const MAX_FILES = 400;
const MAX_BYTES = 200_000;
const MAX_DEPTH = 3;
const SKIPPED =
  /^(\.(?!(?:env\.example|python-version|nvmrc|node-version)$).*|node_modules|venv|env|__pycache__|vendor|target|coverage|inventory|tests?)$/;
const PROGRAM =
  /\.(py|js|mjs|cjs|ts|json|toml|txt)$|^Dockerfile$|^Pipfile$|^Procfile$|^\.(env\.example|python-version|nvmrc|node-version)$/;

export function recognise(folder: string): Finding {
  const name = basename(folder);
  if (!existsSync(folder)) return { name, what: 'nothing', problem: `there is no folder ${name}` };
  if (!statSync(folder).isDirectory()) return { name, what: 'a file', problem: 'is a file: give the folder' };
  return findIn(name, readSources(folder));
}

/** The same of files that were read. */
export function findIn(name: string, sources: Sources): Finding {
  const framework = frameworkOf(sources);
  const dockerfile = sources.texts.get('Dockerfile');
  if (dockerfile === undefined && framework === undefined) {
    const problem =
      'holds no Dockerfile, and neither Flask, Django, FastAPI, Node nor a static site was recognised in it';
    return { name, what: 'nothing that is known', problem };
  }
  const written = dockerfile === undefined && framework ? dockerfileFor(framework, sources) : undefined;
  const port = dockerfile === undefined ? written?.port : exposedPort(dockerfile);
  return {
    name,
    what: dockerfile === undefined ? describe(framework) : 'a Dockerfile',
    ...(written && { dockerfile: written }),
    ...(port !== undefined && { port }),
    ...needs(sources, framework),
  };
}

function describe(framework: Framework | undefined): string {
  if (framework === undefined) return '';
  return 'module' in framework ? `${framework.title} (${framework.module})` : framework.title;
}

function exposedPort(dockerfile: string): number | undefined {
  const [, port] = /^\s*EXPOSE\s+(\d+)/im.exec(dockerfile) ?? [];
  return port === undefined ? undefined : Number(port);
}

const HEALTH_PATHS = ['/healthz', '/health', '/status', '/up', '/ping'];
const DATABASE_VARIABLE = /\b(DATABASE_UR[IL]|DB_UR[IL]|SQLALCHEMY_DATABASE_URI)\b/;
const REDIS_VARIABLE = /\b(REDIS_UR[IL]|REDIS_HOST)\b/;

/** Which driver stands for which engine, as their packages are called. */
const DRIVERS = [
  [/\bpsycopg2\b/, 'postgres', 'postgresql+psycopg2'],
  [/\bpsycopg\b/, 'postgres', 'postgresql+psycopg'],
  [/\basyncpg\b/, 'postgres', 'postgresql+asyncpg'],
  [/"(?:pg|postgres)"\s*:/, 'postgres', 'postgresql'],
  [/\bpymysql\b/i, 'mariadb', 'mysql+pymysql'],
  [/\bmysqlclient\b/i, 'mariadb', 'mysql'],
  [/"(?:mysql2?|mariadb)"\s*:/, 'mariadb', 'mysql'],
] as const;

/** Where packages are named, by the language. */
const PACKAGE_FILES = {
  python: /(?:^|\/)(?:requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt|pyproject\.toml|Pipfile)$/,
  node: /(?:^|\/)package\.json$/,
};

/** Clients of redis, and queues that live in it; also as an extra of another package: `celery[redis]`. */
const REDIS_PACKAGES = {
  python:
    /(?:^|[\s"'[,])(?:redis|aioredis|hiredis|rq|arq|(?:django|flask|channels)[-_](?:redis|rq))(?=$|[\s"'[\]<>=~!;,])/im,
  node: /"(?:redis|ioredis|@redis\/[\w-]+|[\w-]+-(?:io)?redis|bullmq?|@nestjs\/bullmq?|bee-queue)"\s*:/,
};

function namesRedis(texts: Sources['texts']): boolean {
  return [...texts].some(([file, text]) => {
    if (PACKAGE_FILES.node.test(file)) return REDIS_PACKAGES.node.test(text);
    return PACKAGE_FILES.python.test(file) && REDIS_PACKAGES.python.test(text.replaceAll(/#.*/g, ''));
  });
}

function needs({ names, texts }: Sources, framework: Framework | undefined): Partial<Finding> {
  const code = [...texts].map(([, text]) => text).join('\n');
  const python = framework !== undefined && ['flask', 'django', 'fastapi'].includes(framework.kind);
  const django = framework?.kind === 'django' ? framework : undefined;
  const pages = django && djangoPages(django.folder, django.module, { names, texts });
  const named = HEALTH_PATHS.find((path) => new RegExp(`['"]${path}/?['"]`).test(code));
  const elsewhere = pages?.hasHome ? undefined : pages?.health;
  const healthPath = named ?? (framework?.kind === 'fastapi' ? fastapiPage(code) : elsewhere);
  const prepare = /['"](\/[\w-]*prepare[\w-]*)['"]/.exec(code)?.[1];
  const ready = /['"](\/[\w-]*ready[\w-]*)['"]/.exec(code)?.[1];
  const [, engine, driver] = DRIVERS.find(([pattern]) => pattern.test(code)) ?? [];
  const databaseVariable = DATABASE_VARIABLE.exec(code)?.[1];
  const redisVariable = REDIS_VARIABLE.exec(code)?.[1];
  const sqlite = django && engine === undefined ? sqliteIn(texts) : undefined;
  const migrate = sqlite === undefined ? migration(names, code, framework) : undefined;
  const hosts = django && allowedHosts(django.folder, django.module, { names, texts });
  return {
    ...(healthPath !== undefined && { healthPath }),
    ...(prepare !== undefined && ready !== undefined && { drain: { prepare, ready } }),
    ...(engine !== undefined && { database: engine }),
    // SQLAlchemy alone names the driver in the address.
    ...(driver !== undefined && {
      databaseDriver: python && /sqlalchemy/i.test(code) ? driver : driver.replace(/\+.*/, ''),
    }),
    ...(databaseVariable !== undefined && { databaseVariable }),
    ...((redisVariable !== undefined || namesRedis(texts)) && { redis: true }),
    ...(redisVariable !== undefined && { redisVariable }),
    ...(migrate !== undefined && { migrate }),
    ...(hosts && { allowedHosts: hosts }),
    ...(pages && { pages }),
    ...(sqlite !== undefined && { sqlite }),
  };
}

/** An API often has nothing at `/`; what describes it is always there, unless that is turned off. */
function fastapiPage(code: string): string | undefined {
  const hasHome = /\.(?:get|route|api_route|mount)\(\s*(?:path\s*=\s*)?['"]\/['"]/.test(code);
  return hasHome || /\b(?:openapi_url|prefix|root_path)\s*=/.test(code) ? undefined : '/openapi.json';
}

/** Settings that name another backend as well choose one of them when they run. */
function sqliteIn(texts: Sources['texts']): string | undefined {
  const backends = [...texts].flatMap(([file, text]) => {
    return [...text.matchAll(/^(?!.*(?:env|config\())[^#\n]*django\.db\.backends\.(\w+)/gm)].map(
      ({ 0: line, 1: backend, index }) => {
        return { backend, where: `${file}, line ${text.slice(0, index + line.length).split('\n').length}` };
      },
    );
  });
  const isOnly = backends.every(({ backend }) => backend === 'sqlite3');
  return isOnly ? backends[0]?.where : undefined;
}

function migration(names: Sources['names'], code: string, framework: Framework | undefined): string | undefined {
  if (names.has('manage.py')) return 'python manage.py migrate';
  // Where a Dockerfile of the user's puts the folder, nobody knows.
  if (framework?.kind === 'django' && !names.has('Dockerfile')) return `python ${framework.folder}/manage.py migrate`;
  if (/flask[-_]migrate/i.test(code) && [...names].some((file) => file.startsWith('migrations/')))
    return 'flask db upgrade';
  if (names.has('alembic.ini')) return 'alembic upgrade head';
  if (names.has('create_db.py')) return 'python3 create_db.py';
  if ([...names].some((file) => file.startsWith('prisma/'))) return 'npx prisma migrate deploy';
  return undefined;
}

/** Bounded in depth, number and size: it shall be quick in any folder. */
function readSources(folder: string): Sources {
  const names = new Set<string>();
  const texts = new Map<string, string>();
  const queue = [{ path: folder, depth: 0 }];
  for (const { path, depth } of queue) {
    for (const entry of entriesOf(path)) {
      if (SKIPPED.test(entry.name) || names.size >= MAX_FILES) continue;
      const file = join(path, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH) queue.push({ path: file, depth: depth + 1 });
      if (!entry.isFile()) continue;
      const name = relative(folder, file);
      names.add(name);
      const text = PROGRAM.test(entry.name) ? textOf(file) : undefined;
      if (text !== undefined) texts.set(name, text);
    }
  }
  return { names, texts };
}

/** @returns undefined where it is long, or cannot be read */
function textOf(file: string): string | undefined {
  try {
    return statSync(file).size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** What is in a folder, by names; nothing where it cannot be read. */
export function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
