/** What failed, at the top of the page: written into it, so that it is there without a script. */
import { formatCount } from '../count.ts';
import { plural } from '../plan-text.ts';
import type { ErrorData, PageData } from './page-data.ts';
import { type Html, html } from './template.ts';

/** How many failures are shown at once, and how many at all: those below tell of hosts one by one. */
const FIRST_FAILURES = 8;
const MOST_FAILURES = 200;
const NAMED_HOSTS = 12;

/** Errors that say the same of one host each, as that nothing answers at its address. */
interface Failure {
  readonly errors: readonly ErrorData[];
  /** Where they stand among all errors of the page. */
  readonly indices: readonly number[];
}

interface Ended {
  readonly error: ErrorData;
  /** Among all errors of the page. */
  readonly index: number;
}

export function failuresOf({ errors, hosts }: PageData): Html | undefined {
  const failures = groupAlike(inOrder(errors, hosts));
  if (failures.length === 0) return undefined;
  const count = hosts.filter(({ error }) => error !== undefined).length;
  const [first, more] = [failures.slice(0, FIRST_FAILURES), failures.slice(FIRST_FAILURES, MOST_FAILURES)];
  const left = failures.slice(MOST_FAILURES).flatMap((failure) => hostsOf(failure)).length;
  return html`<section class="card" id="failures">
<header><h2>Failures</h2><p>${formatCount(count)} ${plural(count, 'host')}</p></header>
<div>${first.map(failureOf)}</div>
${more.length > 0 && html`<details class="failures-more"><summary class="count">${more.length} more</summary><div>${more.map(failureOf)}</div></details>`}
${left > 0 && html`<p class="empty">And ${formatCount(left)} more hosts: they are named below.</p>`}
</section>`;
}

/** In the order of the hosts, as they are listed: not in that in which they ended. */
function inOrder(errors: readonly ErrorData[], hosts: PageData['hosts']): readonly Ended[] {
  const places = new Map(hosts.map(({ name }, at) => [name, at]));
  const placeOf = (host = '') => places.get(host) ?? hosts.length;
  const ended = errors.map((error, index) => {
    return { error: { ...error, hosts: error.hosts.toSorted((a, b) => placeOf(a) - placeOf(b)) }, index };
  });
  return ended
    .filter(({ error }) => error.hosts.length > 0)
    .sort((a, b) => placeOf(a.error.hosts[0]) - placeOf(b.error.hosts[0]));
}

function groupAlike(ended: readonly Ended[]): readonly Failure[] {
  const groups = Map.groupBy(ended, ({ error: { code, hint, detail, location, task }, index }) =>
    detail === undefined && location === undefined && task === undefined ? `${code} ${hint}` : index,
  );
  return [...groups.values()].map((group) => ({
    errors: group.map(({ error }) => error),
    indices: group.map(({ index }) => index),
  }));
}

function hostsOf({ errors }: Failure): readonly string[] {
  return errors.flatMap(({ hosts }) => hosts);
}

function failureOf(failure: Failure): Html {
  const [{ message, hint, detail, code }] = failure.errors as readonly [ErrorData];
  const others = failure.errors.length - 1;
  return html`<article class="failure" data-errors="${failure.indices.join(' ')}">
<h3>${message}${others > 0 && html`, and ${formatCount(others)} alike`}</h3>
<dl><dt>where</dt><dd>${whereOf(failure)}</dd>
${detail && html`<dt>why</dt><dd><pre>${detail.join('\n')}</pre></dd>`}
${hint !== undefined && html`<dt>do</dt><dd>${hint}</dd>`}
<dt>code</dt><dd><code>${code}</code>, see docs/errors.md#${code}</dd></dl>
</article>`;
}

function whereOf(failure: Failure): Html | string {
  const hosts = hostsOf(failure);
  const more = hosts.length > NAMED_HOSTS ? `… (${formatCount(hosts.length)} hosts)` : undefined;
  if (failure.errors.length > 1) {
    const lines = failure.errors.flatMap(({ message, hosts }) => hosts.map((host) => ({ host, message })));
    return html`<ul>${lines.slice(0, NAMED_HOSTS).map(({ host, message }) => html`<li>${host}: ${message}</li>`)}${more && html`<li>${more}</li>`}</ul>`;
  }
  const [{ location, task }] = failure.errors as readonly [ErrorData];
  const named = [...hosts.slice(0, NAMED_HOSTS), ...(more === undefined ? [] : [more])].join(', ');
  return [location, named, task].filter((place) => place !== undefined).join(', ');
}
