import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findIn } from '../../../src/wizard/application/recognise.ts';
import { draftOf } from '../../../src/wizard/draft.ts';
import { type Request, runWizard, writeFromFlags } from '../../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, toolsFor } from '../setting.ts';

const WSGI = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n';

function project(settings: string): Record<string, string> {
  return { 'manage.py': '', 'shop/wsgi.py': WSGI, 'shop/settings.py': settings, 'requirements.txt': 'django' };
}

function hostsOf(files: Record<string, string>) {
  return findIn('shop', { names: new Set(Object.keys(files)), texts: new Map(Object.entries(files)) }).allowedHosts;
}

describe('the names that Django answers to', () => {
  const where = 'shop/settings.py, line 1';
  it.each([
    ['ALLOWED_HOSTS = []', { where, names: [] }],
    ['DEBUG = True', { where: 'shop/settings.py', names: [] }],
    ["ALLOWED_HOSTS = ['*']  # all", { where, names: ['*'] }],
    [
      "ALLOWED_HOSTS = [\n    'a.example.com',  # one\n    '.example.org',\n]\nX = 'y'",
      { where, names: ['a.example.com', '.example.org'] },
    ],
    [
      "ALLOWED_HOSTS: list[str] = os.environ.get('HOSTS', '').split(',')",
      { where, names: [], variable: { name: 'HOSTS', separator: ',' } },
    ],
    [
      "ALLOWED_HOSTS = os.environ['HOSTS'].split(' ')",
      { where, names: [], variable: { name: 'HOSTS', separator: ' ' } },
    ],
    [
      "ALLOWED_HOSTS = os.getenv('HOSTS', 'a b').split()",
      { where, names: ['a', 'b'], variable: { name: 'HOSTS', separator: ' ' } },
    ],
    ["ALLOWED_HOSTS = env.list('HOSTS')", { where, names: [], variable: { name: 'HOSTS', separator: ',' } }],
    ["ALLOWED_HOSTS = config('HOSTS', cast=Csv())", { where, names: [], variable: { name: 'HOSTS', separator: ',' } }],
    ["ALLOWED_HOSTS = [os.environ.get('HOST')]", { where, names: ['HOST'], isUnclear: true }],
    ['ALLOWED_HOSTS = hosts_of(DEPLOYMENT)', { where, names: [], isUnclear: true }],
  ])('%s', (settings, expected) => {
    expect(hostsOf(project(settings))).toEqual(expected);
  });

  it('takes the settings that the server names, and what they share with others', () => {
    const files = {
      'src/manage.py': '',
      'src/shop/wsgi.py': WSGI.replace('shop.settings', 'shop.settings.production'),
      'src/shop/settings/base.py': '\nALLOWED_HOSTS = ["shop.example.com"]',
      'src/shop/settings/production.py': 'from .base import *',
    };
    expect(hostsOf(files)).toEqual({ where: 'src/shop/settings/base.py, line 2', names: ['shop.example.com'] });
  });
});

async function init(settings: string, flags: Request['flags'] = {}) {
  const files = Object.entries(project(settings)).map(([name, text]) => [`app/${name}`, text]);
  const folder = folderWith(Object.fromEntries(files));
  const answers = { name: 'prod', servers: ['web1=root@192.0.2.10'], app: 'app', domain: 'shop.example.com', ...flags };
  const request = { flags: answers, inventory: undefined, force: false };
  const written = await writeFromFlags(request, { tools: await toolsFor(folder, fakePrompter()), schema: 's' });
  return { notes: written.notes, text: readFileSync(join(folder, written.inventory), 'utf8') };
}

const FROM_ENVIRONMENT = "ALLOWED_HOSTS = os.environ.get('DJANGO_ALLOWED_HOSTS', '').split(',')";

describe('a site of Django', () => {
  it('lets visitors and health checks in where its settings read the environment', async () => {
    const { notes, text } = await init(FROM_ENVIRONMENT, { routes: ['api.example.com/', '/'] });
    expect(text).toContain('DJANGO_ALLOWED_HOSTS: shop.example.com,api.example.com,localhost,127.0.0.1\n');
    expect(notes).toEqual([]);
  });

  it('does so beside other variables, and leaves one that is given', async () => {
    const others = await init(FROM_ENVIRONMENT, { environment: ['DEBUG=0'] });
    expect(others.text).toContain('DJANGO_ALLOWED_HOSTS: shop.example.com,localhost,127.0.0.1\n');
    expect(others.text).toContain('DEBUG: "0"');
    const own = await init(FROM_ENVIRONMENT, { environment: ['DJANGO_ALLOWED_HOSTS=shop.example.com'] });
    expect(own.text).toContain('DJANGO_ALLOWED_HOSTS: shop.example.com\n');
    expect(own.notes).toEqual([
      "DJANGO_ALLOWED_HOSTS does not let in localhost, 127.0.0.1: Django answers 400 to any other name. Set it: --env 'DJANGO_ALLOWED_HOSTS=shop.example.com,localhost,127.0.0.1'.",
    ]);
  });

  it('tells else which line of which file to change', async () => {
    const { notes, text } = await init('DEBUG = True\nALLOWED_HOSTS = []');
    expect(text).not.toContain('ALLOWED_HOSTS');
    expect(notes).toEqual([
      "ALLOWED_HOSTS does not let in shop.example.com, localhost, 127.0.0.1: Django answers 400 to any other name. Before you go on, change app/shop/settings.py, line 2: ALLOWED_HOSTS = ['shop.example.com', 'localhost', '127.0.0.1'].",
    ]);
    expect((await init("ALLOWED_HOSTS = ['*']")).notes).toEqual([]);
    expect((await init('ALLOWED_HOSTS = hosts()')).notes).toEqual([
      'See that ALLOWED_HOSTS in app/shop/settings.py, line 1, lets in shop.example.com, localhost, 127.0.0.1: Django answers 400 to any other name.',
    ]);
  });
});

