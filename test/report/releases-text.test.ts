import { describe, expect, it } from 'vitest';
import type { Listing } from '../../src/deploy/listing.ts';
import { createPaint } from '../../src/report/colour.ts';
import { releaseLines } from '../../src/report/releases-text.ts';
import { textWidth } from '../../src/report/width.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

const AT = '2026-11-21T03:12:45.120Z';
const BY = 'alice@laptop';

type Told = Listing['releases'][number];

function told(number: number, changes: Partial<Told> = {}): Told {
  return { number, version: `1.${number}.0`, commit: '3f2a9c1', by: BY, at: AT, images: {}, ...changes };
}

const LISTING: Listing = {
  host: 'web1',
  project: 'shop',
  current: 10,
  held: undefined,
  unfinished: undefined,
  releases: [told(8), told(9, { version: '', commit: '', by: 'ci@build' }), told(10)],
};

describe('the text of releases', () => {
  it('is a table, the newest first, with a mark at the one that runs', () => {
    expect(releaseLines([LISTING], PLAIN_TEXT)).toEqual(
      lines(`
        shop on web1
          release  version  commit   brought out (UTC)  by
        *      10  1.10.0   3f2a9c1  2026-11-21 03:12   alice@laptop
                9  -        -        2026-11-21 03:12   ci@build
                8  1.8.0    3f2a9c1  2026-11-21 03:12   alice@laptop
      `),
    );
  });

  it('is one table for each project of each host', () => {
    const one = { ...LISTING, releases: [told(10)] };
    const text = releaseLines([one, { ...one, host: 'web2' }, { ...one, project: 'blog' }], PLAIN_TEXT);
    expect(text.filter((line) => !/^[ *]/.test(line))).toEqual([
      'shop on web1',
      '',
      'shop on web2',
      '',
      'blog on web1',
    ]);
    expect(text).toHaveLength(3 * 3 + 2);
  });

  it.each<[string, readonly Listing[], readonly string[]]>([
    ['no host with a stack', [], ['no host has a stack, so there are no releases']],
    [
      'a host without a release',
      [{ ...LISTING, current: undefined, releases: [] }],
      ['shop on web1', '  none yet: provision apply brings out the first one'],
    ],
  ])('tells of %s', (_, listings, text) => {
    expect(releaseLines(listings, PLAIN_TEXT)).toEqual(text);
  });

  it.each<[string, Partial<Listing>, readonly string[]]>([
    [
      'one is held',
      { current: 8, held: { by: BY, at: AT } },
      ['release 8 is held: alice@laptop went back to it at 2026-11-21T03:12:45.120Z'],
    ],
    [
      'a redeploy was not finished',
      { unfinished: { action: 'redeploy', from: 10, to: 11, by: BY, at: AT } },
      ['a redeploy to release 11 by alice@laptop at 2026-11-21T03:12:45.120Z was not', 'finished'],
    ],
    [
      'a redeploy is running',
      {
        unfinished: { action: 'redeploy', from: 10, to: 11, by: BY, at: AT },
        running: { by: 'bob@desk, provision redeploy, process 12', since: AT },
      },
      [
        'a redeploy to release 11 is running: bob@desk, provision redeploy, process 12,',
        'since 2026-11-21T03:12:45.120Z',
      ],
    ],
    [
      'a rollback was not finished while one is held',
      { current: 9, held: { by: BY, at: AT }, unfinished: { action: 'rollback', from: 9, to: 8, by: 'bob@x', at: AT } },
      [
        'release 9 is held: alice@laptop went back to it at 2026-11-21T03:12:45.120Z',
        'a rollback to release 8 by bob@x at 2026-11-21T03:12:45.120Z was not finished',
      ],
    ],
  ])('says below the table that %s', (_, changes, notes) => {
    const text = releaseLines([{ ...LISTING, ...changes }], PLAIN_TEXT);
    expect(text.slice(2 + LISTING.releases.length)).toEqual(notes);
    expect(text.filter((line) => line.startsWith('*')).map((line) => line.slice(2, 9).trim())).toEqual([
      String(changes.current ?? 10),
    ]);
  });

  it('marks none where none runs', () => {
    expect(releaseLines([{ ...LISTING, current: undefined }], PLAIN_TEXT).join('\n')).not.toContain('*');
  });

  it('stays within 80 columns, and cuts off long versions before anything else', () => {
    const long = told(123_456, { version: 'v'.repeat(64), commit: '3f2a9c1-dirty', by: `${'b'.repeat(40)}@laptop` });
    const text = releaseLines([{ ...LISTING, releases: [long], held: { by: long.by, at: AT } }], PLAIN_TEXT);
    expect(Math.max(...text.map(textWidth))).toBeLessThanOrEqual(80);
    expect(text[2]).toMatch(/^ {3}123456 {2}v{23}… {2}3f2a9c1-dirty {2}2026-11-21 03:12 {3}b+…$/);
  });

  it.each<[string, Partial<Listing>]>([
    ['host', { host: 'a\u001b[2Jb' }],
    ['project', { project: 'a\u001b[2Jb' }],
    ['version', { releases: [told(10, { version: 'a\u001b[2Jb' })] }],
    ['commit', { releases: [told(10, { commit: 'a\u001b[2Jb' })] }],
    ['person', { releases: [told(10, { by: 'a\u001b[2Jb' })] }],
  ])('writes control characters in the name of a %s out', (_, change) => {
    const text = releaseLines([{ ...LISTING, ...change }], PLAIN_TEXT).join('\n');
    expect(text).toContain('a\\x1b[2Jb');
    expect(text).not.toContain('\u001b');
  });

  it('paints heads and the release that runs', () => {
    const text = releaseLines([LISTING], { columns: 80, paint: createPaint(true) });
    const codes = text.map((line) => /^\u001b\[(\d+)m/.exec(line)?.[1]);
    expect(codes).toEqual(['1', '1', '32', undefined, undefined]);
  });
});
