import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { execLines } from '../../src/report/exec-text.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

const answer = (host: string, stdout: string, code = 0, stderr = '') => ({
  host,
  durationMs: 1,
  value: { code, stdout, stderr },
});

describe('execLines', () => {
  it('tells hosts where it came to the same together, failures last', () => {
    const error = new ProvisionError('unreachable', 'no route to it', { hint: 'Mend it.' });
    const results = [
      answer('web1', '', 2, 'ls: no such file\n'),
      answer('web2', 'one\n\n  two \u001b[31mred\u001b[0m \u001b[2J\r\n'),
      answer('web3', 'one\n\n  two \u001b[31mred\u001b[0m \u001b[2J\r\n'),
      { host: 'web4', durationMs: 1, error },
      answer('web5', ''),
    ];
    expect(execLines(results, PLAIN_TEXT)).toEqual(
      lines(`
        web2, web3: ok
        one

          two red \\x1b[2J

        web5: ok

        web1: exited with 2
        ls: no such file

        error: no route to it
          where  web4
          do     Mend it.
          code   unreachable, see docs/errors.md#unreachable

        5 hosts: 3 ok, 1 exited with an error, 1 without an answer
        `),
    );
  });

  it('needs no total for one host', () => {
    expect(execLines([answer('web1', 'up\n')], PLAIN_TEXT)).toEqual(['web1: ok', 'up']);
  });
});
