/** How the hosts are, for people: what is not well first, then hosts, services, releases and certificates. */
import { daysUntil, driftCount } from '../operate/problems.ts';
import type { HostStatus } from '../operate/status.ts';
import type { Style } from './colour.ts';
import { hostsLabel, plural } from './plan-text.ts';
import { oneLine, printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { serviceTable } from './service-table.ts';
import { type Cell, tableText } from './styled-table.ts';
import { wrap } from './width.ts';

export type StatusTextOptions = Pick<TextOptions, 'paint' | 'columns' | 'verbose'> & { readonly now: Date };

/** Of more hosts than these the well ones are counted only, unless all are asked for; so are problems. */
const MOST_HOSTS = 30;
const MOST_PROBLEMS = 40;

const STYLES: Readonly<Record<HostStatus['status'], Style>> = {
  ok: 'green',
  problems: 'yellow',
  unreachable: 'red',
  failed: 'red',
  interrupted: 'magenta',
};

/** The sections, an empty line between. */
export function statusLines(statuses: readonly HostStatus[], options: StatusTextOptions): string[] {
  const sections = [
    problemLines(statuses, options),
    hostLines(statuses, options),
    serviceTable(statuses, options),
    factLines(statuses, options),
    statuses.length > 1 ? totalLines(statuses, options) : [],
  ];
  return sections.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function problemLines(statuses: readonly HostStatus[], { paint, columns, verbose }: StatusTextOptions): string[] {
  const told = statuses.flatMap(({ host, error, problems }) => [
    ...(error ? [{ host, text: error.message, hint: error.hint, isGrave: true }] : []),
    ...problems.map(({ text, about }) => ({ host, text, hint: undefined, isGrave: about !== 'drift' })),
  ]);
  if (told.length === 0) return [];
  // Drift waits; what does not answer or does not serve comes first.
  told.sort((a, b) => Number(b.isGrave) - Number(a.isGrave));
  const groups = [...Map.groupBy(told, ({ text, hint }) => `${text}\0${hint}`).values()];
  const shown = verbose ? groups : groups.slice(0, MOST_PROBLEMS);
  const lines = shown.flatMap((group) => {
    const [{ text, hint, isGrave } = { text: '', hint: undefined, isGrave: false }] = group;
    const hosts = hostsLabel(
      group.map(({ host }) => host),
      verbose,
    );
    const words = wrap(oneLine(`${hosts}: ${text}`), columns - 4);
    const advice = hint === undefined ? [] : wrap(oneLine(hint), columns - 4);
    return [
      ...words.map((line, i) => `${i === 0 ? '  ' : '    '}${paint(isGrave ? 'red' : 'yellow', line)}`),
      ...advice.map((line) => `    ${line}`),
    ];
  });
  const left = groups.length - shown.length;
  return [paint('bold', 'problems'), ...lines, ...(left > 0 ? [`  and ${left} more: --verbose shows them all`] : [])];
}

function hostLines(statuses: readonly HostStatus[], options: StatusTextOptions): string[] {
  const bad = statuses.filter(({ status }) => status !== 'ok').toSorted((a, b) => gravity(b) - gravity(a));
  const well = statuses.filter(({ status }) => status === 'ok');
  const room = options.verbose ? statuses.length : Math.max(0, MOST_HOSTS - bad.length);
  const titles = [
    { title: 'host' },
    { title: 'status' },
    ...['up', 'disk', 'memory', 'drift'].map((title) => ({ title, align: 'right' as const })),
    { title: 'system' },
  ];
  const shownBad = options.verbose ? bad : bad.slice(0, MOST_HOSTS);
  // Where all are shown they stay in their places, also from one look to the next: what is not well stands above by name.
  const shown = well.length <= room && shownBad.length === bad.length ? statuses : shownBad;
  const rows = shown.map(hostRow);
  const hidden = statuses.length - rows.length;
  if (rows.length === 0) return [];
  return [
    ...tableText(titles, rows, options),
    ...(hidden > 0 ? [`and ${hidden} more ${plural(hidden, 'host')}: --verbose shows them all`] : []),
  ];
}

/** A host that tells nothing comes before one that tells of problems. */
function gravity({ status }: HostStatus): number {
  return status === 'problems' ? 0 : 1;
}

function hostRow({ host, status, state }: HostStatus): Cell[] {
  const head = [{ text: printable(host) }, { text: status, style: STYLES[status] }];
  if (state === undefined) return head;
  const { uptimeS, memory, disks, system } = state.system;
  const fullest = Math.max(...disks.map(({ usedPercent }) => usedPercent));
  const drift = driftCount(state);
  return [
    ...head,
    { text: formatUptime(uptimeS) },
    { text: Number.isFinite(fullest) ? `${fullest}%` : '-' },
    { text: memory ? `${Math.round(100 - (memory.availableKiB / memory.totalKiB) * 100)}%` : '-' },
    { text: String(drift), style: drift > 0 ? 'yellow' : undefined },
    { text: printable(system) || printable(state.facts.os) },
  ];
}

/** Releases, certificates, and who is at work: one line each, hosts that agree together. */
function factLines(statuses: readonly HostStatus[], { paint, columns, now }: StatusTextOptions): string[] {
  const facts = statuses.flatMap(({ host, state }) => [
    ...(state?.releases ?? []).map((one) => ({ host, label: 'release', text: releaseText(one) })),
    ...(state?.certificates ?? []).flatMap(({ names, end }) =>
      end === undefined ? [] : [{ host, label: 'certificate', text: certificateText(names, end, now) }],
    ),
    ...(state?.system.lock ? [{ host, label: 'at work', text: lockText(state.system.lock) }] : []),
  ]);
  const groups = Map.groupBy(facts, ({ label, text }) => `${label}\0${text}`);
  const width = Math.max(0, ...facts.map(({ label }) => label.length));
  return [...groups.values()].flatMap((group) => {
    const [{ label, text } = { label: '', text: '' }] = group;
    const where = statuses.length > 1 ? ` (${hostsLabel(group.map(({ host }) => host))})` : '';
    const lines = wrap(`${oneLine(text)}${where}`, columns - width - 2);
    return lines.map((line, i) => `${i === 0 ? paint('bold', label.padEnd(width)) : ' '.repeat(width)}  ${line}`);
  });
}

type State = NonNullable<HostStatus['state']>;

function releaseText({ project, current, held, unfinished }: State['releases'][number]): string {
  if (current === undefined) return `${project} has none yet`;
  const { number, version, commit, by, at } = current;
  const names = [version, commit].filter(Boolean).join(', ');
  return [
    `${project} ${number}${names === '' ? '' : ` (${names})`}, by ${by} at ${minute(at)} UTC`,
    ...(held ? [`held: ${held.by} went back to it at ${minute(held.at)}`] : []),
    ...(unfinished ? [`a ${unfinished.action} to ${unfinished.to} is not finished`] : []),
  ].join('; ');
}

function certificateText(names: readonly string[], end: string, now: Date): string {
  const days = daysUntil(end, now);
  return `${names.join(', ')}: ${days < 0 ? 'ended' : `${days} ${plural(days, 'day')} left, until`} ${end.slice(0, 10)}`;
}

function lockText({ by, since }: NonNullable<State['system']['lock']>): string {
  return `${by}, since ${minute(since)} UTC`;
}

function totalLines(statuses: readonly HostStatus[], { paint }: StatusTextOptions): string[] {
  const counts = Object.entries(STYLES).flatMap(([status, style]) => {
    const count = statuses.filter((one) => one.status === status).length;
    if (count === 0) return [];
    return [paint(style, status === 'problems' ? `${count} with problems` : `${count} ${status}`)];
  });
  return [`${statuses.length} hosts: ${counts.join(', ')}`];
}

/** `12 d`, `5 h`, `3 min`. */
export function formatUptime(uptimeS: number): string {
  if (Number.isNaN(uptimeS)) return '-';
  if (uptimeS >= 2 * 86_400) return `${Math.floor(uptimeS / 86_400)} d`;
  return uptimeS >= 2 * 3_600 ? `${Math.floor(uptimeS / 3_600)} h` : `${Math.floor(uptimeS / 60)} min`;
}

/** `2026-11-21 03:12` of a time in RFC 3339. */
function minute(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}
