import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/deploy/project.ts';
import { createPaint } from '../../src/report/colour.ts';
import { outcomeLines } from '../../src/report/outcome-text.ts';
import { textWidth } from '../../src/report/width.ts';
import { LONG_NAME } from './recorded.ts';
import { PLAIN_TEXT } from './streams.ts';

const REDEPLOY: Outcome = {
  project: 'shop',
  hosts: ['web1', 'web2'],
  action: 'redeploy',
  from: 7,
  to: 8,
  version: '1.4.2',
  commit: '3f2a9c1',
  fromByHost: {},
  unfinishedByHost: {},
  passedOver: [],
  changed: true,
  staleConfigs: [],
  drainedElsewhere: [],
};
const ROLLBACK: Outcome = { ...REDEPLOY, action: 'rollback', from: 8, to: 7 };
const KEPT = ['provision apply keeps it until the next provision redeploy brings out what the', 'inventory describes.'];

describe('the text of how a redeploy ended', () => {
  it.each<[string, Outcome, readonly string[]]>([
    ['a new release', REDEPLOY, ['shop: release 8 (1.4.2, 3f2a9c1) in place of 7 on web1, web2']],
    [
      'one beside a configuration that is not that of the inventory',
      { ...REDEPLOY, version: '', commit: '', staleConfigs: ['lb1'] },
      [
        'shop: release 8 in place of 7 on web1, web2',
        "haproxy's configuration on lb1 is not what the inventory describes: provision",
        'apply brings it.',
      ],
    ],
    [
      'one beside a service that is gone, but not for all load balancers',
      { ...REDEPLOY, version: '', commit: '', leftRunning: { services: ['web'], balancers: ['lb1', 'lb2'] } },
      [
        'shop: release 8 in place of 7 on web1, web2',
        'web still runs, though the inventory no longer has it: haproxy on lb1, lb2 sends',
        'requests there. Once provision apply has been there as well, it removes it.',
      ],
    ],
    [
      'one beside a host whose own redeploy has not ended',
      {
        ...REDEPLOY,
        ...{ version: '', commit: '', hosts: ['app1'] },
        drainedElsewhere: ['lb1', 'lb2'].map((balancer) => ({ host: 'app2', server: 'app/app2-app-1', balancer })),
      },
      [
        'shop: release 8 in place of 7 on app1',
        'haproxy on lb1, lb2 has drained app/app2-app-1, by a redeploy of app2 that has',
        'not ended or by hand, though healthy. provision redeploy without --limit, or',
        'provision apply, goes on with what has not ended on app2.',
      ],
    ],
    [
      'one without a version',
      { ...REDEPLOY, version: '', hosts: ['web1'] },
      ['shop: release 8 (3f2a9c1) in place of 7 on web1'],
    ],
    ['one without a name', { ...REDEPLOY, version: '', commit: '' }, ['shop: release 8 in place of 7 on web1, web2']],
    [
      'nothing to do',
      { ...REDEPLOY, from: 8, changed: false },
      ['shop: release 8 (1.4.2, 3f2a9c1) runs already on web1, web2'],
    ],
    ['the same one mended', { ...REDEPLOY, from: 8 }, ['shop: release 8 (1.4.2, 3f2a9c1) runs on web1, web2']],
    [
      'a rollback, which an apply keeps',
      ROLLBACK,
      ['shop: back to release 7 (1.4.2, 3f2a9c1) in place of 8 on web1, web2', ...KEPT],
    ],
    [
      'a rollback to what runs',
      { ...ROLLBACK, from: 7, changed: false },
      ['shop: release 7 (1.4.2, 3f2a9c1) runs already on web1, web2'],
    ],
    [
      'hosts that had different releases',
      {
        ...REDEPLOY,
        version: '',
        commit: '',
        hosts: ['web1', 'web2', 'web3'],
        fromByHost: { web1: 7, web2: 6, web3: 6 },
      },
      ['shop: release 8 in place of 7 on web1, in place of 6 on web2, web3'],
    ],
    [
      'a rollback of one of two hosts, which passes over a release',
      {
        ...ROLLBACK,
        version: '',
        commit: '',
        from: 9,
        fromByHost: { web1: 9, web2: 7 },
        passedOver: [{ number: 8, missingOn: ['web2'] }],
      },
      [
        'shop: back to release 7 in place of 9 on web1, as before on web2',
        'Passed over: release 8 is not on web2.',
        ...KEPT,
      ],
    ],
    [
      'a rollback on a host where a redeploy had not been finished',
      {
        ...ROLLBACK,
        ...{ version: '', commit: '', from: 9, to: 8 },
        fromByHost: { web1: 9, web2: 8 },
        unfinishedByHost: { web2: 9 },
      },
      ['shop: back to release 8 in place of 9 on web1, in place of 9, unfinished, on', 'web2', ...KEPT],
    ],
    [
      'many hosts',
      { ...REDEPLOY, hosts: ['web1', 'web2', 'web3', 'web4'], version: '', commit: '' },
      ['shop: release 8 in place of 7 on web1, web2, web3, … (4 hosts)'],
    ],
  ])('%s', (_, outcome, text) => {
    expect(outcomeLines(outcome, PLAIN_TEXT)).toEqual(text);
  });

  it('stays within 80 columns', () => {
    const hosts = ['a', 'b', 'c', 'd'].map((name) => `${name}-${LONG_NAME}`);
    const text = outcomeLines({ ...ROLLBACK, project: 'p'.repeat(63), version: 'v'.repeat(64), hosts }, PLAIN_TEXT);
    expect(Math.max(...text.map(textWidth))).toBeLessThanOrEqual(80);
    for (const part of [...hosts.slice(0, 3), 'v'.repeat(64), '(4 hosts)']) expect(text.join(' ')).toContain(part);
  });

  it.each<[string, Partial<Outcome>]>([
    ['project', { project: 'a\u001b[2Jb' }],
    ['version', { version: 'a\u001b[2Jb' }],
    ['commit', { commit: 'a\u001b[2Jb' }],
    ['host', { hosts: ['a\u001b[2Jb'] }],
  ])('writes control characters in the name of a %s out', (_, change) => {
    const text = outcomeLines({ ...REDEPLOY, ...change }, PLAIN_TEXT).join('\n');
    expect(text).toContain('a\\x1b[2Jb');
    expect(text).not.toContain('\u001b');
  });

  it('is bold in its first line alone', () => {
    const [first, ...rest] = outcomeLines(ROLLBACK, { columns: 40, paint: createPaint(true) });
    expect(first).toBe('\u001b[1mshop: back to release 7 (1.4.2, 3f2a9c1)\u001b[22m');
    expect(rest.slice(0, 1)).toEqual(['in place of 8 on web1, web2']);
    expect(rest.join()).not.toContain('\u001b');
  });
});
