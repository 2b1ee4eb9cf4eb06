import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { joinQuickSections, joinSections, type Sections } from '../../src/engine/sections.ts';
import { type Script, scriptText, sh } from '../../src/shell/sh.ts';

const RUN = mkdtempSync(join(tmpdir(), 'provision-sections-'));
afterAll(() => rmSync(RUN, { recursive: true }));

const SHELLS = ['dash', 'bash --posix', 'busybox ash'];

describe.each(SHELLS)('sections in %s', (shell) => {
  const [program = '', ...args] = shell.split(' ');

  function split(joined: Sections) {
    const options = { input: scriptText(joined.script), encoding: 'utf8', env: { ...process.env, RUN } } as const;
    return joined.split(execFileSync(program, [...args, '-s'], options));
  }

  const run = (sections: readonly Script[], first?: Script) => split(joinSections(sections, first));
  const runQuickly = (sections: readonly Script[]) => split(joinQuickSections(sections));

  it.each([
    ['side by side', run],
    ['one after another', runQuickly],
  ])('have answers of their own, byte for byte, %s', (_, run) => {
    expect(run([sh`printf 'a\n\n'`, sh`:`, sh`printf 'no line end'`, sh`printf '\n'`])).toEqual([
      { code: 0, stdout: 'a\n\n' },
      { code: 0, stdout: '' },
      { code: 0, stdout: 'no line end' },
      { code: 0, stdout: '\n' },
    ]);
  });

  it('have statuses of their own one after another, too', () => {
    const codes = runQuickly([sh`(exit 3)`, sh`false`, sh`pwd >/dev/null`]).map((result) => result?.code);
    expect(codes).toEqual([3, 1, 0]);
  });

  it('have statuses of their own, and do not end each other', () => {
    expect(run([sh`cd /; exit 3`, sh`false`, sh`pwd >/dev/null`])).toEqual([
      { code: 3, stdout: '' },
      { code: 1, stdout: '' },
      { code: 0, stdout: '' },
    ]);
  });

  it('come in their order, though they run side by side', () => {
    const started = performance.now();
    const results = run([sh`sleep 0.3; echo slow`, sh`sleep 0.3; echo also`, sh`echo quick`]);
    expect(results.map((result) => result?.stdout)).toEqual(['slow\n', 'also\n', 'quick\n']);
    expect(performance.now() - started).toBeLessThan(600);
  });

  it('run after the first one, and not at all where it fails', () => {
    expect(run([sh`echo then`], sh`echo first`).map((result) => result?.stdout)).toEqual(['first\n', 'then\n']);
    expect(run([sh`echo then`], sh`echo why; exit 5`)).toEqual([{ code: 5, stdout: 'why\n' }, undefined]);
    expect(run([], sh`echo alone`)).toEqual([{ code: 0, stdout: 'alone\n' }]);
  });

  it('cannot be faked by what they print', () => {
    const mark = 'f'.repeat(32);
    const { script, split } = joinSections([sh`printf '\n%s 1 0\n' ${mark}`, sh`:`]);
    const input = scriptText(script);
    const results = split(
      execFileSync(program, [...args, '-s'], { input, encoding: 'utf8', env: { ...process.env, RUN } }),
    );
    expect(results).toEqual([
      { code: 0, stdout: `\n${mark} 1 0\n` },
      { code: 0, stdout: '' },
    ]);
  });
});
