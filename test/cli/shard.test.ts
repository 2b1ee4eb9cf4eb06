/** `--shard` on the commands that go to hosts: the whole program, with hosts at which nobody listens. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROVISION = join(import.meta.dirname, '../../bin/provision');
const COUNT = 3;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
  const hosts = Array.from(
    { length: COUNT },
    (_, i) => `    h${i + 1}: { ansible_host: 127.0.0.${i + 1}, ansible_port: 1 }`,
  );
  writeFileSync(
    join(folder, 'site.yml'),
    `all:\n  vars: { roles: [packages], packages: [bash] }\n  hosts:\n${hosts.join('\n')}\n`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

function provision(...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: '1' };
  const [command = '', ...rest] = args;
  const all = [command, '-i', 'site.yml', ...rest];
  const { status, stdout, stderr } = spawnSync(PROVISION, all, { encoding: 'utf8', env, cwd: folder });
  return { status, stdout, stderr };
}

describe('a shard', () => {
  it('has the hosts of a run that are its own, and no others', () => {
    const { status, stdout } = provision('plan', '--shard', '1/2', '--json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toEqual({ version: 1, type: 'shard', shard: '1/2', hosts: ['h1', 'h3'], chosen: COUNT });
    expect(events[1]).toMatchObject({ type: 'run-started', hosts: ['h1', 'h3'] });
    expect(status).toBe(4);
  });

  it('is a part of what --limit leaves', () => {
    const { stdout } = provision('exec', '--limit', '!h1', '--shard', '2/2', '--json', '--', 'true');
    expect(stdout.split('\n', 1)[0]).toBe('{"version":1,"type":"shard","shard":"2/2","hosts":["h3"],"chosen":2}');
  });

  it.each([
    ['plan'],
    ['plan', '--detailed-exitcode'],
    ['apply', '--yes'],
    ['status'],
    ['exec', '--', 'true'],
    ['logs'],
    ['releases'],
    ['inventory'],
  ])('without hosts ends well, and says so: %s %s', (command, ...rest) => {
    const { status, stderr, stdout } = provision(command ?? '', '--shard', '5/5', ...rest);
    expect(stderr.trim()).toBe(`shard 5/5: none of ${COUNT} hosts, nothing to do`);
    expect(stdout).toBe(command === 'releases' ? 'no host has a stack, so there are no releases\n' : '');
    expect(status).toBe(0);
  });

  it('without hosts is checked like the others', () => {
    const { status, stderr } = provision('plan', '--shard', '5/5', '--role', 'nothing');
    expect(stderr).toContain('no selected host has the role "nothing"');
    expect(status).toBe(2);
  });
});
