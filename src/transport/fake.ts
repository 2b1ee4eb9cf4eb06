import { PassThrough } from 'node:stream';
import type { ScriptResult } from '../resources/contract.ts';
import { reveal } from '../shell/secret.ts';
import { renderScript, type Script } from '../shell/sh.ts';
import type { Connection, RunOptions } from './types.ts';

/** What one exchange was asked, as tests look at it. */
export interface FakeExchange {
  readonly script: string;
  /** The inputs' real contents: input k stands at index k - 1. */
  readonly inputs: readonly string[];
  readonly options: RunOptions;
}

export interface FakeConnection extends Connection {
  /** All exchanges so far, the first one first. */
  readonly asked: readonly FakeExchange[];
  readonly isClosed: boolean;
}

export type FakeAnswer = (
  script: string,
  inputs: readonly string[],
) => Partial<ScriptResult> | Promise<Partial<ScriptResult>>;

/**
 * A connection for tests: every script is answered by `answer`, which may throw; what it leaves out is status 0 and silence.
 * Streams echo what is written to them.
 */
export function fakeConnection(answer: FakeAnswer = () => ({}), host = 'fake'): FakeConnection {
  const asked: FakeExchange[] = [];
  let isClosed = false;
  return {
    host,
    asked,
    get exchanges() {
      return asked.length;
    },
    get isClosed() {
      return isClosed;
    },
    async run(script: Script, options = {}) {
      const { text, inputs } = renderScript(script);
      const contents = inputs.map(({ content }) =>
        content instanceof Uint8Array ? Buffer.from(content).toString('utf8') : reveal(content),
      );
      asked.push({ script: text, inputs: contents, options });
      return { code: 0, stdout: '', stderr: '', ...(await answer(text, contents)) };
    },
    async stream() {
      return new PassThrough();
    },
    async close() {
      isClosed = true;
    },
  };
}
