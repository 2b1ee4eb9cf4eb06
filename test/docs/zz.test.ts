import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { errorLines } from '../../src/report/error-text.ts';
import { PLAIN_TEXT } from '../report/streams.ts';
import { ERROR_EXAMPLES, exampleError } from './error-examples.ts';
const out: Record<string, string> = {};
for (const [code, f] of Object.entries(ERROR_EXAMPLES)) it(code, async () => {
  const e = await exampleError(f as never);
  out[code] = errorLines(e, { ...PLAIN_TEXT, columns: 100 }).join('\n');
  if (e.code !== code) throw new Error(`is ${e.code}: ${e.message}`);
  writeFileSync('/tmp/examples.json', JSON.stringify(out, null, 1));
});
