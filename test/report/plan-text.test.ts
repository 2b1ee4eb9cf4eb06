import { describe, expect, it } from 'vitest';
import type { HostPlan } from '../../src/engine/events.ts';
import { createPaint } from '../../src/report/colour.ts';
import { hostsLabel, planLines } from '../../src/report/plan-text.ts';
import { textWidth } from '../../src/report/width.ts';
import { changed, LONG_NAME, ok, richPlan } from './recorded.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

const CONVERGED: HostPlan = { host: 'web1', resources: [ok('users', 'user:a'), ok('users', 'user:b')], handlers: [] };

describe('planLines', () => {
  it('says everything that differs, by role, and counts the rest', () => {
    expect(planLines([richPlan('web1')], PLAIN_TEXT)).toEqual(
      lines(`
        web1

          users
            + user:prusa_admin  shell /bin/bash
            ~ user:deploy  shell /bin/sh -> /bin/bash, + group docker
            - user:intern

          packages
            ~ packages:curl,wget,vim,nano,jq
                + curl 8.14.1-2
                + wget 1.25.0-2
                + jq 1.7.1-6
            ~ file:/etc/motd  mode 0600 -> 0644

          docker
            * restart docker  handler, left pending by an earlier run

          stack
            + image:palindrome-app
            > command:migrate
            ? database-role:app  known after apply (the database does not run)

          haproxy
            ~ file:/etc/haproxy/haproxy.cfg  content +2 -1
            * reload haproxy  handler

        web1: 2 to create, 4 to change, 1 to remove, 1 to run, 2 handlers to run,
          1 known after apply; 2 ok
      `),
    );
  });

  it('shows diffs below what they belong to', () => {
    const plan = { ...richPlan('web1'), resources: richPlan('web1').resources.slice(-1), handlers: [] };
    expect(planLines([plan], { ...PLAIN_TEXT, diff: true })).toEqual([
      'web1',
      '',
      '  haproxy',
      '    ~ file:/etc/haproxy/haproxy.cfg  content +2 -1',
      '        @@ -1,5 +1,6 @@',
      '         global',
      '        -  maxconn 100',
      '        +  maxconn 400',
      '        +  hard-stop-after 60s',
      '         ',
      '         defaults',
      '           mode http',
      '',
      'web1: 0 to create, 1 to change, 0 to remove; 0 ok',
    ]);
  });

  it('is one line for a host in order', () => {
    expect(planLines([CONVERGED], PLAIN_TEXT)).toEqual(['web1: nothing to change; 2 ok']);
  });

  it('shows what is in order, and yet to be known', () => {
    const held = { ...ok('stack', 'release:shop'), reason: 'release 2 is held' };
    const text = planLines([{ host: 'web1', resources: [ok('stack', 'file:/x'), held], handlers: [] }], PLAIN_TEXT);
    expect(text.join('\n')).toContain('release:shop  release 2 is held');
    expect(text.join('\n')).not.toContain('file:/x');
  });

  it('shows what is to be known of what changes', () => {
    const drained = 'haproxy has drained, by hand: app-2';
    const change = { action: 'update', what: 'app-1 weight', from: '0', to: '100' } as const;
    const servers = { ...changed('haproxy', 'haproxy-servers', change), reason: drained };
    const text = planLines([{ host: 'web1', resources: [servers], handlers: [] }], PLAIN_TEXT);
    expect(text.map((line) => line.trim())).toEqual(expect.arrayContaining(['app-1 weight 0 -> 100', drained]));
  });

  it('shows what is in order when asked to', () => {
    expect(planLines([CONVERGED], { ...PLAIN_TEXT, verbose: true })).toEqual(
      lines(`
        web1

          users
            = user:a
            = user:b

        web1: nothing to change; 2 ok
      `),
    );
  });

  it('speaks of the past after an apply', () => {
    const plan = {
      ...CONVERGED,
      resources: [...CONVERGED.resources, changed('users', 'user:c', { action: 'create', what: '' })],
    };
    expect(planLines([plan], { ...PLAIN_TEXT, tense: 'done' }).at(-1)).toBe(
      'web1: 1 created, 0 changed, 0 removed; 2 ok',
    );
    expect(planLines([CONVERGED], { ...PLAIN_TEXT, tense: 'done' })).toEqual(['web1: nothing changed; 2 ok']);
  });

  it('shows hosts with identical plans once, and others by themselves', () => {
    const other = { ...CONVERGED, host: 'db1', resources: [ok('users', 'user:a')] };
    const plans = [CONVERGED, other, { ...CONVERGED, host: 'web2' }];
    expect(planLines(plans, PLAIN_TEXT)).toEqual([
      'web1, web2: nothing to change; 2 ok',
      '',
      'db1: nothing to change; 1 ok',
    ]);
  });

  it('says what a conflict is and what to do about it', () => {
    const conflict = {
      action: 'conflict' as const,
      what: 'is a directory',
      hint: 'Move it away, or choose another path; what is in it would be lost otherwise, and nobody wants that.',
    };
    const plan = { ...CONVERGED, resources: [changed('stack', 'file:/srv/app', conflict)] };
    expect(planLines([plan], PLAIN_TEXT)).toEqual(
      lines(`
        web1

          stack
            ! file:/srv/app  is a directory
                Move it away, or choose another path; what is in it would be lost
                otherwise, and nobody wants that.

        web1: 0 to create, 0 to change, 0 to remove, 1 in conflict; 0 ok
      `),
    );
  });

  it('writes control characters out, wherever they stand', () => {
    const evil = '\u001b[2J';
    const plan: HostPlan = {
      host: evil,
      resources: [
        changed(evil, `file:${evil}`, { action: 'conflict', what: evil, from: evil, hint: evil }),
        { role: evil, id: 'database:x', status: 'unknown', changes: [], reason: evil },
      ],
      handlers: [{ id: evil, role: evil, pending: false }],
    };
    expect(planLines([plan], PLAIN_TEXT).join('\n')).not.toContain('\u001b');
  });

  it.each([80, 120])('keeps to %i columns, names of 60 characters included', (columns) => {
    const plan = richPlan(LONG_NAME);
    const long = changed('stack', `file:/${'x'.repeat(54)}`, {
      action: 'update',
      what: 'owner',
      from: LONG_NAME,
      to: 'root',
    });
    const wide = { ...plan, resources: [...plan.resources, long] };
    const text = planLines([wide], { ...PLAIN_TEXT, columns, diff: true });
    expect(text.filter((line) => textWidth(line) > columns)).toEqual([]);
  });

  it('marks by colour as well', () => {
    const plan = { ...CONVERGED, resources: [changed('users', 'user:c', { action: 'create', what: '' })] };
    const text = planLines([plan], { ...PLAIN_TEXT, paint: createPaint(true) });
    expect(text[3]).toBe('    \u001b[32m+\u001b[39m user:c');
    expect(text.at(-1)).toBe('web1: \u001b[32m1 to create\u001b[39m, 0 to change, 0 to remove; 0 ok');
  });
});

describe('hostsLabel', () => {
  it.each([
    [['web1'], 'web1'],
    [['web1', 'web2', 'web3'], 'web1, web2, web3'],
    [['web1', 'web2', 'web3', 'web4'], 'web1, web2, web3, … (4 hosts)'],
  ])('%j', (hosts, expected) => {
    expect(hostsLabel(hosts)).toBe(expected);
  });

  it('names all when asked to', () => {
    expect(hostsLabel(['a', 'b', 'c', 'd'], true)).toBe('a, b, c, d');
  });
});