/** As `django-admin startproject` makes it, but for what does not matter. */
const NEW = {
  'manage.py': '',
  'shop/wsgi.py': WSGI,
  'shop/settings.py': `DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
    }
}
ALLOWED_HOSTS = ['*']
`,
  'shop/urls.py': `"""
    2. Add a URL to urlpatterns:  path('', views.home, name='home')
"""
urlpatterns = [
    # path('', views.home),
    path('admin/', admin.site.urls),
]
`,
};

function find(files: Record<string, string>) {
  return findIn('shop', { names: new Set(Object.keys(files)), texts: new Map(Object.entries(files)) });
}

describe('a project of Django as it is made', () => {
  it('is asked for a page that it has', () => {
    expect(find(NEW)).toMatchObject({ healthPath: '/admin/login/', pages: { file: 'shop/urls.py', hasHome: false } });
  });

  it.each([
    ["path('', views.home), path('admin/', admin.site.urls)", undefined],
    ['path("", include("shop.urls"))', undefined],
    ["re_path(r'^$', home), url(r'^admin/', admin.site.urls)", undefined],
    ["path('healthz/', health), path('admin/', admin.site.urls)", '/healthz/'],
    ["re_path(r'^up$', health)", '/up'],
    ["url(r'^manage/', admin.site.urls)", '/manage/login/'],
    ["path('api/', include('api.urls'))", undefined],
    ['*routes()', undefined],
  ])('with the routes %s', (routes, path) => {
    expect(find({ ...NEW, 'shop/urls.py': `urlpatterns = [${routes}]` }).healthPath).toBe(path);
  });

  it('has Django installed where no file names its packages', () => {
    const { dockerfile } = find(NEW);
    expect(dockerfile?.text).toContain('RUN pip install --no-cache-dir gunicorn django\n');
    expect(dockerfile?.note).toContain('the newest Django');
    expect(find({ ...NEW, 'requirements.txt': 'django' }).dockerfile?.note).toBeUndefined();
  });

  it('has nothing migrated that no container could write', () => {
    expect(find(NEW)).toMatchObject({ sqlite: 'shop/settings.py, line 3' });
    expect(find(NEW).migrate).toBeUndefined();
    for (const engine of [
      "os.environ.get('ENGINE', 'django.db.backends.sqlite3')",
      "'django.db.backends.postgresql'",
    ]) {
      const found = find({ ...NEW, 'shop/settings.py': `DATABASES = {'default': {'ENGINE': ${engine}}}` });
      expect([found.sqlite, found.migrate]).toEqual([undefined, 'python manage.py migrate']);
    }
  });

  it('is told about, and so is one without any page to ask for', async () => {
    const notesOf = async (urls: string) => {
      const files = Object.entries({ ...NEW, 'shop/urls.py': urls }).map(([name, text]) => [`app/${name}`, text]);
      const folder = folderWith(Object.fromEntries(files));
      const answers = { name: 'prod', servers: ['web1=root@192.0.2.10'], app: 'app' };
      const tools = await toolsFor(folder, fakePrompter());
      return writeFromFlags({ flags: answers, inventory: undefined, force: false }, { tools, schema: 's' });
    };
    expect((await notesOf(NEW['shop/urls.py'])).notes).toEqual([
      expect.stringMatching(/^Its data is in SQLite \(app.shop.settings.py, line 3\)/),
    ]);
    expect((await notesOf("urlpatterns = [path('x/', x)]")).notes).toEqual([
      'app/shop/urls.py has no page at /: Django answers 404 there. The health check needs a path that answers with 200.',
      expect.stringMatching(/^Its data is in SQLite/),
    ]);
  });
});

it('the overview tells what to change, until it is changed', async () => {
  const settings = 'ALLOWED_HOSTS = []';
  const files = Object.entries(project(settings)).map(([name, text]) => [`app/${name}`, text]);
  const folder = folderWith(Object.fromEntries(files));
  const prompter = fakePrompter([
    ['Address or name', '192.0.2.10'],
    ['Its folder', 'app'],
    ['All as it should be', 'packages'],
  ]);
  const told: number[] = [];
  const choose: typeof prompter.choose = (prompt) => {
    if (prompt.message === 'All as it should be?') {
      told.push(prompter.said.filter((line) => line.startsWith('! ALLOWED_HOSTS does not let in')).length);
      writeFileSync(join(folder, 'app/shop/settings.py'), "ALLOWED_HOSTS = ['*']");
    }
    return prompter.choose(prompt);
  };
  const tools = await toolsFor(folder, { ...prompter, choose });
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  const request = { flags: {}, inventory: undefined, force: false };
  const written = await runWizard(request, draft, { tools, schema: 's' });
  expect(told).toEqual([1, 1]);
  expect(written?.notes).toEqual([]);
});
