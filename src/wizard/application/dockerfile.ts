/** Dockerfiles for applications that have none: a starting point, which then is the user's own. */
import { join } from 'node:path';
import type { Sources } from './framework.ts';
import { pythonDependencies } from './python-dependencies.ts';
import { nodeVersion, pythonVersion } from './runtime-version.ts';

export type Framework =
  | { readonly kind: 'flask' | 'fastapi'; readonly title: string; readonly module: string }
  /** `folder`: where manage.py is; `.` is the top. */
  | { readonly kind: 'django'; readonly title: string; readonly module: string; readonly folder: string }
  | { readonly kind: 'node'; readonly title: string; readonly builds: boolean; readonly program?: string }
  | { readonly kind: 'static-build'; readonly title: string }
  | { readonly kind: 'static'; readonly title: string; readonly folder: string };

export interface DockerfileText {
  readonly text: string;
  /** What the application listens on. */
  readonly port: number;
  /** What was guessed in it. */
  readonly note?: string;
}

/** Files that name the packages a program in Python needs. */
export const PYTHON_PACKAGES = ['requirements.txt', 'pyproject.toml', 'Pipfile'];

const PYTHON_PORT = 8000;
const NODE_PORT = 3000;
/** HAProxy alone reaches it, and tells whether visitors came by HTTPS: links and the checks of forms go by that. */
const BEHIND_HAPROXY = '--forwarded-allow-ips=*';
const GUNICORN = ['gunicorn', '--bind', `0.0.0.0:${PYTHON_PORT}`, '--workers', '2', BEHIND_HAPROXY];
/** Of the image of nginx that needs no root. */
const STATIC_PORT = 8080;

export function dockerfileFor(framework: Framework, sources: Sources): DockerfileText {
  switch (framework.kind) {
    case 'flask':
      return python(['gunicorn'], [...GUNICORN, framework.module], sources);
    case 'django':
      return django(framework, sources);
    case 'fastapi':
      return python(
        ['uvicorn'],
        ['uvicorn', '--host', '0.0.0.0', '--port', String(PYTHON_PORT), BEHIND_HAPROXY, framework.module],
        sources,
      );
    case 'node':
      return node(framework, sources);
    case 'static-build':
      return staticBuild(sources);
    case 'static':
      return { port: STATIC_PORT, text: lines(staticServer(), `COPY ${framework.folder} /usr/share/nginx/html`) };
  }
}

/** Its packages are named at the top, or in the folder of manage.py. */
function django(
  { folder, module }: { readonly folder: string; readonly module: string },
  sources: Sources,
): DockerfileText {
  const isNamed = (where: string) => PYTHON_PACKAGES.some((file) => sources.names.has(join(where, file)));
  const chdir = folder === '.' ? [] : ['--chdir', folder];
  const command = [...GUNICORN, ...chdir, module];
  if (isNamed('.') || isNamed(folder)) return python(['gunicorn'], command, sources, isNamed('.') ? '.' : folder);
  const written = python(['gunicorn', 'django'], command, sources);
  const note = 'No requirements.txt names its packages: the newest Django is installed, and nothing else.';
  return { ...written, note: [written.note ?? '', note].join(' ').trimStart() };
}

/** @param folder where the packages that it needs are named */
function python(server: readonly string[], command: readonly string[], sources: Sources, folder = '.'): DockerfileText {
  const { version, comment, note } = pythonVersion(sources, folder);
  const text = lines(
    comment,
    `FROM python:${version}-slim`,
    '',
    'ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    'WORKDIR /app',
    ...systemPackages(sources, folder),
    ...pythonDependencies(server, sources, folder, version),
    '',
    'RUN useradd --system --no-create-home --shell /usr/sbin/nologin app',
    'USER app',
    `EXPOSE ${PYTHON_PORT}`,
    `CMD ${JSON.stringify(command)}`,
  );
  return { text, port: PYTHON_PORT, ...(note !== undefined && { note }) };
}

