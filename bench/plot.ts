/** The medians of all cases as a picture: a row for each case, a dot for each program, on a logarithmic scale of seconds. */
import { type Measured, nameOf, type Sample, timeOf } from './matrix.ts';

const PROGRAMS: readonly (readonly [Sample['program'], className: string, label: string])[] = [
  ['ssh', 'floor', 'ssh HOST sh <probe.sh'],
  ['provision', 'own', 'provision'],
  ['ansible-playbook', 'peer', 'ansible-playbook, pipelining'],
];

const WIDTH = 860;
const LABELS = 300;
const RIGHT = 30;
const TOP = 70;
const ROW = 26;

/** Colours that are read on white and on black; a page that is dark has lighter ones. */
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #333 }
    .axis { stroke: #999; stroke-opacity: .35 } .span { stroke: #999; stroke-width: 2 }
    .floor { fill: #8a8a8a } .own { fill: #1a7f37 } .peer { fill: #cf222e }
    @media (prefers-color-scheme: dark) { text { fill: #ddd } .own { fill: #3fb950 } .peer { fill: #ff7b72 } }`;

/** @returns an SVG document */
export function plot(measured: readonly Measured[]): string {
  const times = measured.flatMap((one) => PROGRAMS.flatMap(([program]) => timeOf(one, program) ?? []));
  const least = Math.floor(Math.log10(Math.min(...times) / 1000));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...times) / 1000)));
  const height = TOP + measured.length * ROW + 30;
  const x = (seconds: number) => LABELS + ((Math.log10(seconds) - least) / (most - least)) * (WIDTH - LABELS - RIGHT);
  const y = (row: number) => TOP + row * ROW + ROW / 2;
  const decades = Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i));

  const axis = decades.map((seconds) => {
    const at = x(seconds).toFixed(1);
    const line = `<line class="axis" x1="${at}" x2="${at}" y1="${TOP}" y2="${height - 30}"/>`;
    return `${line}<text x="${at}" y="${height - 10}" text-anchor="middle">${+seconds.toPrecision(1)} s</text>`;
  });
  const legend = PROGRAMS.map(([, className, label], i) => {
    const at = LABELS + ([0, 175, 280][i] ?? 0);
    return `<circle class="${className}" cx="${at}" cy="46" r="6"/><text x="${at + 11}" y="50">${escaped(label)}</text>`;
  });
  const rows = measured.map((one, row) => {
    const dots = PROGRAMS.flatMap(([program, className, label]) => {
      const timeMs = timeOf(one, program);
      if (timeMs === undefined) return [];
      const at = x(timeMs / 1000).toFixed(1);
      const title = `<title>${escaped(label)}: ${(timeMs / 1000).toFixed(2)} s</title>`;
      return [{ at, circle: `<circle class="${className}" cx="${at}" cy="${y(row)}" r="6">${title}</circle>` }];
    });
    const ends = dots.map(({ at }) => Number(at));
    const span = `<line class="span" x1="${Math.min(...ends)}" x2="${Math.max(...ends)}" y1="${y(row)}" y2="${y(row)}"/>`;
    const label = `<text x="${LABELS - 14}" y="${y(row) + 4}" text-anchor="end">${escaped(nameOf(one))}</text>`;
    return [label, span, ...dots.map(({ circle }) => circle)].join('\n  ');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
  <title id="title">Seconds that a run takes: ssh alone, provision and Ansible, median of several runs</title>
  <style>${STYLE}
  </style>
  <text x="${LABELS}" y="22" font-weight="bold">Seconds that a run takes (logarithmic)</text>
  ${[...legend, ...axis, ...rows].join('\n  ')}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
