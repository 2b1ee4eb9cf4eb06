/**
 * `npm run bench:inventory`: how long it takes to load 10,000 hosts in 500 groups and to resolve all their variables, beside
 * `ansible-inventory --list`.
 *
 *   --rounds N   default 5; Ansible, which takes half a minute each time, has one
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createResolver } from '../src/inventory/expressions/references.ts';
import { loadInventory } from '../src/inventory/load.ts';
import { busyPercent, run } from './measure.ts';
import { ensureAnsible } from './peer.ts';
import { table } from './table.ts';

const HOSTS = 10_000;
const REGIONS = 50;
const GROUPS_EACH = 9;
const MIB = 1024 * 1024;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, load: { type: 'string' } } });
if (values.load === undefined) await compare();
else process.stdout.write(JSON.stringify(await loadAll(values.load)));

interface Loaded {
  readonly durationMs: number;
  readonly peakMib: number;
  readonly hosts: number;
  readonly groups: number;
  readonly variables: number;
}

/** Loads an inventory and resolves every variable of every host: in a process of its own, for the memory that it takes. */
async function loadAll(path: string): Promise<Loaded> {
  const startedMs = performance.now();
  const inventory = await loadInventory(path, { env: {} });
  let variables = 0;
  for (const host of inventory.hosts.values()) {
    const resolver = createResolver(host, inventory, new Map());
    for (const name of Object.keys(host.vars)) {
      resolver.variable(name);
      variables += 1;
    }
  }
  const durationMs = performance.now() - startedMs;
  // Kilobytes, in Node.
  const peakMib = (process.resourceUsage().maxRSS * 1024) / MIB;
  return { durationMs, peakMib, hosts: inventory.hosts.size, groups: inventory.groups.size, variables };
}

async function compare(): Promise<void> {
  await ensureAnsible();
  const folder = mkdtempSync(join(tmpdir(), 'provision-bench-'));
  try {
    const files = { YAML: join(folder, 'hosts.yml'), INI: join(folder, 'hosts.ini') };
    writeFileSync(files.YAML, yaml());
    writeFileSync(files.INI, ini());
    const timesMs: Record<string, number[]> = {};
    const lines: string[] = [];
    const busy = await busyPercent();
    for (const [form, file] of Object.entries(files)) {
      const runs: Loaded[] = [];
      for (let round = 0; round < Number(values.rounds); round += 1) runs.push(await loadApart(file));
      timesMs[`provision, ${form}`] = runs.map(({ durationMs }) => durationMs);
      const peak = Math.max(...runs.map(({ peakMib }) => peakMib));
      const [first] = runs;
      lines.push(
        `${form}: ${first?.hosts} hosts, ${first?.groups} groups, ${first?.variables} variables; at most ${peak.toFixed(0)} MiB.`,
      );
    }
    for (const [form, file] of Object.entries(files)) {
      const argv = ['ansible-inventory', '-i', file, '--list'] as const;
      timesMs[`ansible-inventory --list, ${form}`] = [
        (await run({ name: 'ansible-inventory', argv: [...argv] })).durationMs,
      ];
    }
    process.stdout.write(`
${table(timesMs, 'provision, YAML', 'load and resolve all hosts, ms')}

${lines.join('\n')}
Ours from the call to the last variable, without the start of Node.js; other work took ${busy} % of the machine before.
`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error with what it printed when it fails */
async function loadApart(file: string): Promise<Loaded> {
  const child = spawn(process.execPath, [import.meta.filename, '--load', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`loading ${file} ended with ${code}`);
  return JSON.parse(text) as Loaded;
}

function groupsOf(region: number): readonly number[] {
  return Array.from({ length: GROUPS_EACH }, (_, i) => region * GROUPS_EACH + i);
}

/** Each host is in one group. */
function hostsOf(group: number): readonly { name: string; address: string; disk: number }[] {
  const count = REGIONS * GROUPS_EACH;
  return Array.from({ length: Math.ceil((HOSTS - group) / count) }, (_, i) => {
    const number = group + i * count;
    const address = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
    return { name: `host${String(number).padStart(5, '0')}`, address, disk: number % 7 };
  });
}

function regions(): readonly number[] {
  return Array.from({ length: REGIONS }, (_, i) => i);
}

function yaml(): string {
  const lines = ['all:', '  vars: { ntp: pool.example.org, user: deploy }', '  children:'];
  for (const region of regions()) {
    lines.push(`    region${region}:`, `      vars: { region: r${region} }`, '      children:');
    for (const group of groupsOf(region)) {
      lines.push(
        `        group${group}:`,
        '          vars:',
        `            size: ${group}`,
        '            login: "{{ user }}"',
      );
      lines.push('          hosts:');
      for (const { name, address, disk } of hostsOf(group)) {
        lines.push(`            ${name}:`, `              ansible_host: ${address}`, `              disk: ${disk}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function ini(): string {
  const lines = ['[all:vars]', 'ntp=pool.example.org', 'user=deploy'];
  for (const region of regions()) {
    for (const group of groupsOf(region)) {
      lines.push(`[group${group}]`);
      for (const { name, address, disk } of hostsOf(group)) lines.push(`${name} ansible_host=${address} disk=${disk}`);
      lines.push(`[group${group}:vars]`, `size=${group}`, 'login={{ user }}');
    }
    lines.push(`[region${region}:children]`, ...groupsOf(region).map((group) => `group${group}`));
    lines.push(`[region${region}:vars]`, `region=r${region}`);
  }
  return `${lines.join('\n')}\n`;
}
