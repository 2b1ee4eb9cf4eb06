/**
 * `npm run bench:startup`: how long it takes until somebody who typed a command sees something, beside a Node.js that does
 * nothing and beside Ansible.
 *
 *   --rounds N   default 11
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { busyPercent, type Program } from './measure.ts';
import { ensureAnsible } from './peer.ts';
import { table } from './table.ts';

const PROVISION = fileURLToPath(new URL('../bin/provision', import.meta.url));
const LIMIT_MS = 30_000;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '11' } } });
await ensureAnsible();
const folder = mkdtempSync(join(tmpdir(), 'provision-bench-'));
try {
  const programs: readonly Program[] = [
    { name: 'node -e 0', argv: [process.execPath, '-e', 'console.log(0)'] },
    { name: 'provision --help', argv: [PROVISION, '--help'] },
    // On a terminal of its own: it asks its first question.
    { name: 'provision', argv: ['script', '--quiet', '--command', PROVISION, '/dev/null'] },
    { name: 'ansible-playbook --help', argv: ['ansible-playbook', '--help'] },
  ];
  const timesMs = Object.fromEntries(programs.map(({ name }): [string, number[]] => [name, []]));
  const busy = await busyPercent();
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const program of programs) {
      const durationMs = await firstOutputMs(program);
      if (round > 0) timesMs[program.name]?.push(durationMs);
    }
  }
  process.stdout.write(`
${table(timesMs, 'provision', 'until the first output, ms')}

Medians of ${values.rounds} runs each, in turn, after one to warm up; other work took ${busy} % of the machine before.
`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The time from its start to the first it prints; then it is ended. @throws Error when it prints nothing */
async function firstOutputMs({ name, argv: [command, ...args] }: Program): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state') },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
  const closed = once(child, 'close');
  const seen = await Promise.race([once(child.stdout, 'data'), closed.then(() => undefined)]);
  const durationMs = performance.now() - startedMs;
  // With it goes the terminal, and so what runs on it.
  child.kill('SIGKILL');
  await closed;
  if (seen === undefined) throw new Error(`${name} ended without a word`);
  return durationMs;
}
