import { describe, expect, it } from 'vitest';
import { requireRelease, wayBack } from '../../src/deploy/way-back.ts';
import type { ActualReleases, Journal } from '../../src/resources/releases/release.ts';
import { deployHost } from './deploy-host.ts';

const BY = { by: 'alice@laptop', at: '2026-11-21T03:12:45.120Z' };

/** By number what a release holds, and as `content@deploy` which redeploy brought it. */
type Contents = Readonly<Record<number, string>>;

interface Host {
  readonly has: Contents;
  /** Default: all in their order. */
  readonly ran?: readonly number[];
  /** Default: the newest one. */
  readonly current?: number;
  readonly journal?: Pick<Journal, 'action' | 'from' | 'to'>;
}

/** The digests of a host are its own: its address stands in its definitions. */
function actualOf(name: string, { has, journal, ...given }: Host): ActualReleases {
  const numbers = Object.keys(has).map(Number);
  const contents = Object.entries(has).map(([number, text]) => [Number(number), ...text.split('@')] as const);
  const { ran = numbers, current = Math.max(...numbers) } = given;
  return {
    releases: contents.map(([number, content, deploy]) => {
      return { number, version: '', commit: '', ...BY, digest: `${content} on ${name}`, deploy };
    }),
    current,
    ran,
    images: new Map(contents.map(([number, content]) => [number, new Map([['app', `sha256:${content}`]])])),
    references: new Map(contents.map(([number, content]) => [number, new Map([['app', `shop/app:${content}`]])])),
    held: undefined,
    journal: journal && { ...journal, ...BY },
  };
}

function placesOf(hosts: Readonly<Record<string, Host>>) {
  const release = { project: 'shop', directory: '/opt/shop', services: {}, sources: [] };
  return Object.entries(hosts).map(([name, host]) => ({
    host: deployHost(name),
    release,
    actual: actualOf(name, host),
  }));
}

/** `app1` got 3 alone, then both got 4, which is what `app1` ran already. */
const ALONE_FIRST = {
  app1: { has: { 1: 'a', 2: 'b@2', 3: 'c@3', 4: 'c@4' } },
  app2: { has: { 1: 'a', 2: 'b@2', 4: 'c@4' } },
};
/** Each got another 5, alone. */
const SAME_NUMBER = {
  app1: { has: { 3: 'b', 4: 'c', 5: 'd' } },
  app2: { has: { 3: 'b', 4: 'c', 5: 'e' } },
};
const UNFINISHED = { action: 'redeploy', to: 4 } as const;

