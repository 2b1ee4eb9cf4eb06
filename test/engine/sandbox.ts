/** A host for tests of the engine: this machine's shell in a folder of its own, with a kind whose resources are small files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { AUDIT_FILE } from '../../src/engine/audit.ts';
import type { HostSpec } from '../../src/engine/evaluate.ts';
import type { Event, HostSummary } from '../../src/engine/events.ts';
import type { Facts } from '../../src/engine/facts.ts';
import type { KnownHost } from '../../src/engine/facts-memory.ts';
import { type HostRunOptions, type HostTask, prepareHost, runHost } from '../../src/engine/host-run.ts';
import { defineRole } from '../../src/engine/role.ts';
import { type Change, defineResource, type Resource } from '../../src/resources/contract.ts';
import { raw, type Script, sh } from '../../src/shell/sh.ts';
import { openLocalLink } from '../../src/transport/link-local.ts';
import { openRootShell } from '../../src/transport/root-shell.ts';
import type { Connection, HostAddress } from '../../src/transport/types.ts';

const STATE = '/var/lib/provision';

const ADDRESS: HostAddress = {
  name: 'web1',
  transport: 'local',
  hostname: 'localhost',
  port: 22,
  user: 'root',
  keyFiles: [],
  jumps: [],
  hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [] },
  become: { method: 'none' },
  connectTimeoutMs: 10_000,
  keepAliveMs: 10_000,
};

export interface Sandbox {
  readonly folder: string;
  /** Content of a file of the folder; undefined where there is none. */
  read(name: string): string | undefined;
  write(name: string, content: string): void;
  /** Runs roles with these resources; every event is kept. */
  run(roles: Record<string, Roles>, options?: Partial<HostRunOptions>): Promise<Outcome>;
  /** The next exchange, and those after it, count from here: the connection is cut before exchange `n`. */
  cutBefore(exchange: number): void;
  readonly connections: Connection[];
  /** A connection to it, as runs open them. */
  connect(): Promise<Connection>;
  remove(): void;
}

type Roles = readonly Resource[] | ((facts: Facts, spec: { secret: (name: string) => unknown }) => readonly Resource[]);

export interface Outcome {
  readonly summary: HostSummary;
  readonly events: readonly Event[];
  /** Ids of the steps that were taken, with their status: `thing:a changed`. */
  readonly steps: readonly string[];
  /** The plan: `thing:a change`. */
  readonly plan: readonly string[];
}

