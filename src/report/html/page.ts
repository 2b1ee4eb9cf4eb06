/** The page of a run: one file that asks nothing of the network, and runs no script but its own. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { shippedFile } from '../../installation.ts';
import { formatCount } from '../count.ts';
import { formatDuration } from '../duration.ts';
import { plural } from '../plan-text.ts';
import { printable } from '../printable.ts';
import type { RunRecord, TimedEvent } from '../run-record.ts';
import { collect } from './collect.ts';
import { failuresOf } from './failures.ts';
import type { PageData } from './page-data.ts';
import { embedded, embeddedJson, type Html, html } from './template.ts';

/** The whole document. */
export function reportPage(run: RunRecord, events: readonly TimedEvent[]): string {
  const data = collect(events);
  const [style, script] = ['page.css', 'page.js'].map((name) =>
    readFileSync(shippedFile(`report/${name}`), 'utf8'),
  ) as [string, string];
  const title = run.declined ? `${titleOf(data)}: declined` : titleOf(data);
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${run.command}: ${title}</title>
<style>${embedded(style)}</style>
</head>
<body>
<header class="top">
<div>
<p class="eyebrow">provision ${run.command}</p>
<h1>${title}</h1>
${metaOf(run, data)}
<p class="command"><code>${printable(run.commandLine.map(shellWord).join(' '))}</code></p>
</div>
<button type="button" class="theme" id="theme" hidden></button>
</header>
<div class="bar" id="bar" hidden></div>
<main>
${failuresOf(data)}
<section class="card" id="time" hidden></section>
<section class="card" id="matrix" hidden></section>
<section class="card" id="changes" hidden></section>
<noscript><p class="card">The hosts, their resources and where the time went are shown where scripts may run.</p></noscript>
</main>
<footer id="keys" hidden></footer>
<dialog class="sheet" id="sheet"></dialog>
<script type="application/json" id="data">${embeddedJson(data)}</script>
<script>${embedded(script)}</script>
</body>
</html>
`);
}

/** Nothing may be loaded; the style sheet and the script are those that were written here, and no others. */
function policy(style: string, script: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;
}

function titleOf({ mode, hosts }: PageData): string {
  const total = hosts.length;
  const count = (...statuses: string[]) => hosts.filter(({ status }) => statuses.includes(status)).length;
  const failed = count('failed', 'unreachable');
  const of = (some: number) =>
    total === 1 ? printable(hosts[0]?.name ?? '') : `${formatCount(some)} of ${formatCount(total)} hosts`;
  if (failed > 0) return `${of(failed)} failed`;
  if (count('interrupted', 'unfinished') > 0) return `${of(count('interrupted', 'unfinished'))} not finished`;
  const changed = count('changed');
  const all = total === 1 ? of(1) : `${formatCount(total)} hosts`;
  if (mode === 'exec') return `The command ran on ${all}`;
  if (mode === 'plan') {
    if (changed === 0) return `Nothing to change on ${all}`;
    return `${of(changed)} ${changed === 1 ? 'differs' : 'differ'}`;
  }
  return changed === 0 ? `Nothing to change on ${all}` : `${of(changed)} changed`;
}

function metaOf(run: RunRecord, { durationMs, hosts }: PageData): Html {
  const rows: readonly (readonly [string, string])[] = [
    [
      'inventory',
      run.inventory
        .split(', ')
        .map((source) => basename(source))
        .join(', '),
    ],
    ['by', run.by],
    ['started', `${run.started.slice(0, 19).replace('T', ' ')} UTC`],
    ['took', formatDuration(durationMs)],
    ['exit code', run.exitCode === undefined ? 'not finished' : String(run.exitCode)],
    [plural(hosts.length, 'host'), formatCount(hosts.length)],
    ['version', run.provision],
  ];
  return html`<dl class="meta">${rows.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${printable(value)}</dd></div>`,
  )}</dl>`;
}

/** As it would be typed: quoted where a shell would see more than one plain word. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
