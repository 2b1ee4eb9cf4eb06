import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findIn } from '../../src/wizard/recognise.ts';
import { type Request, writeFromFlags } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, toolsFor } from './setting.ts';

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
