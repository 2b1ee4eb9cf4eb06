import { describe, expect, it } from 'vitest';
import { isSexagesimal, plainScalar } from '../../../src/inventory/yaml/scalars.ts';

describe('plainScalar', () => {
  // What PyYAML 6's safe_load makes of them.
  it.each<[string, string | number | boolean | null]>([
    ['', null],
    ['~', null],
    ['null', null],
    ['nUll', 'nUll'],
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['no', false],
    ['off', false],
    ['y', 'y'],
    ['n', 'n'],
    ['oN', 'oN'],
    ['0', 0],
    ['-7', -7],
    ['-0', 0],
    ['-0.0', 0],
    ['-0x0', 0],
    ['+7', 7],
    ['1_000', 1000],
    ['0644', 420],
    ['-017', -15],
    ['089', '089'],
    ['0o17', '0o17'],
    ['0x1F', 31],
    ['0b101', 5],
    ['1.50', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['-1.5e+3', -1500],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['.nan', Number.NaN],
    ['1.2.3', '1.2.3'],
    ['10.0.0.1', '10.0.0.1'],
    ['web1', 'web1'],
  ])('%j is %j', (text, value) => {
    expect(plainScalar(text)).toBe(value);
  });

  it.each(['2026-11-21', '12345678901234567890'])('%s stays a text', (text) => {
    expect(plainScalar(text)).toBe(text);
  });
});

describe('isSexagesimal', () => {
  it.each([
    ['22:22', true],
    ['190:20:30', true],
    ['190:20:30.15', true],
    ['8080:80', false],
    ['0:4', false],
    ['0:4.5', true],
    ['00:11:22:33:44:55', false],
    ['::1', false],
    ['10:00 am', false],
  ])('%s: %s', (text, expected) => {
    expect(isSexagesimal(text)).toBe(expected);
  });
});
