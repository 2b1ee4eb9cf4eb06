/** The releases of hosts as a table. */
import { type Listing, unfinishedNote } from '../deploy/listing.ts';
import type { Paint } from './colour.ts';
import { oneLine } from './printable.ts';
import { padEnd, padStart, textWidth, truncate, wrap } from './width.ts';

const MOST_VERSION_COLUMNS = 24;

/** One table for each project of each host, the newest release first. The one that runs is marked. */
export function releaseLines(listings: readonly Listing[], options: { columns: number; paint: Paint }): string[] {
  if (listings.length === 0) return ['no host has a stack, so there are no releases'];
  return listings.flatMap((listing, i) => [...(i === 0 ? [] : ['']), ...listingLines(listing, options)]);
}

function listingLines(listing: Listing, { columns, paint }: { columns: number; paint: Paint }) {
  const { host, project, current, held, releases } = listing;
  const head = paint('bold', truncate(`${oneLine(project)} on ${oneLine(host)}`, columns, 'middle'));
  if (releases.length === 0)
    return [
      head,
      ...wrap('none yet: provision apply brings out the first one', columns - 2).map((text) => `  ${text}`),
    ];
  const rows = releases.toReversed().map(({ number, version, commit, by, at }) => ({
    mark: number === current ? '*' : ' ',
    cells: [
      String(number),
      truncate(oneLine(version) || '-', MOST_VERSION_COLUMNS),
      oneLine(commit) || '-',
      oneLine(at).slice(0, 16).replace('T', ' '),
      oneLine(by),
    ],
  }));
  const titles = ['release', 'version', 'commit', 'brought out (UTC)', 'by'];
  const widths = titles.map((title, i) =>
    Math.max(textWidth(title), ...rows.map(({ cells }) => textWidth(cells[i] ?? ''))),
  );
  const line = (mark: string, cells: readonly string[]) =>
    `${mark} ${cells.map((cell, i) => (i === 0 ? padStart : padEnd)(cell, widths[i] ?? 0)).join('  ')}`.trimEnd();
  const notes = [
    ...(held ? [`release ${current} is held: ${held.by} went back to it at ${held.at}`] : []),
    ...[unfinishedNote(listing) ?? []].flat(),
  ];
  return [
    head,
    paint('bold', truncate(line(' ', titles), columns)),
    ...rows.map(({ mark, cells }) => {
      const text = truncate(line(mark, cells), columns);
      return mark === '*' ? paint('green', text) : text;
    }),
    ...notes.flatMap((note) => wrap(oneLine(note), columns)),
  ];
}
