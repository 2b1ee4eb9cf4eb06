/** Inventories that programs make: what they print for `--list`, and for `--host NAME`. */
import { spawn } from 'node:child_process';
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import type { Declarer } from '../declarations.ts';
import type { DeclaredGroup } from '../groups.ts';
import { originOf } from '../origins.ts';
import type { Seal } from '../secrets/vaulted.ts';
import { namedSource } from '../text-source.ts';
import { isMapping, type Vars } from '../types.ts';
import { badName, HOST_NAME } from './host-names.ts';
import { readJson } from './json-text.ts';

/** It may ask another machine; but it may not hang forever. */
const LIMIT_MS = 120_000;
const MOST_BYTES = 512 * 1024 * 1024;
/** Programs that are asked for one host after the other are asked for a few at a time. */
const AT_ONCE = 8;

/**
 * Runs a program and reads what it says of groups and hosts.
 * @param path as the user named it
 * @throws ProvisionError `inventory-script-failed`, `inventory-structure`, `inventory-syntax`
 */
export async function readScriptSource(
  path: string,
  declarer: Declarer,
  seal: Seal,
  limitMs = LIMIT_MS,
): Promise<void> {
  const groups = await ask(path, ['--list'], seal, limitMs);
  const meta = groups._meta;
  if (isMapping(meta) && meta.hostvars !== undefined) return readListing(groups, path, declarer);
  const names = [...hostsOf(groups)];
  const hostvars: Record<string, unknown> = {};
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const some = names.slice(i, i + AT_ONCE);
    const answers = await Promise.all(some.map((name) => ask(path, ['--host', name], seal, limitMs)));
    some.forEach((name, n) => {
      hostvars[name] = answers[n];
    });
  }
  readListing({ ...groups, _meta: { hostvars } }, path, declarer);
}

/**
 * Reads groups as programs give them: each with a list of `hosts`, `vars` and a list of `children`, or only the list of hosts; the
 * variables of all hosts in `_meta.hostvars`. Other than in files that people write, a group may be empty.
 * @param file what the listing is called by
 * @throws ProvisionError `inventory-structure`
 */
export function readListing(groups: Vars, file: string, declarer: Declarer): void {
  const hostvars = isMapping(groups._meta) ? groups._meta.hostvars : undefined;
  const variables = hostvars === undefined ? {} : mapping(hostvars, '_meta.hostvars');

  function readGroup(name: string, written: unknown): void {
    const group = declare(name);
    const body = bodyOf(name, written);
    for (const host of list(body.hosts, `the hosts of ${name}`)) addHost(group, host);
    declarer.setVars(group, mapping(body.vars ?? {}, `the variables of ${name}`));
    const children = isMapping(body.children)
      ? Object.keys(body.children)
      : list(body.children, `the children of ${name}`);
    for (const child of children) markDeclared(declarer.addChild(group, child, file));
  }

  function declare(name: string): DeclaredGroup {
    return markDeclared(declarer.group(name, originOf(groups, name) ?? file));
  }

  function addHost(group: DeclaredGroup, name: string): void {
    if (!HOST_NAME.test(name) && !isIPv6(name)) throw badName('host', name).at({ location: file });
    const vars = variables[name];
    declarer.addHost(group, name, {
      location: originOf(variables, name) ?? file,
      vars: mapping(vars ?? {}, `the variables of ${name}`),
    });
  }

  function mapping(value: unknown, what: string): Vars {
    if (isMapping(value)) return value;
    throw wrong(`${what} are no mapping`);
  }

  function list(value: unknown, what: string): readonly string[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
    throw wrong(`${what} are no list of names`);
  }

  function wrong(message: string): ProvisionError {
    const hint = 'A program that is an inventory prints JSON: {"web": {"hosts": ["web1"]}, "_meta": {"hostvars": {}}}.';
    return new ProvisionError('inventory-structure', message, { location: file, hint });
  }

  for (const [name, written] of Object.entries(groups)) if (name !== '_meta') readGroup(name, written);
}

function markDeclared(group: DeclaredGroup): DeclaredGroup {
  group.isDeclared = true;
  group.mayBeEmpty = true;
  return group;
}

/** A list means hosts; a mapping without any of the three keys means variables of a host of the group's name. */
function bodyOf(name: string, written: unknown): Vars {
  if (!isMapping(written)) return { hosts: written };
  if (['hosts', 'vars', 'children'].some((key) => Object.hasOwn(written, key))) return written;
  return { hosts: [name], vars: written };
}

function hostsOf(groups: Vars): ReadonlySet<string> {
  const names = Object.entries(groups).flatMap(([name, written]) => {
    const { hosts } = bodyOf(name, written);
    return name !== '_meta' && Array.isArray(hosts) ? hosts.map(String) : [];
  });
  return new Set(names);
}

/** What the program prints, which is one JSON object; nothing means that it is empty. */
async function ask(path: string, args: readonly string[], seal: Seal, limitMs: number): Promise<Vars> {
  const name = `${path} ${args.join(' ')}`;
  const text = await run(path, args, limitMs);
  const value = text.trim() === '' && args[0] === '--host' ? {} : parse();
  if (isMapping(value)) return value;
  throw failed(name, 'printed something other than a JSON object', 'Run it by hand to see what it prints.');

  function parse(): unknown {
    try {
      return readJson(text, namedSource(name), seal);
    } catch (error) {
      if (!(error instanceof ProvisionError) || error.code !== 'inventory-syntax') throw error;
      throw failed(name, 'printed something other than JSON', 'Run it by hand to see what it prints.');
    }
  }
}

function run(path: string, args: readonly string[], limitMs: number): Promise<string> {
  const name = `${path} ${args.join(' ')}`;
  const child = spawn(resolve(path), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  let bytes = 0;
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      end(
        failed(name, `has not ended after ${limitMs / 1000} s`, 'Run it by hand to see what it waits for.', stderr()),
      );
    }, limitMs);

    function end(error: ProvisionError): void {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // What it started may hold the pipes open for long.
      child.stdout.destroy();
      child.stderr.destroy();
      fail(error);
    }

    function stderr(): string {
      return Buffer.concat(output.stderr).toString('utf8');
    }

    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        output[stream].push(chunk);
        bytes += chunk.length;
        if (bytes > MOST_BYTES) end(failed(name, 'prints more than any inventory holds', 'Run it by hand.'));
      });
    }
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const hint = 'Is it no program? Then take the right to execute it away: chmod -x.';
      fail(failed(name, `cannot be run: ${cause.code}`, hint));
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) return done(Buffer.concat(output.stdout).toString('utf8'));
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      fail(failed(name, `ended ${how}`, 'Run it by hand to see why.', stderr()));
    });
  });
}

const MOST_LINES = 20;

/** @param said what it printed on standard error */
function failed(name: string, what: string, hint: string, said = ''): ProvisionError {
  const detail = said.trim() === '' ? undefined : said.trimEnd().split('\n').slice(-MOST_LINES).join('\n');
  return new ProvisionError('inventory-script-failed', `the inventory program ${name} ${what}`, { hint, detail });
}
