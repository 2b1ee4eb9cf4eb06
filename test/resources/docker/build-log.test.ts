import { describe, expect, it } from 'vitest';
import { buildLog } from '../../../src/resources/docker/build-log.ts';
import { type Step, trace } from './fake-engine.ts';

const RUN: Step = { digest: 'a', name: '[2/3] RUN make' };

function logOf(...messages: readonly object[]) {
  const told: string[] = [];
  const log = buildLog((text) => told.push(text));
  for (const message of messages) log.add(message);
  return { told, failure: log.failure() };
}

describe('the log of a build', () => {
  it('tells the step that runs and its last line', () => {
    const { told, failure } = logOf(
      trace([RUN], [{ step: 'a', text: 'one\ntwo\n\n' }]),
      trace([], [{ step: 'a', text: '\u001b[31m10 %\r20 %\u001b[0m\r\n' }]),
      trace([{ ...RUN, done: true }]),
      { id: 'moby.image.id', aux: { ID: 'sha256:1' } },
      { stream: 'Successfully tagged app:1\n' },
    );
    expect(told).toEqual(['[2/3] RUN make', 'two', '20 %']);
    expect(failure).toBeUndefined();
  });

  it('knows which step failed, why, and what it printed last', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i}`);
    const { failure } = logOf(
      trace([RUN, { digest: 'b', name: '[other 1/1] RUN sleep 9' }]),
      trace(
        [],
        lines.map((line) => ({ step: 'a', text: `${line}\n` })),
      ),
      trace([], [{ step: 'b', text: 'not this\n' }]),
      trace([
        {
          digest: 'b',
          name: '[other 1/1] RUN sleep 9',
          error: 'process "/bin/sh -c sleep 9" did not complete: context canceled',
        },
        { ...RUN, error: 'process "/bin/sh -c make" did not complete successfully: exit code: 2' },
      ]),
      { errorDetail: { message: 'x' }, error: 'process "/bin/sh -c make" did not complete successfully: exit code: 2' },
    );
    expect(failure).toEqual({ step: '[2/3] RUN make', reason: 'exit code 2', lines: lines.slice(-15) });
  });

  it.each([
    {
      messages: [{ error: 'dockerfile parse error on line 2: unknown instruction: FOO' }],
      failure: { step: undefined, reason: 'dockerfile parse error on line 2: unknown instruction: FOO', lines: [] },
    },
    {
      messages: [trace([{ ...RUN, name: '[2/2] COPY nothing /', error: '"/nothing": not found' }]), { error: 'x' }],
      failure: { step: '[2/2] COPY nothing /', reason: '"/nothing": not found', lines: [] },
    },
    {
      messages: [trace([{ ...RUN, name: `[2/2] RUN <<E\n${'x'.repeat(200)}`, error: 'exit code: 1' }]), { error: 'x' }],
      failure: { step: '[2/2] RUN <<E', reason: 'exit code 1', lines: [] },
    },
  ])('$failure', ({ messages, failure }) => {
    expect(logOf(...messages).failure).toEqual(failure);
  });
});
