import { it } from 'vitest';
import * as api from '../../src/index.ts';
import { CONNECTION_SCHEMA } from '../../src/inventory/connection.ts';
import { schemaKeys } from './schema-keys.ts';
it('dump', async () => {
  const out: string[] = [];
  const dump = (name: string, s: any) => { out.push('## ' + name); for (const [k, v] of schemaKeys(s)) out.push(`${k} | ${v.types.join('/')} ${v.words.join(',')} ${v.range ?? ''} | ${v.isRequired ? 'required' : JSON.stringify(v.defaultValue)}`); };
  for (const r of ['users', 'packages', 'docker', 'certs', 'stack', 'haproxy']) dump(r, (await import(`../../roles/${r}.ts`)).default.params);
  dump('conn', CONNECTION_SCHEMA);
  for (const [n, v] of Object.entries(api)) if (typeof v === 'function' && 'kind' in v) dump(`${n} ${(v as any).kind}`, (v as any).schema);
  (await import('node:fs')).writeFileSync('/tmp/dump.txt', out.join('\n'));
});
