/** What the table tests of all resource kinds share: from a row of a table to literal text. */
import type { Change, ResourceBuilder } from '../../src/resources/contract.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { wholeProbe } from './whole-probe.ts';

/** The desired states of these inputs, defaults filled in. */
export function desired<I, D, A>(kind: ResourceBuilder<I, D, A>, inputs: readonly I[]): D[] {
  return inputs.map((input) => kind(input).desired as D);
}

export function probeText<I, D, A>(kind: ResourceBuilder<I, D, A>, inputs: readonly I[]): string {
  return scriptText(wholeProbe(kind, desired(kind, inputs)));
}

export function changesOf<I, D, A>(kind: ResourceBuilder<I, D, A>, input: I, actual: A): readonly Change[] {
  return kind.diff(kind(input).desired as D, actual);
}

/** The literal script that mends `actual`; undefined where nothing differs. */
export function applied<I, D, A>(kind: ResourceBuilder<I, D, A>, input: I, actual: A): string | undefined {
  const state = kind(input).desired as D;
  const changes = kind.diff(state, actual);
  if (changes.length === 0) return undefined;
  if (kind.apply === undefined) throw new TypeError(`${kind.kind} performs, it has no script`);
  return scriptText(kind.apply(state, changes, actual));
}
