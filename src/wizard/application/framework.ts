/** Which framework an application is written with, by the files of its folder. */
import { dirname, join, normalize, relative } from 'node:path';
import { type Framework, PYTHON_PACKAGES } from './dockerfile.ts';
import { isInstalled } from './python-dependencies.ts';

/** The files of a folder as far as they are looked at. */
export interface Sources {
  /** Relative paths. */
  readonly names: ReadonlySet<string>;
  /** Contents of those that are texts of a program. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Which framework it is: the first that fits. */
export function frameworkOf(sources: Sources): Framework | undefined {
  const { names, texts } = sources;
  const python = pythonRequirements(texts);
  const django = djangoProject(names);
  if (django) return { kind: 'django', title: 'Django', ...django };
  const fastapi = moduleWith(sources, /^(\w+)\s*=\s*FastAPI\(/m);
  if (python && fastapi) return { kind: 'fastapi', title: 'FastAPI', module: fastapi };
  const flask = moduleWith(sources, /^(\w+)\s*=\s*Flask\(/m) ?? flaskFactory(sources);
  if (python && flask) return { kind: 'flask', title: 'Flask', module: flask };
  const manifest = texts.get('package.json');
  if (manifest !== undefined) return nodeFramework(manifest, names);
  const site = ['dist', 'build', 'public', '_site', '.'].find((dir) => names.has(join(dir, 'index.html')));
  return site === undefined ? undefined : { kind: 'static', title: 'a static site', folder: site };
}

/** The folder that has manage.py, the nearest to the top, and the package in it that has the application. */
function djangoProject(names: Sources['names']): { readonly folder: string; readonly module: string } | undefined {
  const folders = ['.', ...[...names].flatMap((file) => /^([\w-]+)\/manage\.py$/.exec(file)?.[1] ?? [])];
  for (const folder of folders.filter((one) => names.has(join(one, 'manage.py')))) {
    const wsgi = [...names].map((file) => relative(folder, file)).find((file) => /^[\w-]+\/wsgi\.py$/.test(file));
    if (wsgi !== undefined) return { folder, module: `${dirname(wsgi)}.wsgi` };
  }
  return undefined;
}

function pythonRequirements(texts: Sources['texts']): boolean {
  return PYTHON_PACKAGES.some((file) => texts.has(file));
}

/** `package.module:name`, as gunicorn and uvicorn take it; files nearer to the top before others. */
function moduleWith(sources: Sources, pattern: RegExp): string | undefined {
  for (const [file, text] of sources.texts) {
    const [, name] = (file.endsWith('.py') && pattern.exec(text)) || [];
    if (name !== undefined) return `${moduleName(file, sources)}:${name}`;
  }
  return undefined;
}

function flaskFactory(sources: Sources): string | undefined {
  for (const [file, text] of sources.texts) {
    if (file.endsWith('.py') && /^def create_app\(/m.test(text) && /Flask\(/.test(text)) {
      return `${moduleName(file, sources)}:create_app()`;
    }
  }
  return undefined;
}

function moduleName(file: string, sources: Sources): string {
  const path = isInstalled(sources) ? file.replace(/^src\//, '') : file;
  return path.replace(/(\/__init__)?\.py$/, '').replaceAll('/', '.');
}

function nodeFramework(manifest: string, names: Sources['names']): Framework | undefined {
  const { scripts = {}, main } = parseManifest(manifest);
  const builds = typeof scripts.build === 'string';
  const starts = typeof scripts.start === 'string' && !(builds && DEVELOPMENT_SERVER.test(scripts.start));
  const program = names.has('server.js') ? 'server.js' : main;
  const isThere = typeof program === 'string' && names.has(normalize(program));
  if (isThere && (!starts || program === 'server.js')) return { kind: 'node', title: 'Node.js', builds, program };
  if (starts) return { kind: 'node', title: 'Node.js', builds };
  // Vite and its kin: what is built are files, which a web server gives out.
  return builds ? { kind: 'static-build', title: 'a site that npm run build makes' } : undefined;
}

/** Servers for the one who writes the site, which are never meant for visitors. */
const DEVELOPMENT_SERVER =
  /\b(react-scripts start|ng serve|vue-cli-service serve|vite( dev| serve)?$|webpack(-dev-server| serve)|parcel( serve)?)/;

interface Manifest {
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly main?: unknown;
}

function parseManifest(text: string): Manifest {
  try {
    return JSON.parse(text) as Manifest;
  } catch {
    return {};
  }
}
