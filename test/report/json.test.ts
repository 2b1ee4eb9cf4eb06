import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { ProvisionError } from '../../src/errors.ts';
import { errorJson, eventJson } from '../../src/report/json.ts';
import { Secret } from '../../src/shell/secret.ts';
import { applyEvents, BUILD_FAILED, changed, richPlan, runEvents, summary, unreachable } from './recorded.ts';
import { testReporter } from './streams.ts';

const SHOWN = { diff: false, debug: false };
const TEXT = { before: 'a\n', after: 'b\n' };

function planned(text = TEXT): Event {
  const change = { action: 'update' as const, what: 'content', text };
  const plan = { host: 'web1', resources: [changed('stack', 'file:/a', change)], handlers: [] };
  return { type: 'host-planned', host: 'web1', plan, durationMs: 212.4321 };
}

describe('JSON lines', () => {
  it('are the events, one a line, each with the version', () => {
    const { reporter, stdout, stderr } = testReporter({ mode: 'json' });
    const events = runEvents('apply', [applyEvents('web1', { failing: 'command:migrate' }), unreachable('web2')]);
    for (const event of events) reporter.handle(event);
    const read = stdout
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event & { version: number });
    expect(read.map(({ version, type }) => ({ version, type }))).toEqual(
      events.map(({ type }) => ({ version: 1, type })),
    );
    expect(stderr.text()).toBe('');
  });

  it('round durations to milliseconds, and hold whole texts only with --diff', () => {
    expect(eventJson(planned(), SHOWN)).toBe(
      '{"version":1,"type":"host-planned","host":"web1","plan":{"host":"web1","resources":[{"role":"stack",' +
        '"id":"file:/a","status":"change","changes":[{"action":"update","what":"content"}]}],"handlers":[]},"durationMs":212}',
    );
    expect(eventJson(planned(), { ...SHOWN, diff: true })).toContain('"text":{"before":"a\\n","after":"b\\n"}');
  });

  it('keep the text of a progress, which is no text of a change', () => {
    const event: Event = { type: 'step-progress', host: 'web1', id: 'image:app', text: 'Step 3/7' };
    expect(JSON.parse(eventJson(event, SHOWN))).toEqual({ version: 1, ...event });
  });

  it('tell errors by their fields, without stack', () => {
    const event: Event = { type: 'host-finished', host: 'web1', summary: summary('web1', { error: BUILD_FAILED }) };
    const { error } = (JSON.parse(eventJson(event, SHOWN)) as { summary: { error: object } }).summary;
    const { code, exitCode, message, host, task, hint, detail } = BUILD_FAILED;
    expect(error).toEqual({ code, exitCode, message, host, task, hint, detail });
  });

  it('show a secret as <secret>, wherever it slipped in', () => {
    const slipped = { type: 'step-progress', host: 'web1', id: 'x', text: Secret.named('db', 'hunter2') };
    expect(eventJson(slipped as unknown as Event, { diff: true, debug: true })).toContain('"text":"<secret>"');
  });

  it('stay one line, whatever stands in them', () => {
    const event: Event = { type: 'step-progress', host: 'web1', id: 'x', text: 'a\nb\u001b[2J' };
    expect(eventJson(event, SHOWN)).toMatch(/^[^\n\u001b]*$/);
  });
});

describe('errorJson', () => {
  it('tells errors outside of runs', () => {
    const error = new ProvisionError('usage', 'no inventory is given');
    expect(errorJson(error, false)).toBe(
      '{"version":1,"type":"error","error":{"code":"usage","exitCode":2,"message":"no inventory is given"}}',
    );
    expect(JSON.parse(errorJson(new TypeError('x'), false))).toEqual({
      version: 1,
      type: 'error',
      error: { code: 'internal', exitCode: 1, message: 'x' },
    });
  });

  it('tells stack and causes with --debug, but nothing else that hangs on an error', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { password: 'hunter2' });
    const text = errorJson(new ProvisionError('unreachable', 'nothing answers', { cause }), true);
    const { error } = JSON.parse(text) as { error: { stack: string; cause: object } };
    expect(error.stack).toMatch(/^ProvisionError: nothing answers\n {4}at /);
    expect(error.cause).toEqual({ name: 'Error', message: 'connect ECONNREFUSED', stack: cause.stack });
    expect(text).not.toContain('hunter2');
  });
});

describe('docs/json.md', () => {
  const reference = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
  const failed = [applyEvents('web1', { failing: 'command:migrate' }), unreachable('web2')];
  const events = [...runEvents('apply', failed), planned()];

  it.each([...new Set(events.map(({ type }) => type)), 'error'])('has a section on %s', (type) => {
    expect(reference).toContain(`\n### \`${type}\`\n`);
  });

  it('names every field', () => {
    const fields = new Set<string>();
    for (const event of events)
      JSON.parse(eventJson(event, { diff: true, debug: true }), (key, value: unknown) => {
        if (key !== '' && !/^\d+$/.test(key)) fields.add(key);
        return value;
      });
    expect([...fields].filter((field) => !reference.includes(`\`${field}\``))).toEqual([]);
  });

  it('shows lines as they are written', () => {
    const examples = [...reference.matchAll(/^\{"version".*$/gm)].map(([line]) => line);
    const known = new Set<string>([...events.map(({ type }) => type), 'error']);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const { version, type } = JSON.parse(example) as { version: number; type: string };
      expect({ version, known: known.has(type) }).toEqual({ version: 1, known: true });
    }
  });

  it('has a plan whose every status stands in it', () => {
    const statuses = new Set(richPlan('web1').resources.map(({ status }) => status));
    expect([...statuses].filter((status) => !reference.includes(`\`${status}\``))).toEqual([]);
  });
});
