/** A throwaway host as what resource kinds work on, without the transport and the engine between. */
import type { Change, ResourceBuilder, ScriptResult } from '../../src/resources/contract.ts';
import { reveal } from '../../src/shell/secret.ts';
import { renderScript, type Script } from '../../src/shell/sh.ts';
import type { LabHost } from '../lab/host.ts';
import { wholeProbe } from '../resources/whole-probe.ts';

/** Runs a script as the root shell does, its inputs in `$RUN`. */
export function runOn(host: LabHost, script: Script): Promise<ScriptResult> {
  const { text, inputs } = renderScript(script);
  const files = inputs.map(({ content }, i) => {
    const base64 = Buffer.from(content instanceof Uint8Array ? content : reveal(content)).toString('base64');
    return `echo ${base64} | base64 -d >$RUN/${i + 1}`;
  });
  const lines = [
    'export LC_ALL=C RUN=$(mktemp -d)',
    ...files,
    '(',
    text,
    ') </dev/null',
    'code=$?',
    'rm -rf $RUN',
    'exit $code',
  ];
  return host.exec(lines.join('\n'), 300_000);
}

/** What applying one resource came to: its changes before and after, and what it printed where it failed. */
export interface Outcome {
  readonly changes: readonly Change[];
  readonly left: readonly Change[];
  readonly failure: string | undefined;
}

export async function applyOn<I, D, A>(host: LabHost, builder: ResourceBuilder<I, D, A>, input: I): Promise<Outcome> {
  const { kind, desired } = builder(input);
  const look = async () => kind.parse((await runOn(host, wholeProbe(kind, [desired]))).stdout, [desired])[0];
  const actual = await look();
  const changes = kind.diff(desired, actual);
  if (changes.length === 0 || kind.apply === undefined) return { changes, left: changes, failure: undefined };
  const { code, stderr } = await runOn(host, kind.apply(desired, changes, actual));
  const failure = code === 0 ? undefined : stderr;
  return { changes, left: kind.diff(desired, await look()), failure };
}
