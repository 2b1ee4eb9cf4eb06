import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { reportPage } from '../../../src/report/html/page.ts';
import type { RunRecord } from '../../../src/report/run-record.ts';
import { applyEvents, changed, planEvents, runEvents } from '../recorded.ts';
import { sampleRun } from './sample.ts';

const { run: RUN, events: EVENTS } = sampleRun({ hosts: 3, resources: 8, failEach: 3 });
const PAGE = reportPage(RUN, EVENTS);

function titleOf(options: Parameters<typeof sampleRun>[0]): string | undefined {
  const { run, events } = sampleRun(options);
  return /<h1>(.*)<\/h1>/.exec(reportPage(run, events))?.[1];
}

function elements(page: string, tag: string): string[] {
  return [...page.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, content = '']) => content);
}

describe('the page', () => {
  it('asks nothing of the network', () => {
    expect(PAGE).not.toMatch(/(?:src|href|action)=|@import|url\(|fetch\(|XMLHttpRequest|<(?:link|img|iframe|base)\b/);
  });

  it('allows its own style sheet and script, and nothing else', () => {
    const policy =
      /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(PAGE)?.[1]?.replaceAll('&#39;', "'") ?? '';
    const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const [style] = elements(PAGE, 'style');
    const script = elements(PAGE, 'script').at(-1);
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`,
    );
    expect(PAGE).not.toMatch(/ style="| on[a-z]+="/);
  });

  it.each<[string, Parameters<typeof sampleRun>[0]]>([
    ['web1.eu.example.org changed', { hosts: 1, failEach: 0 }],
    ['Nothing to change on web1.eu.example.org', { hosts: 1, failEach: 0, drift: 0 }],
    ['2 of 3 hosts failed', { hosts: 3, failEach: 3 }],
    ['5 of 5 hosts differ', { hosts: 5, failEach: 0, mode: 'plan' }],
    ['Nothing to change on 1,200 hosts', { hosts: 1_200, failEach: 0, drift: 0, resources: 2 }],
  ])('is called "%s"', (title, options) => {
    expect(titleOf(options)).toBe(title);
  });

  it('tells the failures without any script', () => {
    const [failures = ''] = elements(PAGE, 'section');
    expect(failures).toContain('<h3>the image palindrome-app does not build</h3>');
    expect(failures).toContain('ERROR: No matching distribution for flsk');
    expect(failures).toContain('<code>unreachable</code>, see docs/errors.md#unreachable');
  });

  it('tells hosts that failed alike in one place', () => {
    const { run, events } = sampleRun({ hosts: 200 });
    const [failures = ''] = elements(reportPage(run, events), 'section');
    expect(failures).toContain('<h3>nothing answers at 203.0.113.39 port 22, and 4 alike</h3>');
    expect(failures).toContain('<li>web80.us.example.org: nothing answers at 203.0.113.79 port 22</li>');
    expect(failures.match(/<article/g)).toHaveLength(2);
    expect(failures).toMatch(/data-errors="\d+ \d+ \d+ \d+ \d+"/);
  });

  it('tells them in the order of the inventory, whichever ended first', () => {
    const { run, events } = sampleRun({ hosts: 12, failEach: 3, resources: 3 });
    const [started, ...rest] = events.toSorted((a, b) =>
      'host' in a && 'host' in b ? b.host.localeCompare(a.host) : 0,
    );
    const [failures = ''] = elements(reportPage(run, started ? [started, ...rest] : []), 'section');
    expect(failures.match(/web\d+(?=\.\w+\.example\.org:)/g)).toEqual(['web3', 'web6', 'web9', 'web12']);
    expect(failures).toContain('web2.us.example.org, web5.us.example.org, web11.us.example.org');
  });

  it('shows as text whatever comes from hosts and command lines', () => {
    const evil = '</script><script>alert(1)</script>';
    const plan = {
      host: evil,
      resources: [changed(evil, evil, { action: 'update', what: evil, to: evil })],
      handlers: [],
    };
    const events = runEvents('plan', [planEvents(evil, plan)]).map((event) => ({ ...event, atMs: 0 }));
    const run: RunRecord = { ...RUN, by: evil, inventory: evil, commandLine: [evil], provision: evil };
    const page = reportPage(run, events);
    expect(page).not.toContain('<script>alert');
    expect(elements(page, 'script')).toHaveLength(2);
    const data = JSON.parse(elements(page, 'script')[0] ?? '') as { hosts: { name: string }[] };
    expect(data.hosts[0]?.name).toBe(evil);
  });

  it('quotes the command line as a shell would need it', () => {
    expect(PAGE).toContain('<code>provision apply --inventory prod.yml --limit &#39;web:!web3&#39;</code>');
  });

  it('stays small: 200 hosts of 50 resources are less than half a megabyte, different diffs on each less than four', () => {
    const same = sampleRun({ hosts: 200, drift: 1 });
    expect(reportPage(same.run, same.events).length).toBeLessThan(500_000);
    const text = (i: number) => ({ before: '', after: `host ${i}\n`.repeat(2_000) });
    const runs = Array.from({ length: 200 }, (_, i) => {
      const change = { action: 'update' as const, what: 'content', text: text(i) };
      const plan = { host: `web${i}`, resources: [changed('a', 'file:/a', change)], handlers: [] };
      return planEvents(`web${i}`, plan);
    });
    const events = runEvents('plan', runs).map((event) => ({ ...event, atMs: 0 }));
    expect(reportPage(same.run, events).length).toBeLessThan(4_000_000);
  });

  it('shows a run of no time at all', () => {
    const events = runEvents('apply', [applyEvents('web1')]).map((event) => ({ ...event, atMs: 0 }));
    expect(reportPage(RUN, events)).toContain('<h1>web1 changed</h1>');
  });
});
