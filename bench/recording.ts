/**
 * `npm run recording`: films a terminal of 80 columns while provision brings a throwaway host from bare to a running site,
 * finds nothing to do in a second run, and brings out a new version: docs/recording.svg.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { demoEnvironment } from '../test/lab/demo.ts';
import { startHost } from '../test/lab/host.ts';
import { say, step } from '../test/lab/progress.ts';
import { aptInstall } from '../test/lab/run-process.ts';
import { openTerminal } from '../test/terminal.ts';
import { inFolder } from './in-folder.ts';
import { type Frame, terminalFilm } from './terminal-film.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SIZE = { columns: 80, rows: 24 };
const TITLE =
  'provision brings a host from bare to a running site, finds nothing to do in a second run, and brings out a new version';
const PROMPT = '$ ';
const LOOK_EVERY_MS = 200;
/** The film is so much faster than it was: nobody watches a minute of apt. */
const SPEED = 6;
/** So long the end of a command stays, in the film. */
const REST_MS = 2500;
const COMMAND_LIMIT_MS = 300_000;

const COMMANDS = [
  'provision --inventory prod.yml --yes',
  'provision --inventory prod.yml --yes',
  "sed -i 's/World/Prague/' app/app.py",
  'provision redeploy --inventory prod.yml --prove',
];

async function main(folder: string): Promise<void> {
  if (spawnSync('tmux', ['-V']).error) await step('tmux', (note) => aptInstall(['tmux'], note));
  const host = await startHost({ name: 'recording' });
  try {
    layOut(folder);
    const env = await demoEnvironment(host, { password: randomBytes(12).toString('base64url') });
    const frames = await step('the film', (note) => film(folder, env, note));
    const file = join(ROOT, 'docs/recording.svg');
    writeFileSync(file, terminalFilm(frames, { title: TITLE, ...SIZE }));
    say(`${file}: ${frames.length} frames`);
  } finally {
    await host.stop();
  }
}

/** What somebody would have who wrote the demo's inventory as their own. */
function layOut(folder: string): void {
  const work = join(folder, 'shop');
  mkdirSync(work);
  cpSync(join(ROOT, 'files/app'), join(work, 'app'), { recursive: true });
  const inventory = readFileSync(join(ROOT, 'inventory/demo.yml'), 'utf8').replace('../files/app', 'app');
  writeFileSync(join(work, 'prod.yml'), inventory);
}

async function film(folder: string, env: NodeJS.ProcessEnv, note: (line: string) => void): Promise<Frame[]> {
  const terminal = openTerminal({
    ...SIZE,
    cwd: join(folder, 'shop'),
    env: { ...env, LANG: 'C.UTF-8', PATH: `${join(ROOT, 'bin')}${delimiter}${process.env.PATH}`, HOME: folder },
    prompt: PROMPT,
  });
  try {
    const frames: Frame[] = [];
    const look = (durationMs: number) => {
      const lines = terminal.look({ colours: true });
      frames.push({ lines, durationMs });
      return lines;
    };
    for (const command of COMMANDS) {
      note(command);
      terminal.type(command);
      await sleep(LOOK_EVERY_MS);
      look(REST_MS / 2);
      terminal.press('Enter');
      const until = Date.now() + COMMAND_LIMIT_MS;
      do {
        if (Date.now() > until) throw new Error(`${command} takes longer than ${COMMAND_LIMIT_MS / 1000} s`);
        await sleep(LOOK_EVERY_MS);
      } while (stripVTControlCharacters(look(LOOK_EVERY_MS / SPEED).at(-1) ?? '').trimEnd() !== PROMPT.trimEnd());
      look(REST_MS);
    }
    return frames;
  } finally {
    terminal.close();
  }
}

await inFolder(main);
