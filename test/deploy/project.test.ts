import { describe, expect, it } from 'vitest';
import {
  chooseRelease,
  commonRelease,
  type DeployRequest,
  type ImageIds,
  type Project,
} from '../../src/deploy/project.ts';
import { contentDigest } from '../../src/resources/releases/files.ts';
import { type ActualReleases, type Journal, type Release, release } from '../../src/resources/releases/release.ts';
import { desired } from '../resources/table.ts';
import { deployHost } from './deploy-host.ts';

const BY = { by: 'alice@laptop', at: '2026-11-21T03:12:45.120Z' };

/** A release of one service with this definition. */
function releaseOf(definition: string): Release {
  const app = { image: 'shop/app', replicas: 1, slots: [{ name: 'app-1', definition }] };
  const [state] = desired(release, [{ project: 'shop', directory: '/opt/shop', services: { app } }]);
  return state as Release;
}

/** Releases of these numbers, each of a definition and an image of its own: `v3` and `image 3`. */
function releases(...numbers: readonly number[]): Pick<ActualReleases, 'releases' | 'images'> {
  return {
    releases: numbers.map((number) => {
      const digest = contentDigest(releaseOf(`v${number}`)) ?? '';
      return { number, version: '', commit: '', ...BY, digest };
    }),
    images: new Map(numbers.map((number) => [number, new Map([['app', `image ${number}`]])])),
  };
}

/** A host that keeps releases 1 to 3, of which 3 runs. */
const HOST: ActualReleases = {
  ...releases(1, 2, 3),
  references: new Map(),
  current: 3,
  last: 3,
  ran: [1, 2, 3],
  held: undefined,
  journal: undefined,
};

function unfinished(action: Journal['action'], from: number, to: number): Pick<ActualReleases, 'journal'> {
  return { journal: { action, from, to, ...BY } };
}

/** The project on hosts that are as `HOST`, but for this. */
function projectOn(hosts: readonly Partial<ActualReleases>[], wanted = 'v3'): Project {
  const places = hosts.map((actual, i) => ({
    host: deployHost(`web${i + 1}`),
    release: releaseOf(wanted),
    actual: { ...HOST, ...actual },
  }));
  return { name: 'shop', places, balancers: [], allBalancers: [] };
}

describe('the release that all hosts run', () => {
  it.each<[string, readonly Partial<ActualReleases>[], number]>([
    ['is the current one', [{}, {}], 3],
    ['is the newest where they differ', [{ current: 2 }, {}], 3],
    ['is the one before what was not finished', [{ current: 2, ...unfinished('rollback', 3, 2) }], 3],
    [
      'is the new one where the first host was done already',
      [{ current: 4 }, { current: 3, ...unfinished('redeploy', 3, 4) }],
      4,
    ],
  ])('%s', (_, hosts, number) => {
    expect(commonRelease(projectOn(hosts))).toBe(number);
  });

  it('is missed where one of them has none', () => {
    expect(() => commonRelease(projectOn([{}, { ...releases(), current: undefined }]))).toThrow(
      expect.objectContaining({
        code: 'release-not-found',
        host: 'web2',
        message: 'shop has no release on web2 yet',
        hint: expect.stringContaining('provision apply'),
      }),
    );
  });
});

type Wish = Pick<DeployRequest, 'action' | 'to'>;

interface Situation {
  readonly hosts?: readonly Partial<ActualReleases>[];
  /** The definition that the inventory describes. */
  readonly wanted?: string;
  /** What the name of the image stands for now. */
  readonly image?: string;
  /** The highest number that the load balancers know of. */
  readonly given?: number;
}

/** `4 new`, `3 again`, `back to 2`. */
function choose(
  wish: Wish,
  { hosts = [{}], wanted = 'v3', image = wanted.replace('v', 'image '), given = 0 }: Situation,
): string {
  const project = projectOn(hosts, wanted);
  const images = hosts.map((): ImageIds => new Map([['app', image]]));
  const known = { images, given };
  const { number, isNew, kind } = chooseRelease(project, commonRelease(project), known, wish as DeployRequest);
  if (kind === 'redeploy') return `${number} ${isNew ? 'new' : 'again'}`;
  return `${isNew ? 'new, ' : ''}back to ${number}`;
}

const WITH_FOURTH = { ...releases(1, 2, 3, 4), last: 4 };
const BROKEN_OFF = { ...WITH_FOURTH, ...unfinished('redeploy', 3, 4) };
const HELD = { current: 2, held: BY };

