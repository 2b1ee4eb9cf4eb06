import { describe, expect, it } from 'vitest';
import { decodeBuildStatus } from '../../../src/resources/docker/buildkit-status.ts';
import { trace } from './fake-engine.ts';

/** As Docker Engine 20.10 sent them. */
const STARTED =
  'Cn0KR3NoYTI1Njo2NjRkYjFiMmY2ZDZhZWRjMWM1MzVkNjY1YWU2YzI3ZTdjZjk1M2VlNzhkZDA3ZjUyMTliNzg3NTU2YmUzM2NmGiRbaW50ZXJuYWxdIGxvYWQgcmVtb3RlIGJ1aWxkIGNvbnRleHQqDAjlz4PYBhDY8bOOAw==';
const DONE =
  'CosBCkdzaGEyNTY6NjY0ZGIxYjJmNmQ2YWVkYzFjNTM1ZDY2NWFlNmMyN2U3Y2Y5NTNlZTc4ZGQwN2Y1MjE5Yjc4NzU1NmJlMzNjZhokW2ludGVybmFsXSBsb2FkIHJlbW90ZSBidWlsZCBjb250ZXh0KgwI5c+D2AYQ2PGzjgMyDAjlz4PYBhDQoNqRAw==';
const PRINTED =
  'GmIKR3NoYTI1Njo5NmE1NmM2ZTJjNjNmMzVkMmM1NWI4OWJkMTM0MjRlZmM3Yzk5M2U4NDNkZjBkYzlmMzM3MmJlZTlmMzViZmZlEgsI5s+D2AYQzsHyTBgBIgh2aXNpYmxlCg==';

const step = {
  digest: 'sha256:664db1b2f6d6aedc1c535d665ae6c27e7cf953ee78dd07f5219b787556be33cf',
  name: '[internal] load remote build context',
  error: undefined,
};

describe('what BuildKit tells', () => {
  it.each([
    { what: 'a step that starts', base64: STARTED, status: { steps: [{ ...step, isDone: false }], logs: [] } },
    { what: 'a step that ends', base64: DONE, status: { steps: [{ ...step, isDone: true }], logs: [] } },
    {
      what: 'output',
      base64: PRINTED,
      status: {
        steps: [],
        logs: [{ step: 'sha256:96a56c6e2c63f35d2c55b89bd13424efc7c993e843df0dc9f3372bee9f35bffe', text: 'visible\n' }],
      },
    },
    { what: 'nothing', base64: '', status: { steps: [], logs: [] } },
  ])('is read: $what', ({ base64, status }) => {
    expect(decodeBuildStatus(base64)).toEqual(status);
  });

  it('may be long, and in any script', () => {
    const text = 'ünï ✓\n'.repeat(5000);
    const { aux } = trace([{ digest: 'd', name: 'n', error: 'broken' }], [{ step: 'd', text }]) as { aux: string };
    expect(decodeBuildStatus(aux)).toEqual({
      steps: [{ digest: 'd', name: 'n', isDone: false, error: 'broken' }],
      logs: [{ step: 'd', text }],
    });
  });
});
