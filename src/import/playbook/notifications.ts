/** Who notifies which handler of a play. */

import type { Names } from '../code/names.ts';
import { nameHandlers } from '../handlers.ts';
import { hasJinja } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Task } from './play.ts';
import { entriesOf } from './yaml-source.ts';

export interface Notifications {
  /**
   * The constants that stand for the handlers of that name or topic, and for those that these notify in turn; they are needed.
   * None where there is no such handler.
   */
  notify(topic: string, by: Task): readonly string[];
  /** A task did not come over: what it would notify is no reason to have a handler, and is not to be forgotten either. */
  forgo(by: Task): void;
  /** The handlers that tasks need, and then those that only tasks which did not come over would notify; in their order. */
  needed(): readonly Task[];
  forgone(): readonly Task[];
  nameOf(handler: Task): string;
  /** Where the tasks stand that notify it. */
  placesOf(handler: Task): readonly string[];
  /** @returns what takes back all needs that came after this call */
  mark(): () => void;
}

/** @param nameNow a name or topic with what is known of its references */
export function createNotifications(
  handlers: readonly Task[],
  own: Names,
  nameNow: (name: string, task: Task) => string,
): Notifications {
  const names = nameHandlers(handlers, own);
  const used = new Set<Task>();
  const places = new Map<Task, Set<string>>();

  /** Of several of one name Ansible takes the one that was read last; within one file the first. `ROLE : NAME` is that of the role. */
  function namedHandler(topic: string): Task | undefined {
    const [, role, own] = /^(.*) : (.*)$/.exec(topic) ?? [];
    const isOfRole = ({ place }: Task) => place.split('/').includes(role ?? '');
    const nameOf = (handler: Task) => nameNow(handler.name, handler);
    const ofRole = handlers.filter((handler) => nameOf(handler) === own && isOfRole(handler));
    const named = ofRole.length > 0 ? ofRole : handlers.filter((handler) => nameOf(handler) === (own ?? topic));
    const inFile = named.filter((handler) => fileOf(handler) === fileOf(named.at(-1)));
    return inFile.findLast(({ place }) => place === inFile[0]?.place);
  }

  /** By name or topic, and by what is notified so. */
  function find(topic: string, found = new Set<Task>()): ReadonlySet<Task> {
    const named = namedHandler(topic);
    for (const handler of handlers) {
      const topics = entriesOf(handler.keywords.listen).map((one) => nameNow(String(one), handler));
      if (found.has(handler) || (handler !== named && !topics.includes(topic))) continue;
      found.add(handler);
      for (const next of topicsOf(handler)) find(next, found);
    }
    return found;
  }

  function topicsOf(task: Task): readonly string[] {
    return entriesOf(task.keywords.notify).map((topic) => nameNow(String(topic), task));
  }

  /** @throws NotTranslated where it cannot be known which handler it is */
  function checkKnown(topic: string): void {
    if (!hasJinja(topic) || find(topic).size > 0) return;
    throw new NotTranslated('which handler it notifies depends on a variable (notify)', 'Name the handler.');
  }

  function remember(found: Iterable<Task>, by: Task): void {
    for (const handler of found) places.set(handler, (places.get(handler) ?? new Set()).add(by.place));
  }

  return {
    notify(written, by) {
      const topic = nameNow(written, by);
      const found = [...find(topic)];
      for (const each of [topic, ...found.flatMap(topicsOf)]) checkKnown(each);
      remember(found, by);
      for (const handler of found) used.add(handler);
      return found.map((handler) => names.get(handler) ?? '');
    },
    forgo(by) {
      for (const topic of topicsOf(by)) remember(find(topic), by);
    },
    needed: () => handlers.filter((handler) => used.has(handler)),
    forgone: () => handlers.filter((handler) => places.has(handler) && !used.has(handler)),
    nameOf: (handler) => names.get(handler) ?? '',
    placesOf: (handler) => [...(places.get(handler) ?? [])],
    mark() {
      const before = new Set(used);
      return () => {
        for (const handler of used) if (!before.has(handler)) used.delete(handler);
      };
    },
  };
}

function fileOf(handler: Task | undefined): string {
  return (handler?.place ?? '').replace(/:\d+$/, '');
}