describe('a rollback over hosts with different releases', () => {
  it.each<[string, Readonly<Record<string, Host>>, number, readonly unknown[]]>([
    ['goes to what all have, past what only one has', ALONE_FIRST, 2, [{ number: 3, missingOn: ['app2'] }]],
    [
      'takes back what one host got alone',
      { app1: { has: { 1: 'a', 2: 'b', 3: 'c' } }, app2: { has: { 1: 'a', 2: 'b' } } },
      2,
      [],
    ],
    [
      'does so in whatever order they stand',
      { app1: { has: { 1: 'a', 2: 'b' } }, app2: { has: { 1: 'a', 2: 'b', 3: 'c' } } },
      2,
      [],
    ],
    ['goes past what each got alone by the same number', SAME_NUMBER, 4, []],
    [
      'goes past a number that each has for something else',
      {
        app1: { has: { 4: 'c@4', 5: 'd@5', 6: 'e@6' } },
        app2: { has: { 4: 'c@4', 5: 'd@x', 6: 'e@6' } },
      },
      4,
      [{ number: 5, missingOn: [] }],
    ],
    ['goes past what is the same as what runs', { app1: { has: { 1: 'a', 2: 'b', 3: 'b' } } }, 1, []],
    [
      'goes to nothing that somebody took back on one of them',
      {
        app1: { has: { 1: 'a', 2: 'b', 3: 'c' } },
        app2: { has: { 1: 'a', 2: 'b', 3: 'c' }, ran: [1, 3] },
      },
      1,
      [],
    ],
    [
      'comes back from what is finished on one of them',
      {
        app1: { has: { 2: 'b', 3: 'c', 4: 'd' } },
        app2: { has: { 2: 'b', 3: 'c', 4: 'd' }, ran: [2, 3], current: 3, journal: { ...UNFINISHED, from: 3 } },
      },
      3,
      [],
    ],
    [
      'comes back to what all have from what is not finished anywhere',
      {
        app1: { has: { 2: 'b', 3: 'c', 4: 'd' }, ran: [2, 3], current: 3, journal: { ...UNFINISHED, from: 3 } },
        app2: { has: { 2: 'b', 4: 'd' }, ran: [2], current: 2, journal: { ...UNFINISHED, from: 2 } },
      },
      2,
      [],
    ],
  ])('%s', (_, hosts, number, passedOver) => {
    expect(wayBack(placesOf(hosts))).toEqual({ number, passedOver });
  });

  it.each<[string, Readonly<Record<string, Host>>, string | undefined, string | undefined, string]>([
    [
      'all have only what runs',
      {
        app1: { has: { 5: 'c', 6: 'd', 7: 'd' } },
        app2: { has: { 2: 'a', 7: 'd' } },
      },
      'app2',
      'release 5 is not on app2',
      'All hosts have release 7, which is what runs. Go back on some of them alone: provision rollback --to 5 --limit app1, or provision rollback --to 2 --limit app2.',
    ],
    [
      'they have nothing in common',
      { app1: { has: { 1: 'a', 2: 'b' } }, app2: { has: { 1: 'c', 3: 'd' } } },
      'app1',
      'release 1 is not the same on all hosts',
      'No release is on all hosts. Go back on some of them alone: provision rollback --to 1 --limit app1, or provision rollback --to 1 --limit app2.',
    ],
    [
      'all have the same one alone',
      { app1: { has: { 1: 'a' } }, app2: { has: { 1: 'a' } } },
      'app1',
      undefined,
      'All hosts have release 1, which is what runs.',
    ],
  ])('says what there is where %s', (_, hosts, host, detail, ways) => {
    expect(() => wayBack(placesOf(hosts))).toThrow(
      expect.objectContaining({
        code: 'release-not-found',
        message: 'there is no earlier release that all hosts have',
        host,
        detail,
        hint: `\`provision releases\` lists what there is. ${ways}`,
      }),
    );
  });
});

describe('a rollback to a number', () => {
  it('goes there where it is the same on all hosts', () => {
    expect(requireRelease(placesOf(ALONE_FIRST), 2)).toEqual({ number: 2, passedOver: [] });
  });

  it.each<[string, Readonly<Record<string, Host>>, number, string, string, string]>([
    [
      'one host does not have, and that would change nothing on the other',
      ALONE_FIRST,
      3,
      'there is no release 3 on app2',
      'app2',
      'All hosts have releases 1, 2.',
    ],
    [
      'some have',
      { ...ALONE_FIRST, app3: ALONE_FIRST.app2, app4: { has: { 2: 'b@2', 4: 'c@4' } } },
      1,
      'there is no release 1 on app4',
      'app4',
      'All hosts have release 2. Go back on some of them alone: provision rollback --to 1 --limit app1,app2,app3.',
    ],
    ['none has', ALONE_FIRST, 9, 'there is no release 9 on app1, app2', 'app1', 'All hosts have releases 1, 2.'],
    [
      'is another one on each',
      { ...SAME_NUMBER, app2: { ...SAME_NUMBER.app2, current: 4 } },
      5,
      'release 5 on app2 is another than on app1',
      'app2',
      'All hosts have releases 3, 4. Go back on some of them alone: provision rollback --to 5 --limit app2.',
    ],
  ])('refuses one that %s', (_, hosts, number, message, host, ways) => {
    expect(() => requireRelease(placesOf(hosts), number)).toThrow(
      expect.objectContaining({
        code: 'release-not-found',
        message,
        host,
        hint: `\`provision releases\` lists what there is. ${ways}`,
      }),
    );
  });
});
