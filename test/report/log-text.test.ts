import { describe, expect, it } from 'vitest';
import { createPaint } from '../../src/report/colour.ts';
import { logPrinter, missingLines } from '../../src/report/log-text.ts';
import { PLAIN_TEXT } from './streams.ts';

const AT = '2026-11-21T08:36:10.006509154';
const line = (name: string, text: string) => ({ host: 'web1', name, at: AT, text });

describe('logPrinter', () => {
  it('puts host and replica before each line, and writes control characters out', () => {
    const printer = logPrinter(PLAIN_TEXT);
    printer.expect([{ host: 'web1', name: 'redis-1' }]);
    expect(printer.line(line('app-1', '  at x (y)\t\u001b[32mgreen\u001b[0m\u001b]0;title\u0007'))).toBe(
      'web1/app-1   |   at x (y)\tgreen\\x1b]0;title\\x07',
    );
    expect(printer.line(line('redis-1', ''))).toBe('web1/redis-1 |');
  });

  it('tells times where all is to be told, and of what was done on the hosts', () => {
    expect(logPrinter({ ...PLAIN_TEXT, verbose: true }).line(line('app-1', 'x'))).toBe(
      'web1/app-1 | 2026-11-21 08:36:10.006 x',
    );
    expect(logPrinter(PLAIN_TEXT).line(line('provision', 'x'))).toBe('web1/provision | 2026-11-21 08:36:10.006 x');
    expect(logPrinter(PLAIN_TEXT).line({ ...line('provision', 'x'), at: '' })).toBe('web1/provision | x');
  });

  it('has a colour for each replica', () => {
    const printer = logPrinter({ ...PLAIN_TEXT, paint: createPaint(true) });
    const [one, two, again] = [
      printer.line(line('app-1', 'x')),
      printer.line(line('app-2', 'x')),
      printer.line(line('app-1', 'y')),
    ];
    const colour = (text: string) => text.split('web1')[0];
    expect(colour(one)).not.toBe(colour(two));
    expect(colour(again)).toBe(colour(one));
  });
});

it('tells hosts that lack the same containers together, and what to do', () => {
  const missing = [
    { host: 'web1', wanted: ['shop/app', 'shop/db'] },
    { host: 'lb1', wanted: [] },
    { host: 'web2', wanted: ['shop/app', 'shop/db'] },
  ];
  expect(missingLines(missing, 60)).toEqual([
    'web1, web2: no containers of shop/app, shop/db. See',
    'provision status; provision apply starts what is missing.',
    'lb1: no service in the inventory, and so no containers.',
    'Other logs are haproxy and provision.',
  ]);
});
