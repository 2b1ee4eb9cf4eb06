/** Runs the command line as a user does, as a process of its own, and reads its JSON lines. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event, HostSummary, PlannedResource } from '../../src/engine/events.ts';
import type { Change } from '../../src/resources/contract.ts';
import { demoEnvironment } from '../lab/demo.ts';
import type { LabHost } from '../lab/host.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 600_000;

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** The password for /admin in tests: searched for wherever it must not be, and hard to quote. */
export const CANARY = 'canary-4f7c1d-pa$$ "w\'rd';

/** The environment of a run against this host: nothing of ours, and a home of its own, so that runs share no memory. */
export async function environment(host: LabHost, user = 'root'): Promise<NodeJS.ProcessEnv> {
  return {
    PATH: process.env.PATH,
    HOME: mkdtempSync(join(tmpdir(), 'provision-home-')),
    ...(await demoEnvironment(host, { user, password: CANARY })),
  };
}

/** A variant of the demo's inventory in a folder of its own; `edits` are texts that must stand in it, and what replaces them. */
export function inventoryVariant(edits: Readonly<Record<string, string>> = {}): string {
  let text = readFileSync(join(ROOT, 'inventory/demo.yml'), 'utf8');
  for (const [before, after] of Object.entries({ '../files/app': join(ROOT, 'files/app'), ...edits })) {
    if (!text.includes(before)) throw new Error(`inventory/demo.yml does not hold ${before}`);
    text = text.replaceAll(before, () => after);
  }
  const file = join(mkdtempSync(join(tmpdir(), 'provision-inventory-')), 'variant.yml');
  writeFileSync(file, text);
  return file;
}

export interface RunHooks {
  /** Gets everything that is printed so far, each time there is more. */
  onOutput?(text: string, child: ChildProcess): unknown;
}

/** Runs `bin/provision` to its end. @returns code -1 where a signal ended it */
export function provision(args: readonly string[], env: NodeJS.ProcessEnv, { onOutput }: RunHooks = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(join(ROOT, 'bin/provision'), args, {
      cwd: ROOT,
      env,
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        output[stream] += chunk;
        onOutput?.(output.stdout + output.stderr, child);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? -1, ...output, seconds: (performance.now() - started) / 1000 });
    });
  });
}

/** The events of a `--json` run. */
export function events({ stdout }: Run): readonly Event[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
}

export function summaryOf(run: Run, host = 'web1'): HostSummary {
  const found = events(run).find((event) => event.type === 'host-finished' && event.host === host);
  if (found?.type !== 'host-finished') throw new Error(`no summary of ${host} in:\n${run.stdout}\n${run.stderr}`);
  return found.summary;
}

/** What the plan of a run would do: everything not converged. */
export function planned(run: Run, host = 'web1'): readonly PlannedResource[] {
  const found = events(run).find((event) => event.type === 'host-planned' && event.host === host);
  if (found?.type !== 'host-planned') throw new Error(`no plan of ${host} in:\n${run.stdout}\n${run.stderr}`);
  return found.plan.resources.filter(({ status }) => status !== 'ok');
}

/** The ids that an apply changed, handlers left out, in order. */
export function changedIds(run: Run): string[] {
  const handlers = new Set(
    events(run).flatMap((event) => (event.type === 'host-planned' ? event.plan.handlers.map(({ id }) => id) : [])),
  );
  return events(run).flatMap((event) =>
    event.type === 'step-finished' && event.status === 'changed' && !handlers.has(event.id) ? [event.id] : [],
  );
}

/** What an apply says that it changed of one resource; the texts are for the plan alone. */
export function changesOf(run: Run, id: string): readonly Change[] {
  return events(run).flatMap((event) => (event.type === 'step-finished' && event.id === id ? event.changes : []));
}

/** Everything that was generated on the host and is kept there. */
export async function hostsSecrets(host: LabHost): Promise<string[]> {
  const { stdout } = await host.exec('cat /var/lib/provision/secrets/*');
  return stdout.split('\n').filter(Boolean);
}