/** What some packages of Python need of Debian: there is nothing built for them. */
const SYSTEM_PACKAGES = [
  [/\bmysqlclient\b/i, ['build-essential', 'default-libmysqlclient-dev', 'pkg-config']],
  [/\bpsycopg2(?!-binary)\b/, ['build-essential', 'libpq-dev']],
  [/\bpsycopg(?!2|\[[\w,]*binary)\b/, ['libpq5']],
  [/\buwsgi\b/i, ['build-essential']],
] as const;

function systemPackages({ texts }: Sources, folder: string): readonly string[] {
  const named = PYTHON_PACKAGES.map((file) => texts.get(join(folder, file)) ?? '').join('\n');
  const packages = SYSTEM_PACKAGES.flatMap(([pattern, needed]) => (pattern.test(named) ? needed : []));
  if (packages.length === 0) return [];
  return [
    `RUN apt-get update && apt-get install -y --no-install-recommends ${[...new Set(packages)].sort().join(' ')} \\`,
    '    && rm -rf /var/lib/apt/lists/*',
  ];
}

function node({ builds, program }: { builds: boolean; program?: string }, sources: Sources): DockerfileText {
  const { names } = sources;
  const { version, comment, note } = nodeVersion(sources);
  const start = program === undefined ? '["npm", "start"]' : JSON.stringify(['node', program]);
  const text = lines(
    comment,
    `FROM node:${version}-slim`,
    '',
    'WORKDIR /app',
    ...nodeDependencies(names),
    ...(builds ? [`RUN npm run build && ${managerOf(names).prune}`] : []),
    '',
    `ENV NODE_ENV=production HOST=0.0.0.0 PORT=${NODE_PORT}`,
    'USER node',
    `EXPOSE ${NODE_PORT}`,
    `CMD ${start}`,
  );
  return { text, port: NODE_PORT, ...(note !== undefined && { note }) };
}

/** The package manager whose lock file is there, and how it installs just what stands in that. */
const MANAGERS = [
  {
    lock: 'pnpm-lock.yaml',
    install: 'npm install --global pnpm && pnpm install --frozen-lockfile',
    prune: 'CI=true pnpm prune --prod',
  },
  {
    lock: 'yarn.lock',
    install: 'npm install --global --force yarn && yarn install --frozen-lockfile',
    prune: 'yarn install --frozen-lockfile --production',
  },
  { lock: 'package-lock.json', install: 'npm ci', prune: 'npm prune --omit=dev' },
] as const;

const NO_LOCK = { lock: undefined, install: 'npm install', prune: 'npm prune --omit=dev' };

function managerOf(names: ReadonlySet<string>) {
  return MANAGERS.find(({ lock }) => names.has(lock)) ?? NO_LOCK;
}

function nodeDependencies(names: ReadonlySet<string>): readonly string[] {
  const { lock, install } = managerOf(names);
  return [`COPY package.json ${lock === undefined ? '' : `${lock} `}./`, `RUN ${install}`, '', 'COPY . .'];
}

function staticBuild(sources: Sources): DockerfileText {
  const { version, comment, note } = nodeVersion(sources);
  const text = lines(
    comment,
    `FROM node:${version}-slim AS build`,
    '',
    'WORKDIR /app',
    ...nodeDependencies(sources.names),
    // Vite writes to dist, Create React App to build, Angular to dist/NAME/browser.
    'RUN npm run build && for made in dist build out dist/*/browser dist/*; do \\',
    '    if [ -f "$made/index.html" ]; then mv "$made" /site && break; fi; \\',
    '    done && [ -f /site/index.html ]',
    '',
    staticServer(),
    'COPY --from=build /site /usr/share/nginx/html',
  );
  return { text, port: STATIC_PORT, ...(note !== undefined && { note }) };
}

function staticServer(): string {
  return `FROM nginxinc/nginx-unprivileged:stable\n\nEXPOSE ${STATIC_PORT}`;
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** What need not be in an image, and what must not. */
export const DOCKERIGNORE = `.git
.env
.env.*
inventory
provision-report*.html
Dockerfile
.dockerignore
**/node_modules
**/__pycache__
venv
.venv
`;
