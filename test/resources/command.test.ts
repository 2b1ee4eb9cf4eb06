import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandInput, command } from '../../src/resources/command.ts';
import { Secret } from '../../src/shell/secret.ts';
import { input, renderScript, scriptText, sh } from '../../src/shell/sh.ts';
import { converge, planned, runScript } from './local-target.ts';
import { shells } from './shells.ts';
import { applied, changesOf, desired } from './table.ts';

const ECHO = { name: 'x', argv: ['echo', 'a b'] };

describe('command', () => {
  it('looks at paths, and runs what tells that it is done', () => {
    const all = desired(command, [
      { ...ECHO, creates: '/a b' },
      { ...ECHO, unless: ['test', '-e', '/a b'] },
    ]);
    expect(scriptText(command.probe(all))).toBe(
      [
        "if [ -e '/a b' ] || [ -L '/a b' ]; then echo 'done 0'; fi",
        '(',
        'cd / || exit',
        "test -e '/a b'",
        ') >/dev/null 2>&1 </dev/null',
        'case $? in',
        "  0) echo 'done 1' ;;",
        "  75) echo 'unknown 1' ;;",
        'esac',
      ].join('\n'),
    );
    expect(command.parse('done 1\n', all)).toEqual([{ isDone: false }, { isDone: true }]);
    expect(command.parse('unknown 1\n', all)[1]).toEqual({ unknown: 'whether it is done cannot be told yet' });
  });

  it('says what it will run', () => {
    expect(changesOf(command, { ...ECHO, creates: '/a' }, { isDone: true })).toEqual([]);
    expect(changesOf(command, { ...ECHO, creates: '/a' }, { isDone: false })).toEqual([
      { action: 'run', what: '', to: "echo 'a b'" },
    ]);
    const script = { name: 'x', script: sh`echo ${input('secret')}`, creates: '/a' };
    expect(changesOf(command, script, { isDone: false })).toEqual([{ action: 'run', what: '', to: 'a script' }]);
  });

  it('has a secret in no argument', () => {
    const environment = { PASSWORD: Secret.named('password', 'canary') };
    const text = applied(command, { ...ECHO, creates: '/a', environment }, { isDone: false });
    expect(text).toBe(
      [
        'cd / || exit',
        'PASSWORD=$(cat "$RUN/1" && echo .) || exit',
        'export PASSWORD="${PASSWORD%.}"',
        "echo 'a b'",
      ].join('\n'),
    );
  });

  it.each<[string, CommandInput, RegExp]>([
    ['nothing to run', { name: 'x', creates: '/a' }, /needs argv or script/],
    ['two things to run', { ...ECHO, script: sh`:`, creates: '/a' }, /needs argv or script/],
    ['nothing that tells', ECHO, /needs creates or unless/],
    ['two that tell', { ...ECHO, creates: '/a', unless: ['true'] }, /needs creates or unless/],
    ['no program', { name: 'x', argv: [], creates: '/a' }, /argv: needs a program/],
    ['a relative path', { ...ECHO, creates: 'a' }, /creates: must be an absolute path/],
    ['a variable that is code', { ...ECHO, creates: '/a', environment: { 'A=$(id)': 'x' } }, /environment/],
    ['our own variable', { ...ECHO, creates: '/a', environment: { RUN: '/x' } }, /environment/],
    ['a secret in the look', { ...ECHO, unless: sh`cat ${input(Secret.named('s'))}` }, /unless: must hold no secret/],
    [
      'inputs for another user',
      { name: 'x', script: sh`cat ${input('a')}`, creates: '/a', user: 'ann' },
      /script: cannot/,
    ],
    ['a user that is an option', { ...ECHO, creates: '/a', user: '-c' }, /user/],
    ['a name of two lines', { ...ECHO, name: 'a\nb', creates: '/a' }, /name/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => command(wrong)).toThrow(message);
  });
});

describe.each(shells())('command in %s', (name, options) => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "command '$(x)' "));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('runs until its path is there', async () => {
    const creates = join(folder, 'made');
    const input = { name: 'make', argv: ['touch', creates], creates };
    expect(await converge(command, input, options)).toHaveLength(1);
    expect(await converge(command, input, options)).toEqual([]);
  });

  it('runs a script with its inputs, in its folder, until another one succeeds', async () => {
    const script = sh`cat <${input('a\nb')} >out && pwd >>out`;
    const wish = { name: 'make', script, cwd: folder, unless: sh`[ -s out ]` };
    await converge(command, wish, options);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(`a\nb${folder}\n`);
    expect(await planned(command, wish, options)).toEqual([]);
  });

  it('hands over the environment as it is, byte by byte', async () => {
    const value = `it's "$HOME" \\ \`id\` ünï\t\n\nend\n\n`;
    const creates = join(folder, 'out');
    const environment = { VALUE: Secret.named('value', value), PLAIN: '-n' };
    const argv = ['sh', '-c', 'printf %s "$VALUE$PLAIN" >"$1"', 'sh', creates];
    await converge(command, { name: 'x', argv, creates, environment }, options);
    expect(readFileSync(creates, 'utf8')).toBe(`${value}-n`);
  });

  it('fails with the status of what it ran, and shows why', async () => {
    const input = { name: 'x', script: sh`echo broken >&2; exit 7`, creates: join(folder, 'no') };
    const script = command.apply?.(command(input).desired as never, [], { isDone: false }) ?? sh``;
    expect(await runScript(script, options)).toMatchObject({ code: 7, stderr: 'broken\n' });
  });

  it('is not hindered by what another one does in its look', async () => {
    writeFileSync(join(folder, 'b'), '');
    const all = desired(command, [
      { ...ECHO, unless: sh`cd /nowhere; exit 3` },
      { ...ECHO, creates: join(folder, 'b') },
      { ...ECHO, unless: ['nosuchprogram'] },
      { ...ECHO, unless: ['cat'], user: 'nosuchuser' },
      { ...ECHO, unless: ['cat'] },
    ]);
    const { code, stdout } = await runScript(command.probe(all), options);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done 1\ndone 4\n' });
  });

  // busybox has no runuser(1).
  if (name !== 'busybox alone')
    it('runs as another user, with the home of that user', async () => {
      const creates = '/var/tmp/provision-command-test';
      const input = { name: 'x', argv: ['sh', '-c', `echo "$USER $HOME $V" >${creates}`], creates, user: 'nobody' };
      try {
        await converge(command, { ...input, environment: { V: Secret.named('v', 'secret') } }, options);
        expect(readFileSync(creates, 'utf8')).toBe('nobody /nonexistent secret\n');
        expect(statSync(creates).uid).not.toBe(0);
      } finally {
        rmSync(creates, { force: true });
      }
      expect(existsSync(creates)).toBe(false);
    });

  it('says that there is no such user', async () => {
    const wish = command({ ...ECHO, creates: join(folder, 'no'), user: 'nosuchuser' });
    const script = wish.kind.apply?.(wish.desired, [], { isDone: false }) ?? sh``;
    expect(renderScript(script).inputs).toEqual([]);
    expect(await runScript(script, options)).toMatchObject({ code: 1, stderr: 'there is no user nosuchuser\n' });
  });
});
