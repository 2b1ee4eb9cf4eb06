import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadScenario, resolveScenario } from '../../src/trial/inventory.ts';
import { findScenarios, type Scenario } from '../../src/trial/scenarios.ts';
import { whyNot } from '../../src/trial/scripts.ts';
import { scriptTitle, type TestSpec } from '../../src/trial/spec.ts';
import { NO_KEYS } from '../../src/vault/keyring.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const FOLDER = mkdtempSync(join(tmpdir(), 'scenario-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

async function read(scenario: Scenario, addresses?: ReadonlyMap<string, string>) {
  const inventory = await loadScenario(scenario, { env: { FOLDER: '/srv' }, keyring: NO_KEYS });
  return resolveScenario(inventory, addresses);
}

function named(name: string): Scenario {
  const [scenario] = findScenarios([name], FIXTURES);
  return scenario ?? expect.fail(`no scenario ${name}`);
}

/** The variable `test` of a scenario that says this. */
async function specOf(test: string): Promise<TestSpec> {
  const file = join(FOLDER, 'folded.test.yml');
  writeFileSync(file, `all:\n  hosts: { one: }\n  vars:\n    word: hello\n    test: ${test}\n`);
  const [spec] = await read({ name: 'folded', role: 'folded', file, dir: FIXTURES });
  return spec?.test ?? expect.fail('no host');
}

describe('a scenario', () => {
  it('is an inventory whose hosts have the role', async () => {
    const specs = await read(named('folded.pair'), new Map([['two', '192.0.2.2']]));
    expect(specs.map(({ name, roles }) => [name, roles.map(({ definition }) => definition.name)])).toEqual([
      ['one', ['folded']],
      ['two', ['folded']],
    ]);
    expect(specs.map(({ settings }) => settings.hostname)).toEqual(['one.invalid', '192.0.2.2']);
    expect(specs[0]?.inventoryDir).toBe(FIXTURES);
  });

  it('is one host where it has no file', async () => {
    const [spec, ...others] = await read({ name: 'restless', role: 'restless', file: undefined, dir: FIXTURES });
    expect(others).toEqual([]);
    expect(spec).toMatchObject({ name: 'host', groups: ['all', 'ungrouped'] });
    expect(spec?.test).toEqual({ before: [], assert: [], disturb: [], leave_alone: [], timeout: 120_000 });
  });

  it('tells which variable a role without a scenario lacks', async () => {
    const failing = read({ name: 'note', role: 'note', file: undefined, dir: FIXTURES });
    await expect(failing).rejects.toMatchObject({
      code: 'inventory-bad-parameter',
      message: expect.stringContaining('folder'),
    });
  });

  it('tells of a typo in the name of the variable', async () => {
    const failing = specOf('{}\n    tests: { assert: [] }');
    await expect(failing).rejects.toMatchObject({
      code: 'inventory-unknown-variable',
      hint: expect.stringContaining('Did you mean `test`'),
    });
  });

  it('reads what is to be done, references resolved', async () => {
    const spec = await specOf(
      '{ assert: [test -e /a, { run: id, prints: "{{ word }}" }], timeout: 5s, images: [debian:12] }',
    );
    expect(spec.assert).toEqual([
      { run: 'test -e /a', exits: 0 },
      { run: 'id', exits: 0, prints: 'hello' },
    ]);
    expect(spec).toMatchObject({ timeout: 5000, images: ['debian:12'] });
  });

  it.each([
    ['{ asert: [] }', /Did you mean `assert`/],
    ['{ assert: [{ prints: x }] }', /run/],
    ['{ assert: [{ run: "" }] }', /must not be empty/],
    ['{ assert: [{ run: x, matches: "(" }] }', /must be a regular expression/],
    ['{ disturb: [{ run: x, see: [] }] }', /Did you mean `sees`/],
    ['{ leave_alone: some }', /leave_alone/],
    ['{ images: ["A B"] }', /must be the name of an image/],
  ])('refuses %s with its place', async (test, says) => {
    const error = await specOf(test).then(
      () => expect.fail('accepted'),
      (reason) => reason,
    );
    expect(error.location).toMatch(/folded\.test\.yml:5:\d+$/);
    expect(`${error.message} ${error.hint}`).toMatch(says);
  });
});

describe('an assertion', () => {
  it.each([
    [{}, { code: 0 }, undefined],
    [{}, { code: 1 }, 'it exited with 1, not with 0'],
    [{ exits: 1 }, { code: 1 }, undefined],
    [{ prints: 'a\nb\n' }, { stdout: 'a\nb' }, undefined],
    [{ prints: 'a' }, { stdout: 'a \n' }, 'it printed something else'],
    [{ prints: '' }, { stdout: '\n' }, undefined],
    [{ matches: '^b$' }, { stdout: 'a\nb\nc\n' }, undefined],
    [{ matches: 'd' }, { stdout: 'a\nb\n' }, 'what it printed does not match /d/'],
  ])('%j on %j', (assertion, result, expected) => {
    expect(whyNot({ run: 'x', exits: 0, ...assertion }, { code: 0, stdout: '', stderr: '', ...result })).toBe(expected);
  });

  it.each([
    [{ run: '\ncat /etc/motd\nls' }, 'cat /etc/motd'],
    [{ name: 'the motd', run: 'cat' }, 'the motd'],
    [{ run: 'x'.repeat(80) }, `${'x'.repeat(59)}…`],
  ])('%j is called %s', (assertion, title) => expect(scriptTitle(assertion)).toBe(title));
});
