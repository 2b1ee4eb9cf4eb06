/** The services of all hosts as a table: a service that runs on several hosts has one row. */
import type { ServiceState } from '../operate/host-status.ts';
import type { HostStatus } from '../operate/status.ts';
import { printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { type Cell, tableText } from './styled-table.ts';

const COLUMNS = [
  { title: 'service' },
  { title: 'replicas', align: 'right' as const },
  { title: 'containers' },
  { title: 'haproxy' },
  { title: 'image' },
];

export function serviceTable(
  statuses: readonly HostStatus[],
  options: Pick<TextOptions, 'paint' | 'columns'>,
): string[] {
  const services = statuses.flatMap(({ state }) => state?.services ?? []);
  if (services.length === 0) return [];
  // Where there is one project, its name tells nothing; that of its release stands below.
  const isOne = new Set(services.map(({ project }) => project)).size === 1;
  const groups = Map.groupBy(services, ({ project, service }) => (isOne ? service : `${project}/${service}`));
  return tableText(
    COLUMNS,
    [...groups].map(([name, places]) => serviceRow(name, places)),
    options,
  );
}

function serviceRow(name: string, places: readonly ServiceState[]): Cell[] {
  const sum = (count: (place: ServiceState) => number) => places.reduce((total, place) => total + count(place), 0);
  const [serving, wanted] = [sum((place) => place.serving), sum((place) => place.wanted ?? 0)];
  const isUnclear = places.some((place) => place.wanted === undefined);
  const replicas = places.flatMap((place) => place.replicas);
  const balancers = replicas.filter(({ state }) => state !== 'missing').flatMap((replica) => replica.balancers);
  const isWell = !isUnclear && serving >= wanted && replicas.every((replica) => replica.isServing);
  return [
    { text: printable(name) },
    { text: isUnclear ? '?' : `${serving}/${wanted}`, style: isWell ? 'green' : 'red' },
    { text: counted(replicas.map(({ state }) => firstWords(state))) },
    {
      text: counted(balancers.map(({ isUp, state }) => (isUp ? 'up' : (state.split(' ')[0] ?? '').toLowerCase()))),
      style: balancers.every(({ isUp }) => isUp) ? undefined : 'red',
    },
    { text: [...new Set(places.map(({ image }) => printable(image)))].join(', ') },
  ];
}

/** Details stand with the problems: `exited` of `exited with 137`, `answers 503` of `answers 503 "Not now"`. */
function firstWords(state: string): string {
  return state.replace(/( with |: | ").*$/s, '');
}

/** `2 healthy, 1 exited`; `-` where there is none. */
function counted(words: readonly string[]): string {
  const groups = [...Map.groupBy(words, (word) => word)];
  if (groups.length === 0) return '-';
  return groups.map(([word, { length }]) => `${length} ${printable(word)}`).join(', ');
}
