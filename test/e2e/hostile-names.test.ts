/**
 * Texts that try to break out, in the place of every text of the demo's inventory, values and keys alike: each is refused
 * before any host is touched, or does no harm in any script. The scripts run for real on a throwaway host: the probes as they
 * are, and what would be applied without any program in PATH, so that only what the shell itself would do is done.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evaluateRoles } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { survey } from '../../src/engine/plan.ts';
import { ProvisionError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { resolveHosts } from '../../src/inventory/resolve.ts';
import { joinScripts, type Script, sh } from '../../src/shell/sh.ts';
import { connect } from '../../src/transport/connect.ts';
import { resolveAddress } from '../../src/transport/ssh-config.ts';
import type { Connection } from '../../src/transport/types.ts';
import { type LabHost, startHost } from '../lab/host.ts';
import { environment } from './provision.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A redirection needs no program: if one of these is ever evaluated, the file is there. */
const PWNED = '/tmp/pwned';
const HOSTILE = [
  `$(: >${PWNED})`,
  `\`: >${PWNED}\``,
  `'; : >${PWNED}; '`,
  `"; : >${PWNED}; "`,
  `x\n: >${PWNED}\n`,
  `x; : >${PWNED} #`,
  `-rf`,
  `../../..${PWNED}`,
  `a'b"c\\d$e\`f`,
  'ěščř 日本 \u202e',
  `\${IFS}`,
  `*`,
];

type Path = readonly (string | number)[];

let host: LabHost;
let env: NodeJS.ProcessEnv;
let connection: Connection;
let folder: string;
beforeAll(async () => {
  host = await startHost({ name: 'hostile' });
  env = await environment(host);
  folder = mkdtempSync(join(tmpdir(), 'provision-hostile-'));
  const settings = { name: 'web1', hostname: host.address, user: 'root', keyFile: host.keyFile, hostKey: host.hostKey };
  connection = await connect(await resolveAddress(settings, { home: folder, user: 'root' }));
});
afterAll(async () => {
  await connection?.close();
  await host?.stop();
});

const demo = parse(
  readFileSync(join(ROOT, 'inventory/demo.yml'), 'utf8').replace('../files/app', join(ROOT, 'files/app')),
) as Record<string, unknown>;

/** Every text of a tree: those of keys end in the key itself, marked. */
function texts(node: unknown, path: Path = []): { path: Path; isKey: boolean }[] {
  if (typeof node === 'string') return [{ path, isKey: false }];
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const step = Array.isArray(node) ? Number(key) : key;
    return [...(Array.isArray(node) ? [] : [{ path: [...path, key], isKey: true }]), ...texts(value, [...path, step])];
  });
}

/** The tree with the text at that place replaced. */
function replaced(node: unknown, [step, ...rest]: Path, isKey: boolean, text: string): unknown {
  if (step === undefined) return text;
  if (Array.isArray(node)) return node.map((entry, i) => (i === step ? replaced(entry, rest, isKey, text) : entry));
  const entries = Object.entries(node as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key !== step) return [key, value];
      return isKey && rest.length === 0 ? [text, value] : [key, replaced(value, rest, isKey, text)];
    }),
  );
}

/** @returns whether it was accepted; where it was, its scripts have run */
async function tryOut(inventory: unknown): Promise<boolean> {
  const file = join(folder, 'hostile.yml');
  writeFileSync(file, JSON.stringify(inventory));
  try {
    for (const { name, roles, secrets, peers } of await resolveHosts(await loadInventory(file, { env }))) {
      const placed = evaluateRoles({ name, roles, secrets, localPath: (path) => path, peers }, ASSUMED_FACTS);
      const { findings } = await survey(connection, placed);
      const scripts = findings.flatMap(({ resource: { kind, desired }, changes, actual }): Script[] =>
        changes.length > 0 && kind.apply ? [kind.apply(desired, changes, actual)] : [],
      );
      await connection.run(
        joinScripts(
          scripts.map(
            (script) => sh`
        (
        PATH=/nonexistent
        ${script}
        )
      `,
          ),
        ),
      );
    }
    return true;
  } catch (error) {
    // A conflict, or a probe that fails: told, with its exit code. Anything that is no ProvisionError is a bug.
    if (error instanceof ProvisionError) return false;
    throw error;
  }
}

describe('texts that try to break out', () => {
  it('do no harm as they are', async () => {
    expect(await tryOut(demo)).toBe(true);
  });

  it('would be seen if they did', async () => {
    await connection.run({ parts: [`echo ${HOSTILE[0]}`] });
    expect((await connection.run(sh`rm ${PWNED}`)).code).toBe(0);
  });

  const vars = (demo.all as { vars: unknown }).vars;
  const places = texts(vars).filter(({ path }) => !String(path[0]).startsWith('ansible_'));
  const groups = Map.groupBy(places, ({ path }) => String(path[0]));

  it.each([...groups.keys()])('in the place of every text of %s', async (variable) => {
    let accepted = 0;
    const tried = groups.get(variable) ?? [];
    for (const { path, isKey } of tried) {
      for (const text of HOSTILE) {
        if (await tryOut(replaced(demo, ['all', 'vars', ...path], isKey, text))) accepted += 1;
        const { stdout } = await connection.run(sh`ls -d ${PWNED}* "$HOME"/*pwned* 2>/dev/null`);
        expect(stdout, `${path.join('.')} = ${JSON.stringify(text)}`).toBe('');
      }
    }
    expect(accepted).toBeLessThan(tried.length * HOSTILE.length);
  });
});
