import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pack } from '../../src/transport/parcel.ts';

const [text, more, noise] = [Buffer.from('a line\n'.repeat(9_000)), Buffer.from('more'), randomBytes(60_000)];

it('sends what gets smaller as one compressed block', async () => {
  const { sizes, bytes } = await pack([text, more], true);
  expect(sizes).toBe(`z${bytes.length} 63000 4`);
  expect(bytes.length).toBeLessThan(1_000);
  expect(gunzipSync(bytes)).toEqual(Buffer.concat([text, more]));
});

it.each([
  ['to a host without gzip', [text, more], false],
  ['what fits into the first packets', [text.subarray(0, 7_000), more], true],
  ['what does not get smaller', [noise, more], true],
])('sends as it is %s', async (_, files, canUnpack) => {
  const { sizes, bytes } = await pack(files, canUnpack);
  expect(sizes).toBe(files.map(({ length }) => length).join(' '));
  expect(bytes).toEqual(Buffer.concat(files));
});

it('counts what many small files come to', async () => {
  const { sizes } = await pack(Array(20).fill(text.subarray(0, 2_000)), true);
  expect(sizes).toMatch(/^z\d+( 2000){20}$/);
});