export function sandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'provision-engine-'));
  const facts = new Map<string, Facts>();
  const connections: Connection[] = [];
  let cutAt: number | undefined;
  mkdirSync(join(folder, 'state'));

  async function connect(): Promise<Connection> {
    const link = openLocalLink();
    const shell = await openRootShell(link, ADDRESS, { lockFile: join(folder, 'lock') });
    const connection: Connection = {
      host: 'web1',
      get exchanges() {
        return shell.exchanges;
      },
      run(script, options) {
        if (cutAt !== undefined && shell.exchanges + 1 >= cutAt) {
          cutAt = undefined;
          void link.close();
        }
        return shell.run(inFolder(script), options);
      },
      stream: (command) => shell.stream(inFolder(command)),
      close: () => shell.close(),
    };
    connections.push(connection);
    return connection;
  }

  /** The same script with provision's own folder and log inside the sandbox. */
  function inFolder(script: Script): Script {
    const move = (part: Script['parts'][number]) =>
      typeof part === 'string'
        ? part.replaceAll(STATE, join(folder, 'state')).replaceAll(AUDIT_FILE, join(folder, 'log'))
        : part;
    return { parts: [raw(`cd ${folder} || exit\n`).parts[0] ?? '', ...script.parts.map(move)] };
  }

  return {
    folder,
    connections,
    connect,
    read(name) {
      try {
        return readFileSync(join(folder, name), 'utf8');
      } catch {
        return undefined;
      }
    },
    write: (name, content) => writeFileSync(join(folder, name), content),
    cutBefore(exchange) {
      cutAt = exchange;
    },
    async run(roles, options = {}) {
      const events: Event[] = [];
      const never = new AbortController().signal;
      const spec: HostSpec = {
        name: 'web1',
        secrets: [],
        localPath: (path) => path,
        peers: () => [],
        roles: Object.entries(roles).map(([name, resources]) => ({
          definition: defineRole({
            name,
            params: z.object({}),
            resources: (context) => (typeof resources === 'function' ? resources(context.facts, context) : resources),
          }),
          params: {},
          origin: () => undefined,
        })),
      };
      const task: HostTask = { ...spec, address: 'local', hostname: 'localhost', connect };
      const memory = {
        recall: async ({ name }: KnownHost) => facts.get(name),
        remember: async ({ name }: KnownHost, seen: Facts) => void facts.set(name, seen),
      };
      const summary = await runHost(await prepareHost(task, memory), {
        mode: 'apply',
        emit: (event) => events.push(event),
        facts: memory,
        by: 'test',
        holder: 'test',
        lockWaitMs: 0,
        stop: never,
        abort: never,
        ...options,
      });
      return {
        summary,
        events,
        steps: events.flatMap((event) => (event.type === 'step-finished' ? [`${event.id} ${event.status}`] : [])),
        plan: events.flatMap((event) =>
          event.type === 'host-planned'
            ? event.plan.resources.filter(({ status }) => status !== 'ok').map(({ id, status }) => `${id} ${status}`)
            : [],
        ),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const thingSchema = z.strictObject({
  name: z.string(),
  content: z.string().default('x'),
  /** Cannot be told before this other thing exists. */
  after: z.string().optional(),
  /** Shell code that runs after the content was written. */
  afterwards: z.string().default(':'),
  blockedBy: z.string().optional(),
});

type Thing = z.output<typeof thingSchema>;

/** A file of the sandbox with a content: the smallest kind there can be. */
export const thing = defineResource<
  z.input<typeof thingSchema>,
  Thing,
  { content: string | undefined; blocked: boolean }
>({
  kind: 'thing',
  schema: thingSchema,
  name: ({ name }) => name,
  probe: (all) =>
    sh`for name in ${all.flatMap(({ name, after, blockedBy }) => [name, after ?? name, blockedBy ?? name])}; do
      [ -f "$name" ] && printf '%s=%s\n' "$name" "$(cat "$name")"
    done
    :`,
  parse(output, all) {
    const found = new Map(output.split('\n').map((line) => line.split('=', 2) as [string, string]));
    return all.map(({ name, after, blockedBy }) => {
      if (after !== undefined && !found.has(after)) return { unknown: `${after} is not there` };
      return { content: found.get(name), blocked: blockedBy !== undefined && found.has(blockedBy) };
    });
  },
  diff(desired, { content, blocked }): Change[] {
    if (blocked) return [{ action: 'conflict', what: `${desired.blockedBy} is in the way`, hint: 'Remove it.' }];
    if (content === desired.content) return [];
    const waits = content === 'starting';
    const action = content === undefined ? 'create' : 'update';
    return [{ action, what: 'content', from: content, to: desired.content, ...(waits && { waits }) }];
  },
  apply: ({ name, content, afterwards }) => sh`printf %s ${content} >${name} && { ${raw(afterwards)}; }`,
});

/** The same, whose neighbours are applied along with it. */
export const piece = defineResource({
  ...thing,
  kind: 'piece',
  name: ({ name }: Thing) => name,
  appliesTogether: true,
});

/** The same, of which one call brings about all that begin with the same letter. */
export const bundle = defineResource({
  ...thing,
  kind: 'bundle',
  name: ({ name }: Thing) => name,
  diff: (desired, { content }): Change[] => (content === 'x' ? [] : [{ action: 'create', what: desired.name }]),
  joins: (first, later, between) => first.name[0] === later.name[0] && between.length === 0,
  apply: (_, changes) => {
    const names = changes.map(({ what }) => what);
    return sh`for name in ${names}; do printf x >"$name"; done; echo ${names.join(' ')} >>calls`;
  },
});

const rolledSchema = z.strictObject({ name: z.string(), version: z.string(), setting: z.string().default('x') });

type Rolled = z.output<typeof rolledSchema>;

/** A file with a version, which a rolling redeploy would change, and one with a setting, which is changed at once. */
export const rolled = defineResource<
  z.input<typeof rolledSchema>,
  Rolled,
  { version: string | undefined; setting: string | undefined }
>({
  kind: 'rolled',
  schema: rolledSchema,
  name: ({ name }) => name,
  probe: (all) => sh`grep -H '' ${all.flatMap(({ name }) => [`${name}.version`, `${name}.setting`])} 2>/dev/null || :`,
  parse(output, all) {
    const found = new Map(output.split('\n').map((line) => line.split(':', 2) as [string, string]));
    return all.map(({ name }) => ({ version: found.get(`${name}.version`), setting: found.get(`${name}.setting`) }));
  },
  diff(desired, { version, setting }): Change[] {
    const update = (what: 'version' | 'setting', from: string | undefined, rollout: boolean): Change[] =>
      from === desired[what] ? [] : [{ action: 'update', what, from, to: desired[what], ...(rollout && { rollout }) }];
    return [...update('version', version, true), ...update('setting', setting, false)];
  },
  apply: ({ name, setting }) => sh`printf '%s\n' ${setting} >${`${name}.setting`}`,
});
