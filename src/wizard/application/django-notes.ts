/** What to tell of a Django project whose settings are still those that it was made with. */
import type { View } from '../question.ts';
import { allowedHostsNotes, inApplication } from './site-names.ts';

/** What is not as it must be, and what to do. */
export function djangoNotes(view: View): readonly string[] {
  const nowhere = view.one('healthPath') === '/' ? homeNote(view) : undefined;
  const further = [nowhere, sqliteNote(view)].filter((note) => note !== undefined);
  return [...allowedHostsNotes(view), ...further];
}

/** Why a health check does not ask for `/`. */
export function homeNote(view: View): string | undefined {
  const { pages } = view.found;
  if (view.one('appFrom') !== 'folder' || pages === undefined || pages.hasHome) return undefined;
  const what = `${inApplication(pages.file, view)} has no page at /: Django answers 404 there`;
  if (pages.health === undefined) return `${what}. The health check needs a path that answers with 200.`;
  return `${what}. ${pages.health} answers with 200.`;
}

export function sqliteNote(view: View): string | undefined {
  const { sqlite } = view.found;
  if (view.one('appFrom') !== 'folder' || sqlite === undefined) return undefined;
  return `Its data is in SQLite (${inApplication(sqlite, view)}): each container has a file of its own, which ends with it, and there is nothing to migrate. To keep data, let the settings read DATABASE_URL, and choose a database.`;
}
