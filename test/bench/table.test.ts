import { expect, it } from 'vitest';
import { median } from '../../bench/measure.ts';
import { table } from '../../bench/table.ts';

it.each([
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 2, 100], 3],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

it('tells median, least, greatest and the ratio of medians', () => {
  expect(
    table(
      { ssh: [100, 90, 130], provision: [400, 401, 399], ansible: [9000, 8000, 10_000] },
      'provision',
      'a run that changes nothing, ms',
    ),
  ).toBe(
    [
      '| a run that changes nothing, ms | median |  min |   max | ÷ provision |',
      '| ------------------------------ | -----: | ---: | ----: | ----------: |',
      '| `ssh`                          |    100 |   90 |   130 |        0.25 |',
      '| `provision`                    |    400 |  399 |   401 |        1.00 |',
      '| `ansible`                      |   9000 | 8000 | 10000 |       22.50 |',
    ].join('\n'),
  );
});
