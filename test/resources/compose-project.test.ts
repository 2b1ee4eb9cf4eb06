import { describe, expect, it } from 'vitest';
import { composeProject } from '../../src/resources/compose-project.ts';
import { applied, changesOf, desired } from './table.ts';

const shop = { name: 'shop', directory: '/opt/shop', containers: ['shop-db-1', 'shop-app-1'] };

describe('composeProject', () => {
  it.each([
    { output: '', actual: [{ containers: [] }] },
    { output: '"shop" "shop-app-1"\n"other" "x"\n"shop" "stray"\n', actual: [{ containers: ['shop-app-1', 'stray'] }] },
    { output: 'silent\n', actual: [{ unknown: 'the Docker Engine does not answer' }] },
  ])('reads $output', ({ output, actual }) => {
    expect(composeProject.parse(output, desired(composeProject, [shop]))).toEqual(actual);
  });

  it('leaves what is wanted, and removes the rest', () => {
    expect(applied(composeProject, shop, { containers: ['shop-db-1'] })).toBeUndefined();
    const actual = { containers: ['stray', 'shop-db-1', 'shop-app-2'] };
    expect(changesOf(composeProject, shop, actual).map(({ action, what }) => `${action} ${what}`)).toEqual([
      'delete container shop-app-2',
      'delete container stray',
    ]);
    expect(applied(composeProject, shop, actual)).toBe(
      'docker stop shop-app-2 stray >/dev/null && docker rm shop-app-2 stray >/dev/null && rm -f /opt/shop/.provision/app-2',
    );
  });
});
