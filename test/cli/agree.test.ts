/** The question of an apply on a terminal that cannot be drawn on. */
import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { type Agreement, agree } from '../../src/cli/agree.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it.each<[string, Agreement]>([
  ['y\n', true],
  [' Yes \n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
  ['', undefined],
])('%j is taken for %s, and nothing is drawn', async (typed, agreement) => {
  vi.stubEnv('TERM', 'dumb');
  const [input, output] = [new PassThrough(), new PassThrough()];
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as never);
  vi.spyOn(process, 'stderr', 'get').mockReturnValue(Object.assign(output, { isTTY: true }) as never);
  const asked = agree('Apply this plan?');
  input.end(typed);
  expect(await asked).toBe(agreement);
  expect(output.setEncoding('utf8').read()).toBe(`Apply this plan? (y/N) ${agreement === undefined ? '\n' : ''}`);
});
