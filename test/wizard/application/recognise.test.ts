import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Finding, findIn, recognise } from '../../../src/wizard/application/recognise.ts';
import { folderWith } from '../setting.ts';

function find(files: Record<string, string>): Finding {
  return findIn('shop', { names: new Set(Object.keys(files)), texts: new Map(Object.entries(files)) });
}

const FLASK = 'from flask import Flask\napp = Flask(__name__)\n';

describe('recognise', () => {
  it.each<[string, Record<string, string>, string, string]>([
    ['Flask', { 'app.py': FLASK, 'requirements.txt': 'flask' }, 'Flask (app:app)', '"app:app"'],
    [
      'a factory of Flask',
      { 'shop/__init__.py': 'def create_app():\n    return Flask(__name__)\n', 'pyproject.toml': '' },
      'Flask (shop:create_app())',
      '"shop:create_app()"',
    ],
    [
      'FastAPI',
      { 'api/main.py': 'api = FastAPI()\n', 'requirements.txt': '' },
      'FastAPI (api.main:api)',
      '"api.main:api"',
    ],
    [
      'a package in src, which is installed',
      { 'src/shop/main.py': 'app = FastAPI()\n', 'pyproject.toml': '[project]\n[build-system]\n' },
      'FastAPI (shop.main:app)',
      '"shop.main:app"',
    ],
    [
      'a program in src, which is not',
      { 'src/shop/main.py': 'app = FastAPI()\n', 'pyproject.toml': '[project]\n' },
      'FastAPI (src.shop.main:app)',
      '"src.shop.main:app"',
    ],
    ['Django', { 'manage.py': '', 'shop/wsgi.py': '', 'requirements.txt': '' }, 'Django (shop.wsgi)', '"shop.wsgi"'],
    ...['', 'src/'].map((where): [string, Record<string, string>, string, string] => [
      `Django in a folder, its packages in ${where}requirements.txt`,
      { 'src/manage.py': '', 'src/mysite/wsgi.py': '', [`${where}requirements.txt`]: '' },
      'Django (mysite.wsgi)',
      `COPY ${where}requirements.txt ./\n`,
    ]),
    ['Node', { 'package.json': '{"scripts":{"start":"node ."}}' }, 'Node.js', '["npm", "start"]'],
    [
      'Node without a script',
      { 'package.json': '{"main":"./lib/index.js"}', 'lib/index.js': '' },
      'Node.js',
      '["node","./lib/index.js"]',
    ],
    [
      'pnpm',
      { 'package.json': '{"scripts":{"start":"node ."}}', 'pnpm-lock.yaml': '' },
      'Node.js',
      'pnpm install --frozen-lockfile',
    ],
    [
      'yarn',
      { 'package.json': '{"scripts":{"start":"node .","build":"tsc"}}', 'yarn.lock': '' },
      'Node.js',
      'npm run build && yarn install --frozen-lockfile --production',
    ],
    ...['react-scripts start', 'ng serve', 'vite', 'vite dev'].map(
      (start): [string, Record<string, string>, string, string] => [
        `what ${start} shows to its author`,
        { 'package.json': JSON.stringify({ scripts: { start, build: 'build it' } }) },
        'a site that npm run build makes',
        'COPY --from=build /site',
      ],
    ),
    [
      'a build',
      { 'package.json': '{"scripts":{"build":"vite build"}}' },
      'a site that npm run build makes',
      'npm run build',
    ],
    ['a static site', { 'public/index.html': '' }, 'a static site', 'COPY public /usr/share/nginx/html'],
  ])('%s', (_name, files, what, part) => {
    const found = find(files);
    expect(found.what).toBe(what);
    expect(found.dockerfile?.text).toContain(part);
    expect(found.port).toBe(found.dockerfile?.port);
  });

  it.each([
    ["@app.get('/items')", '/openapi.json'],
    ["@app.get('/items')\n@app.get('/health')", '/health'],
    ['@app.get("/")', undefined],
    ["app.mount('/', StaticFiles())", undefined],
    ['FastAPI(openapi_url=None)', undefined],
  ])('asks FastAPI with %j for a page that it has', (code, path) => {
    const files = { 'main.py': `app = FastAPI()\n${code}\n`, 'requirements.txt': 'fastapi' };
    expect(find(files).healthPath).toBe(path);
  });

  it('starts Django where its manage.py is, and knows its migration', () => {
    const files = { 'src/manage.py': '', 'src/mysite/wsgi.py': '', 'src/pyproject.toml': '[build-system]\n' };
    const found = find(files);
    expect(found.dockerfile?.text).toContain('RUN pip install --no-cache-dir gunicorn ./src\n');
    expect(found.dockerfile?.text).toContain('"--forwarded-allow-ips=*","--chdir","src","mysite.wsgi"]');
    expect(found.migrate).toBe('python src/manage.py migrate');
    const atTop = find({ ...files, 'manage.py': '', 'shop/wsgi.py': '' });
    expect([atTop.what, atTop.migrate]).toEqual(['Django (shop.wsgi)', 'python manage.py migrate']);
    expect(atTop.dockerfile?.text).not.toContain('--chdir');
    expect(find({ ...files, Dockerfile: '' }).migrate).toBeUndefined();
  });

  it.each([
    ['mysqlclient==2.2', 'build-essential default-libmysqlclient-dev pkg-config'],
    ['psycopg2>=2.9\nuwsgi', 'build-essential libpq-dev'],
    ['psycopg[pool]', 'libpq5'],
    ['psycopg2-binary', undefined],
    ['psycopg[binary,pool]', undefined],
    ['flask', undefined],
  ])('installs what %j needs of the system', (requirements, packages) => {
    const text = find({ 'app.py': FLASK, 'requirements.txt': requirements }).dockerfile?.text ?? '';
    expect(/apt-get install -y --no-install-recommends (.*) \\\n/.exec(text)?.[1]).toBe(packages);
  });

  it('leaves a Dockerfile that exists alone, and takes its port', () => {
    const found = find({ Dockerfile: 'FROM x\nEXPOSE 5000\n', 'app.py': FLASK, 'requirements.txt': '' });
    expect(found).toMatchObject({ what: 'a Dockerfile', port: 5000 });
    expect(found.dockerfile).toBeUndefined();
  });

  it('finds what an application needs', () => {
    const code = `${FLASK}
os.environ['DATABASE_URI']; os.environ.get('REDIS_HOST')
@app.get('/status')
@app.get('/prepare-for-deploy')
@app.get('/ready-for-deploy')
`;
    expect(
      find({ 'app.py': code, 'requirements.txt': 'flask-sqlalchemy\npsycopg2', 'create_db.py': '' }),
    ).toMatchObject({
      healthPath: '/status',
      drain: { prepare: '/prepare-for-deploy', ready: '/ready-for-deploy' },
      database: 'postgres',
      databaseVariable: 'DATABASE_URI',
      databaseDriver: 'postgresql+psycopg2',
      redis: true,
      redisVariable: 'REDIS_HOST',
      migrate: 'python3 create_db.py',
    });
  });

  it.each<[string, string, boolean]>([
    ['requirements.txt', 'flask\nredis==5.0\n', true],
    ['requirements.txt', 'celery[redis]>=5', true],
    ['requirements.txt', 'django-redis', true],
    ['requirements/base.txt', 'rq ; python_version > "3"', true],
    ['requirements.txt', 'flask # redis comes later\nredistribute\n', false],
    ['pyproject.toml', 'dependencies = ["flask", "redis>=5"]', true],
    ['pyproject.toml', '[tool.poetry.dependencies]\nredis = "^5"', true],
    ['pyproject.toml', 'celery = { extras = ["redis"], version = "5" }', true],
    ['pyproject.toml', 'name = "predis-lint"', false],
    ['package.json', '{"dependencies":{"ioredis":"^5"}}', true],
    ['package.json', '{"dependencies":{"connect-redis":"^7"}}', true],
    ['package.json', '{"dependencies":{"redistill":"^7"}}', false],
    ['notes.txt', 'redis', false],
  ])('looks for redis among the packages: %s %j', (file, text, redis) => {
    expect(find({ 'app.py': FLASK, 'requirements.txt': '', [file]: text }).redis ?? false).toBe(redis);
  });

  it('names no driver to a program that is not in Python', () => {
    const found = find({ 'package.json': '{"scripts":{"start":"x"},"dependencies":{"pg":"8"}}' });
    expect(found).toMatchObject({ database: 'postgres', databaseDriver: 'postgresql' });
  });

  it('tells why a folder cannot be built', () => {
    expect(find({ 'README.md': '' }).problem).toMatch(/no Dockerfile/);
    expect(recognise('/nowhere/at/all').problem).toBe('there is no folder all');
  });

  it('reads folders, and not what others put into them', () => {
    const folder = folderWith({
      'src/app.py': FLASK,
      'requirements.txt': 'flask',
      'node_modules/x/index.html': '',
      '.env': "DATABASE_URL='x'",
    });
    expect(recognise(folder)).toMatchObject({ what: 'Flask (src.app:app)' });
    expect(recognise(folder).databaseVariable).toBeUndefined();
    rmSync(folder, { recursive: true });
  });
});
