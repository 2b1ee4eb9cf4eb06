import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findScenarios } from '../../src/trial/scenarios.ts';

const HERE = join(import.meta.dirname, 'fixtures');
const ROLES = join(HERE, 'roles');

const ALL = ['folded', 'folded.pair', 'note', 'note.wrong', 'restless'];

describe('findScenarios', () => {
  it.each<[words: string[], names: string[]]>([
    [[], ALL],
    [['note'], ['note', 'note.wrong']],
    [['note.wrong'], ['note.wrong']],
    [
      ['note.wrong', 'note'],
      ['note.wrong', 'note'],
    ],
    [['folded'], ['folded', 'folded.pair']],
    [['roles/folded'], ['folded', 'folded.pair']],
    [['roles'], ALL],
    [['.'], ALL],
    [['roles/note.ts'], ['note', 'note.wrong']],
    [['roles/note.wrong.test.yml'], ['note.wrong']],
    [['roles/folded/index.ts'], ['folded', 'folded.pair']],
    [['roles/folded/pair.test.yml'], ['folded.pair']],
    [['packages'], ['packages']],
    [[ROLES], ALL],
    [[`${ROLES}/folded/`], ['folded', 'folded.pair']],
  ])('%j', (words, names) => {
    expect(findScenarios(words, HERE).map(({ name }) => name)).toEqual(names);
  });

  it('knows where each comes from', () => {
    expect(findScenarios(['note', 'restless', 'folded.pair'], HERE)).toEqual([
      { name: 'note', role: 'note', file: join(ROLES, 'note.test.yml'), dir: HERE },
      { name: 'note.wrong', role: 'note', file: join(ROLES, 'note.wrong.test.yml'), dir: HERE },
      { name: 'restless', role: 'restless', file: undefined, dir: HERE },
      { name: 'folded.pair', role: 'folded', file: join(ROLES, 'folded/pair.test.yml'), dir: HERE },
    ]);
  });

  it.each([
    [['nte'], 'there is no role, file or folder "nte"', 'Did you mean `note`?'],
    [['../trial.test.ts'], 'is neither a role nor a scenario', 'roles/NAME.test.yml'],
    [['..'], 'there is no role to test in', 'NAME.ts'],
  ])('refuses %j', (words, message, hint) => {
    const error = { code: 'usage', message: expect.stringContaining(message), hint: expect.stringContaining(hint) };
    expect(() => findScenarios(words, HERE)).toThrow(expect.objectContaining(error));
  });

  it('tells where it looked', () => {
    const error = { code: 'usage', hint: expect.stringContaining('the folder that holds roles/') };
    expect(() => findScenarios([], import.meta.dirname)).toThrow(expect.objectContaining(error));
  });
});
