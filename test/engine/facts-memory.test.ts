import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { factsFolder } from '../../src/engine/facts-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'provision-facts-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('keeps machines apart that have one name in two inventories', async () => {
  const staging = { name: 'web1', address: 'root@192.0.2.1:22' };
  const production = { name: 'web1', address: 'root@192.0.2.2:22' };
  const bookworm = { ...ASSUMED_FACTS, osVersion: '12', codename: 'bookworm' };
  await factsFolder(folder).remember(staging, bookworm);
  await factsFolder(folder).remember(production, ASSUMED_FACTS);
  expect(await factsFolder(folder).recall(staging)).toEqual(bookworm);
  expect(await factsFolder(folder).recall(production)).toEqual(ASSUMED_FACTS);
  expect(await factsFolder(folder).recall({ ...staging, name: 'web2' })).toBeUndefined();
});
