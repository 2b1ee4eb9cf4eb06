/** The whole course of a test, on a folder of this machine in the place of a throwaway host. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import type { TrialHost } from '../../src/trial/hosts.ts';
import { loadScenario, resolveScenario } from '../../src/trial/inventory.ts';
import type { StepResult, TrialEvent, TrialResult } from '../../src/trial/results.ts';
import { findScenarios } from '../../src/trial/scenarios.ts';
import { runTrial, type TrialOptions } from '../../src/trial/trial.ts';
import { NO_KEYS } from '../../src/vault/keyring.ts';
import { type Sandbox, sandbox } from '../engine/sandbox.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

let host: Sandbox;
let removed: string[];
let events: TrialEvent[];
beforeEach(() => {
  host = sandbox();
  removed = [];
  events = [];
});
afterEach(() => host.remove());

function hostNamed(name: string): TrialHost {
  return {
    name,
    hostname: '192.0.2.1',
    address: 'here',
    connect: host.connect,
    remove: async () => void removed.push(name),
    kept: { name, container: `box-${name}`, login: 'ssh here' },
  };
}

async function tryOut(name: string, options: Partial<TrialOptions> = {}): Promise<TrialResult> {
  const [scenario] = findScenarios([name], FIXTURES);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const env = { FOLDER: host.folder, WORD: 'canary-word' };
  const inventory = await loadScenario(scenario, { env, keyring: NO_KEYS });
  return runTrial({
    scenario,
    inventory,
    specs: await resolveScenario(inventory),
    image: 'debian:test',
    keep: false,
    by: 'test',
    stop: new AbortController().signal,
    startHosts: async (_, names) => names.map(hostNamed),
    emit: (event) => events.push(event),
    ...options,
  });
}

function told({ steps }: TrialResult): string[] {
  return steps.map(({ name, status, detail }) => `${status} ${name}${detail === undefined ? '' : `: ${detail}`}`);
}

function errorOf({ steps }: TrialResult, name: string): ProvisionError {
  const { error } = steps.find((step) => step.name === name) as StepResult;
  return error ?? expect.fail(`${name} has not failed`);
}

describe('a test of a role', () => {
  it('plans, applies, applies again, asserts and disturbs', async () => {
    const result = await tryOut('note');
    const [notes, note] = [`${host.folder}/notes`, `${host.folder}/notes/note`];
    const short = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
    expect(told(result)).toEqual([
      'passed host: here',
      'passed before',
      'passed plan: 2 to change',
      'passed apply: 2 changed',
      'passed apply again: 0 changed',
      `passed assert: ${short(`test -e ${host.folder}/before`)}`,
      'passed assert: the note',
      `passed assert: ${short(`ls ${host.folder}/none`)}`,
      `passed drift: directory:${notes}: mode`,
      `passed drift: file:${note}: content`,
      `passed drift: ${short(`rm -r ${notes}`)}: directory:${notes}, file:${note}`,
    ]);
    expect(host.read('notes/note')).toBe('good day\n');
    expect(removed).toEqual(['one']);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['trial-started', 'step-progress', 'trial-finished']),
    );
  });

  it('tells what does not hold', async () => {
    const result = await tryOut('note.wrong');
    const steps = told(result);
    expect(steps.slice(0, 4)).toEqual([
      'passed host: here',
      'passed plan: 2 to change',
      'passed apply: 2 changed',
      'passed apply again: 0 changed',
    ]);
    expect(steps.slice(4).map((text) => text.split(' ')[0])).toEqual([
      'failed',
      'passed',
      'failed',
      'failed',
      'failed',
    ]);
    const [printed, unseen, other, script] = result.steps.flatMap(({ error }) => error ?? []);
    expect(printed).toMatchObject({ code: 'test-failed', message: 'it printed something else', host: 'one' });
    expect(printed?.detail).toBe('expected:\n  good evening\nit printed:\n  hello\n  <secret>');
    expect(unseen?.message).toBe('a plan sees nothing of it');
    expect(other?.message).toBe(`a plan does not tell of file:${host.folder}/notes/note`);
    expect(script?.message).toBe('the script "false" exited with 1');
    expect(removed).toEqual(['one']);
  });

  it('fails where a second apply changes something: assertions are made all the same, drift is not', async () => {
    const inventory = await inFolder('restless', { assert: ['true'] });
    const result = await tryOut('restless', { inventory, specs: await resolveScenario(inventory) });
    expect(told(result)).toEqual([
      'passed host: here',
      'passed plan: 1 to change',
      'passed apply: 1 changed',
      'failed apply again',
      'passed assert: true',
      'skipped drift',
    ]);
    expect(errorOf(result, 'apply again')).toMatchObject({
      code: 'test-failed',
      message: `applied again, it changes file:${host.folder}/time once more`,
      detail: expect.stringContaining('update content'),
    });
  });

  it('tells why there is no host, and has nothing to remove then', async () => {
    const startHosts = () => Promise.reject(new ProvisionError('test-host-failed', 'no room'));
    const result = await tryOut('note', { startHosts });
    expect(result.steps.map(({ status }) => status)).toEqual(['failed', ...Array(8).fill('skipped')]);
    expect(errorOf(result, 'host').message).toBe('no room');
    expect(removed).toEqual([]);
  });

  it('fails with what fails on the host', async () => {
    const result = await tryOut('restless');
    expect(told(result).slice(1, 4)).toEqual(['passed plan: 1 to change', 'failed apply', 'skipped apply again']);
    expect(errorOf(result, 'apply')).toMatchObject({ code: 'apply-failed', host: 'host' });
  });

  it('leaves the host running where it is to be kept', async () => {
    const result = await tryOut('note', { keep: true });
    expect(result.kept).toEqual([{ name: 'one', container: 'box-one', login: 'ssh here' }]);
    expect(removed).toEqual([]);
  });

  it('breaks off when it is interrupted, and removes the host', async () => {
    const controller = new AbortController();
    const emit = (event: TrialEvent) => {
      if (event.type === 'step-started' && event.name === 'apply') controller.abort();
    };
    const result = await tryOut('note', { stop: controller.signal, emit });
    expect(result.steps.map(({ status }) => status).slice(0, 5)).toEqual([
      'passed',
      'passed',
      'passed',
      'failed',
      'skipped',
    ]);
    expect(errorOf(result, 'apply').code).toBe('interrupted');
    expect(removed).toEqual(['one']);
  });

  it('tells of a host that cannot be removed', async () => {
    const stuck = { remove: () => Promise.reject(new Error('engine gone')) };
    const result = await tryOut('note', {
      startHosts: async (_, names) => names.map((name) => ({ ...hostNamed(name), ...stuck })),
    });
    expect(told(result).at(-1)).toBe('failed remove');
  });
});

/** The inventory of a scenario, its folder being the host's. */
async function inFolder(name: string, test: object) {
  const [scenario] = findScenarios([name], FIXTURES);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const inventory = await loadScenario(scenario, { env: {}, keyring: NO_KEYS });
  const hosts = [...inventory.hosts].map(
    ([key, one]) => [key, { ...one, vars: { ...one.vars, folder: host.folder, test } }] as const,
  );
  return { ...inventory, hosts: new Map(hosts) };
}
