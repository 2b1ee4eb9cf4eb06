import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { errorBlocks, errorLines } from '../../src/report/error-text.ts';
import { BUILD_FAILED, buildFailed } from './recorded.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

describe('errorLines', () => {
  it('says what, where, why, and what to do', () => {
    expect(errorLines(BUILD_FAILED, PLAIN_TEXT)).toEqual(
      lines(`
        error: the image palindrome-app does not build
          where  web1, image:palindrome-app
          why    Step 3/7 : RUN pip install -r requirements.txt
                 ERROR: No matching distribution for flsk
          do     Mend the Dockerfile or its context in files/app, and run again: what is
                 done already stays done.
          code   build-failed, see docs/errors.md#build-failed
      `),
    );
  });

  it('breaks long lines of why between words, below their own indentation', () => {
    const detail = `--tls KIND: ${'cannot be acme with an address as a domain '.repeat(2)}\n  at ${'deep '.repeat(16)}`;
    expect(errorLines(new ProvisionError('usage', 'wrong', { detail }), PLAIN_TEXT)).toEqual(
      lines(`
        error: wrong
          why    --tls KIND: cannot be acme with an address as a domain cannot be acme
                 with an address as a domain
                   at deep deep deep deep deep deep deep deep deep deep deep deep deep
                   deep deep deep
          code   usage, see docs/errors.md#usage
      `),
    );
  });

  it('says no more than it knows', () => {
    expect(errorLines(new ProvisionError('usage', 'no inventory is given'), PLAIN_TEXT)).toEqual(
      lines(`
        error: no inventory is given
          code   usage, see docs/errors.md#usage
      `),
    );
  });

  it('names file, line and column', () => {
    const error = new ProvisionError('inventory-syntax', 'a key is given twice', { location: 'prod.yml:12:7' });
    expect(errorLines(error, PLAIN_TEXT)[1]).toBe('  where  prod.yml:12:7');
  });

  it('calls anything else a bug', () => {
    expect(errorLines(new TypeError('x is not a function'), PLAIN_TEXT)).toEqual(
      lines(`
        error: this is a bug in provision: TypeError: x is not a function
          do     Run again with --debug for the stack trace, and report it.
      `),
    );
    expect(errorLines('thrown text', PLAIN_TEXT)[0]).toBe('error: this is a bug in provision: thrown text');
  });

  it('writes control characters out', () => {
    const evil = '\u001b[2J\u202e';
    const error = new ProvisionError('apply-failed', evil, {
      location: evil,
      host: evil,
      task: evil,
      hint: evil,
      detail: evil,
    });
    expect(errorLines(error, { ...PLAIN_TEXT, debug: true }).join('\n')).not.toMatch(/[\u001b\u202e]/);
  });

  it('shows causes and stack traces for --debug alone', () => {
    const cause = new Error('connect ECONNREFUSED', { cause: 'the first cause' });
    const error = new ProvisionError('unreachable', 'nothing answers', { cause });
    const text = (debug: boolean) => errorLines(error, { ...PLAIN_TEXT, debug }).join('\n');
    expect(text(false)).not.toMatch(/ECONNREFUSED|at .*error-text/);
    expect(text(true)).toMatch(/^ {2}stack {2}ProvisionError: nothing answers\n {13}at .*error-text\.test/m);
    expect(text(true)).toMatch(/^ {2}cause {2}Error: connect ECONNREFUSED\n {13}at .*error-text\.test/m);
    expect(text(true)).toMatch(/^ {2}cause {2}the first cause$/m);
  });

  it('ends where causes go round in circles', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    expect(
      errorLines(first, { ...PLAIN_TEXT, debug: true }).filter((line) => /^ {2}(stack|cause)/.test(line)),
    ).toHaveLength(2);
  });
});

describe('errorBlocks', () => {
  it('tells once what happened on several hosts', () => {
    const blocks = errorBlocks(['web1', 'web2', 'web3', 'web4'].map(buildFailed), PLAIN_TEXT);
    expect(blocks.filter((line) => line.startsWith('error:'))).toHaveLength(1);
    expect(blocks[1]).toBe('  where  web1, web2, web3, … (4 hosts), image:palindrome-app');
  });

  it('keeps apart what differs', () => {
    const other = new ProvisionError('unreachable', 'nothing answers', { host: 'web2' });
    expect(errorBlocks([BUILD_FAILED, other], PLAIN_TEXT).filter((line) => /^(error:|$)/.test(line))).toEqual([
      'error: the image palindrome-app does not build',
      '',
      'error: nothing answers',
    ]);
  });
});