describe('a redeploy', () => {
  it.each<[string, string, Situation]>([
    ['of what runs', '3 again', {}],
    ['of another definition', '4 new', { wanted: 'v4' }],
    ['of another image by the same name', '4 new', { image: 'image 4' }],
    ['of what an earlier release had', '4 new', { wanted: 'v2' }],
    ['after one that failed', '7 new', { wanted: 'v4', hosts: [{ last: 6 }] }],
    ['after one that failed on another host', '9 new', { wanted: 'v4', hosts: [{}, { last: 8 }] }],
    ['of a host alone, after another host alone', '5 new', { wanted: 'v4', given: 4 }],
    ['of what runs, after another host alone', '3 again', { given: 4 }],
    ['of what one host does not run yet', '3 again', { hosts: [{}, { current: 2 }] }],
    ['of what one host does not have', '4 new', { hosts: [{}, { ...releases(1, 2), current: 2 }] }],
    ['of what was not finished', '4 again', { wanted: 'v4', hosts: [BROKEN_OFF] }],
    ['of something else than was not finished', '5 new', { wanted: 'v5', hosts: [BROKEN_OFF] }],
    ['of what ran before the one that was not finished', '3 again', { wanted: 'v3', hosts: [BROKEN_OFF] }],
    ['of what somebody went back from', '4 new', { wanted: 'v3', hosts: [HELD] }],
    ['of what somebody holds', '2 again', { wanted: 'v2', hosts: [HELD] }],
  ])('%s: %s', (_, chosen, situation) => {
    expect(choose({ action: 'redeploy' }, situation)).toBe(chosen);
  });
});

describe('an apply', () => {
  it.each<[string, string, Situation]>([
    ['of another definition', '4 new', { wanted: 'v4' }],
    ['where a release is held', 'back to 2', { wanted: 'v4', hosts: [HELD] }],
    ['where a release is held on one host', 'back to 2', { wanted: 'v4', hosts: [{ current: 2 }, HELD] }],
    ['after a redeploy that was not finished', '4 again', { wanted: 'v4', hosts: [{ ...BROKEN_OFF, ...HELD }] }],
    [
      'after a rollback that was not finished',
      'back to 1',
      { wanted: 'v4', hosts: [unfinished('rollback', 3, 1), {}] },
    ],
  ])('%s: %s', (_, chosen, situation) => {
    expect(choose({ action: 'apply' }, situation)).toBe(chosen);
  });
});

describe('a rollback', () => {
  const back: Wish = { action: 'rollback' };

  it.each<[string, string, Wish, Situation]>([
    ['to the one before', 'back to 2', back, {}],
    ['to the one before that is still kept', 'back to 1', back, { hosts: [releases(1, 3)] }],
    ['to what it replaced', 'back to 1', back, { hosts: [{ ran: [1, 3] }] }],
    ['to an older one than it replaced', 'back to 1', back, { hosts: [{ ...releases(1, 3), ran: [1, 2, 3] }] }],
    ['where nobody wrote down what ran', 'back to 2', back, { hosts: [{ ran: [] }] }],
    ['to a number', 'back to 1', { ...back, to: 1 }, {}],
    ['to the current one', 'back to 3', { ...back, to: 3 }, {}],
    ['from a redeploy that was not finished', 'back to 3', back, { hosts: [BROKEN_OFF] }],
    ['again, after one that was not finished', 'back to 2', back, { hosts: [unfinished('rollback', 3, 2)] }],
    ['back from one that was not finished', 'back to 3', { ...back, to: 3 }, { hosts: [unfinished('rollback', 3, 2)] }],
    ['again, by its number,', 'back to 2', { ...back, to: 2 }, { hosts: [unfinished('rollback', 3, 2)] }],
  ])('%s: %s', (_, chosen, wish, situation) => {
    expect(choose(wish, situation)).toBe(chosen);
  });

  it.each<[string, Wish, Situation]>([
    ['there is no release 9 on web1', { ...back, to: 9 }, {}],
    ['there is no earlier release', back, { hosts: [{ ...releases(3, 4) }] }],
    ['there is no earlier release', back, { hosts: [{ ran: [3] }] }],
    [
      'there is no release 1 on web1',
      { action: 'apply' },
      { hosts: [{ ...releases(2, 3), ...unfinished('rollback', 3, 1) }] },
    ],
  ])('%s', (message, wish, situation) => {
    expect(() => choose(wish, situation)).toThrow(
      expect.objectContaining({
        code: 'release-not-found',
        message,
        hint: expect.stringContaining('provision releases'),
      }),
    );
  });
});
