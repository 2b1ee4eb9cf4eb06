import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.ts';
import { input, sh } from '../../src/shell/sh.ts';
import { fakeConnection } from '../../src/transport/fake.ts';

describe('a fake connection', () => {
  it('answers, and remembers what it was asked', async () => {
    const connection = fakeConnection((script, [first = '']) => ({ stdout: `${script} ${first}`, code: 3 }), 'web1');
    const result = await connection.run(sh`cat ${input(Secret.named('s', 'x'))}`, { lock: 'me' });
    expect(result).toEqual({ code: 3, stdout: 'cat "$RUN/1" x', stderr: '' });
    expect(connection.asked).toEqual([{ script: 'cat "$RUN/1"', inputs: ['x'], options: { lock: 'me' } }]);
    expect([connection.host, connection.exchanges, connection.isClosed]).toEqual(['web1', 1, false]);
    await connection.close();
    expect(connection.isClosed).toBe(true);
  });
});
