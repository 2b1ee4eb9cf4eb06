/** Which pages a Django project has, as far as its urls.py tells: a new one has none at `/`, and answers 404 there. */
import { join } from 'node:path';
import type { Sources } from './framework.ts';

export interface Pages {
  /** Relative to the application's folder: `shop/urls.py`. */
  readonly file: string;
  /** Whether there is something at `/`. */
  readonly hasHome: boolean;
  /** A page that answers 200 to everybody, other than `/`. */
  readonly health?: string;
}

const HEALTH = /^(?:healthz?|status|up|ping)\/?$/;
const ROUTE = /\b(path|re_path|url)\(\s*r?(['"])(.*?)\2\s*,\s*([\w.]+)/g;
/** Strings of several lines: that of a new project holds examples of routes. */
const DOCUMENTATION = /('''|""")[\s\S]*?\1/g;
const COMMENT = /(^|\s)#.*/g;

/**
 * @param folder where manage.py is
 * @param module of the server: `shop.wsgi`
 * @returns undefined where its urls.py is not found, or holds no routes
 */
export function djangoPages(folder: string, module: string, { texts }: Sources): Pages | undefined {
  const file = join(folder, module.replace(/\.wsgi$/, ''), 'urls.py');
  const code = (texts.get(file) ?? '').replaceAll(DOCUMENTATION, '').replaceAll(COMMENT, '');
  const routes = [...code.matchAll(ROUTE)].map(([, kind, , text = '', view]) => ({
    path: kind === 'path' ? text : text.replace(/^\^/, '').replace(/\$$/, ''),
    view,
  }));
  if (routes.length === 0) return undefined;
  const health = routes.find(({ path, view }) => HEALTH.test(path) && view !== 'include')?.path;
  const admin = routes.find(({ view }) => view === 'admin.site.urls')?.path;
  // The login of the admin asks no database.
  const found = health ?? (admin === undefined ? undefined : `${admin}login/`);
  const hasHome = routes.some(({ path }) => path === '');
  return { file, hasHome, ...(found !== undefined && { health: `/${found}` }) };
}
