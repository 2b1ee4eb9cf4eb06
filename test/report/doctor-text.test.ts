import { describe, expect, it } from 'vitest';
import { missing, ok, warning } from '../../src/operate/check.ts';
import { doctorLines } from '../../src/report/doctor-text.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

const LOCAL = {
  where: 'this machine',
  checks: [ok('Node.js', '24.21.0'), warning('known hosts', 'there are none', 'Log in once.')],
};

describe('doctorLines', () => {
  it('tells what is in order, what is not, and what to do; hosts with something missing first', () => {
    const examined = [
      LOCAL,
      { where: 'web1', checks: [ok('network', 'answers')] },
      {
        where: 'web2',
        checks: [
          missing('network', 'refuses connections \u001b[2J', `Is sshd running there, ${'or not, '.repeat(8)}?`),
        ],
      },
    ];
    expect(doctorLines(examined, PLAIN_TEXT)).toEqual(
      lines(`
        this machine
          ok       Node.js      24.21.0
          warning  known hosts  there are none
                                Log in once.

        web2
          missing  network  refuses connections \\x1b[2J
                            Is sshd running there, or not, or not, or not, or not, or
                            not, or not, or not, or not, ?

        web1
          ok       network  answers

        1 missing, 1 warning
        `),
    );
  });

  it('says so where nothing is missing', () => {
    expect(doctorLines([{ where: 'this machine', checks: [ok('Node.js', '24')] }], PLAIN_TEXT).at(-1)).toBe(
      'nothing is missing',
    );
  });

  it('shows of many hosts what is not in order', () => {
    const hosts = Array.from({ length: 1_000 }, (_, i) => ({ where: `web${i}`, checks: [ok('network', 'answers')] }));
    const shown = doctorLines([LOCAL, ...hosts], PLAIN_TEXT);
    expect(shown).toEqual([
      'this machine',
      '  warning  known hosts  there are none',
      '                        Log in once.',
      '',
      'nothing is missing, 1 warning',
    ]);
    expect(doctorLines([LOCAL, ...hosts], { ...PLAIN_TEXT, verbose: true }).length).toBeGreaterThan(2_000);
  });
});
