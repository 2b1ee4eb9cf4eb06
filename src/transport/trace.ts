import { type Script, scriptText } from '../shell/sh.ts';
import type { Connection } from './types.ts';

/**
 * The same connection, telling of every exchange what went to the host and how it ended. Scripts hold no secret: what they
 * read as input is not told, nor what they print, for that may be what the host keeps.
 */
export function traceConnection(connection: Connection, tell: (text: string) => void): Connection {
  function told(what: string, script: Script): void {
    const lines = scriptText(script).split('\n');
    tell(`${connection.host}: ${what}\n${lines.map((line) => `  | ${line}`).join('\n')}`);
  }
  return {
    host: connection.host,
    get exchanges() {
      return connection.exchanges;
    },
    async run(script, options) {
      const started = performance.now();
      told(`exchange ${connection.exchanges + 1} runs`, script);
      const result = await connection.run(script, options);
      const durationMs = Math.round(performance.now() - started);
      tell(
        `${connection.host}: exchange ${connection.exchanges} ended with status ${result.code} after ${durationMs} ms`,
      );
      return result;
    },
    stream(command) {
      told('a stream is opened to', command);
      return connection.stream(command);
    },
    close: () => connection.close(),
  };
}
