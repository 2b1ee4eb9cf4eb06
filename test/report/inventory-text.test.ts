import { describe, expect, it } from 'vitest';
import { createSeals } from '../../src/inventory/secrets/vaulted.ts';
import { parseVars } from '../../src/inventory/sources/vars-files.ts';
import { graphLines, groupEntries, hostLines, yamlLines } from '../../src/report/inventory-text.ts';
import { load } from '../inventory/inventory-files.ts';
import { PLAIN_TEXT } from './streams.ts';

const INVENTORY = `
all:
  hosts: { lone: }
  children:
    web:
      hosts: { web1: }
      children: { prague: { hosts: { web2: } } }
    db: { hosts: { db1: }, children: { prague: } }
`;

async function graph(...selected: string[]): Promise<string[]> {
  const inventory = await load(INVENTORY);
  const isWhole = selected.length === 0;
  return graphLines(groupEntries(inventory, new Set(isWhole ? inventory.hosts.keys() : selected)), isWhole);
}

describe('graphLines', () => {
  it('draws groups in groups, and hosts', async () => {
    expect(await graph()).toEqual([
      '@all:',
      '  |--@ungrouped:',
      '  |  |--lone',
      '  |--@web:',
      '  |  |--@prague:',
      '  |  |  |--web2',
      '  |  |--web1',
      '  |--@db:',
      '  |  |--@prague:',
      '  |  |  |--web2',
      '  |  |--db1',
    ]);
  });

  it('leaves out what is not selected', async () => {
    expect(await graph('web1')).toEqual(['@all:', '  |--@web:', '  |  |--web1']);
  });
});

it('groupEntries: each group with what is right below it', async () => {
  const inventory = await load(INVENTORY);
  expect(groupEntries(inventory, new Set(['web2', 'db1']))).toEqual([
    { group: 'all', children: ['web', 'db'], hosts: [] },
    { group: 'web', children: ['prague'], hosts: [] },
    { group: 'prague', children: [], hosts: ['web2'] },
    { group: 'db', children: ['prague'], hosts: ['db1'] },
  ]);
});

it('hostLines: a dash for nothing', () => {
  const entry = { host: 'web1', address: 'web1', groups: [], roles: [] };
  expect(hostLines([entry], PLAIN_TEXT)).toEqual(['host  address  groups  roles', 'web1  web1     -       -']);
});

describe('yamlLines', () => {
  it('writes data as it can be read again', async () => {
    const data = { a: '<secret>', b: [1, 'yes', '', '0644', '22', '{{ x }}', '~', '1:30', true, null], c: {} };
    const lines = yamlLines(data);
    expect(lines.slice(0, 5)).toEqual(['a: <secret>', 'b:', '  - 1', '  - "yes"', '  - ""']);
    expect(await parseVars(lines.join('\n'), 'prod.yml', createSeals().seal)).toEqual(data);
  });
});
