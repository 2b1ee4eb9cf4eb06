/** This machine as the target of `perform`, `probe` and `apply`: what scripts do for real, in the shell that is asked for. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Change, Resource, ResourceBuilder, ScriptResult, Target } from '../../src/resources/contract.ts';
import { isUnknown } from '../../src/resources/contract.ts';
import { reveal } from '../../src/shell/secret.ts';
import { renderScript, type Script } from '../../src/shell/sh.ts';
import { wholeProbe } from './whole-probe.ts';

export interface LocalTarget extends Target {
  /** What `progress` was told. */
  readonly told: string[];
  readonly abort: () => void;
}

export interface LocalOptions {
  /** The shell's command line: `['busybox', 'ash']`. Default `['sh']`. */
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a script as the root shell does: inputs in `$RUN`, `LC_ALL=C`, no standard input. */
export async function runScript(
  script: Script,
  { shell = ['sh'], env = {} }: LocalOptions = {},
): Promise<ScriptResult> {
  const folder = mkdtempSync(join(tmpdir(), 'run-'));
  try {
    const { text, inputs } = renderScript(script);
    for (const [i, { content }] of inputs.entries()) {
      const data = content instanceof Uint8Array ? content : reveal(content);
      writeFileSync(join(folder, String(i + 1)), data, { mode: 0o600 });
    }
    writeFileSync(join(folder, 'script'), text);
    const [command = 'sh', ...args] = shell;
    const child = spawn(command, [...args, join(folder, 'script')], {
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', RUN: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      new Promise<number>((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(code ?? 255))),
    ]);
    return { code, stdout: stdout.toString(), stderr: stderr.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function localTarget(options: LocalOptions = {}): LocalTarget {
  const told: string[] = [];
  const controller = new AbortController();
  return {
    told,
    abort: () => controller.abort(),
    signal: controller.signal,
    progress: (text) => void told.push(text),
    run: (script) => runScript(script, options),
    stream: async (script) => {
      const child = spawn('sh', ['-c', renderScript(script).text], { stdio: ['pipe', 'pipe', 'inherit'] });
      return Duplex.from({ writable: child.stdin, readable: child.stdout });
    },
  };
}

/** What a plan says of one resource: its changes, or why they are not known. */
export async function planned<I, D, A>(
  builder: ResourceBuilder<I, D, A>,
  input: I,
  options: LocalOptions = {},
): Promise<readonly Change[] | string> {
  const resource = builder(input);
  const actual = await look(resource, options);
  return isUnknown(actual) ? actual.unknown : resource.kind.diff(resource.desired, actual);
}

/** Looks, applies and looks again. @returns the changes before; after them there are none left, or it throws */
export async function converge<I, D, A>(
  builder: ResourceBuilder<I, D, A>,
  input: I,
  options: LocalOptions = {},
): Promise<readonly Change[]> {
  const { kind, desired } = builder(input);
  const actual = await look({ kind, desired }, options);
  if (isUnknown(actual)) throw new Error(`unknown: ${actual.unknown}`);
  const changes = kind.diff(desired, actual);
  if (changes.length === 0) return [];
  await kind.perform?.(desired, changes, actual, localTarget(options));
  if (kind.apply !== undefined) {
    const { code, stderr } = await runScript(kind.apply(desired, changes, actual), options);
    if (code !== 0) throw new Error(`apply ended with ${code}: ${stderr}`);
  }
  const left = await planned(builder, input, options);
  if (left.length > 0) throw new Error(`not converged: ${JSON.stringify(left)}`);
  return changes;
}

async function look({ kind, desired }: Pick<Resource, 'kind' | 'desired'>, options: LocalOptions): Promise<unknown> {
  const { code, stdout, stderr } = await runScript(wholeProbe(kind, [desired]), options);
  if (code !== 0) throw new Error(`the probe ended with ${code}: ${stderr}`);
  const [actual] = kind.parse(stdout, [desired]);
  if (!isUnknown(actual)) kind.learn?.(desired, actual);
  return actual;
}
