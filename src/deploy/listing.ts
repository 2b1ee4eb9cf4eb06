/** What releases the hosts keep. */
import { type HostTask, prepareHost, surveyHost } from '../engine/host-run.ts';
import type { RunOptions } from '../engine/run.ts';
import { ProvisionError } from '../errors.ts';
import { unfinished } from '../resources/releases/changes.ts';
import {
  type ActualReleases,
  type Journal,
  type ReleaseRecord,
  release,
  releaseImages,
} from '../resources/releases/release.ts';
import type { ReleaseImage } from '../resources/releases/version.ts';
import type { LockHolder } from '../shell/lock-probe.ts';
import { slots } from '../transport/slots.ts';
import { findingsOf } from './deploy-host.ts';

/** The releases of one project on one host. */
export interface Listing {
  readonly host: string;
  readonly project: string;
  readonly current: number | undefined;
  readonly held: ActualReleases['held'];
  /** A redeploy or rollback that is under way, or was broken off. */
  readonly unfinished: Journal | undefined;
  /** Who works on the host just now, where something is unfinished: it runs then. */
  readonly running?: LockHolder | undefined;
  /** The newest last. */
  readonly releases: readonly ListedRelease[];
}

export interface ListedRelease extends Omit<ReleaseRecord, 'digest' | 'deploy'> {
  /** By service. */
  readonly images: Readonly<Record<string, ReleaseImage>>;
}

/** In words; undefined where nothing is unfinished. */
export function unfinishedNote({ unfinished: journal, running }: Listing): string | undefined {
  return journal && unfinished(journal, running);
}

/**
 * Looks at all hosts, so many at a time, without taking their locks.
 * @returns what there is, and the first failure of a host
 */
export async function listReleases(
  tasks: readonly HostTask[],
  options: Pick<RunOptions, 'facts' | 'stop' | 'emit' | 'forks'>,
): Promise<{ readonly listings: readonly Listing[]; readonly error: ProvisionError | undefined }> {
  const prepared = await Promise.all(tasks.map((task) => prepareHost(task, options.facts)));
  const withStack = prepared.filter(({ placed }) => placed.some(({ resource }) => resource.kind.kind === release.kind));
  const take = slots(options.forks);
  let error: ProvisionError | undefined;
  const listings = await Promise.all(
    withStack.map(async (host) => {
      const { name } = host.task;
      const done = await take();
      try {
        const connection = await host.task.connect();
        try {
          const look = { mode: 'plan', holder: '', lockWaitMs: 0, stop: options.stop, emit: options.emit } as const;
          const { seen: survey } = await surveyHost(host, connection, look);
          const found = findingsOf({ survey }, release);
          return found.map(({ resource, actual }): Listing => {
            const { releases, current, held, journal, running } = actual;
            // Nobody is to guess at secrets by the digest of definitions that hold them.
            const told = releases.map(({ digest: _, deploy: __, ...one }) => ({
              ...one,
              images: releaseImages(actual, one.number),
            }));
            return {
              host: name,
              project: resource.desired.project,
              current,
              held,
              unfinished: journal,
              ...(journal && running && { running }),
              releases: told,
            };
          });
        } finally {
          await connection.close();
        }
      } catch (cause) {
        if (!(cause instanceof ProvisionError)) throw cause;
        error ??= cause.at({ host: name });
        return [];
      } finally {
        done();
      }
    }),
  );
  return { listings: listings.flat(), error };
}
