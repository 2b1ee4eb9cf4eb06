/** The wizard as a user meets it: in a terminal, from an empty folder to a site that answers. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, startHost } from '../lab/host.ts';
import { lab } from '../lab/lab.ts';
import { openTerminal, type Terminal } from '../terminal.ts';
import { eventually } from './eventually.ts';
import { provision, summaryOf } from './provision.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROMPT = '$ ';
const ANSWER_LIMIT_MS = 60_000;
const APPLY_LIMIT_MS = 400_000;

let host: LabHost;
let folder: string;
let env: NodeJS.ProcessEnv;
let terminal: Terminal;
beforeAll(async () => {
  host = await startHost({ name: 'wizard' });
  await useRegistryOfLab();
  folder = mkdtempSync(join(tmpdir(), 'provision-wizard-'));
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  for (const ending of ['', '.pub']) copyFileSync(host.keyFile + ending, join(home, `.ssh/id_ed25519${ending}`));
  cpSync(join(ROOT, 'files/app'), join(folder, 'app'), { recursive: true });
  mkdirSync(join(folder, 'site'));
  env = { HOME: home, PATH: `${join(ROOT, 'bin')}:${process.env.PATH}`, LANG: 'C.UTF-8' };
  terminal = openTerminal({ columns: 80, rows: 40, cwd: join(folder, 'site'), env, prompt: PROMPT });
});
afterAll(async () => {
  terminal?.close();
  await host?.stop();
});

/** What the internet is to other hosts. */
async function useRegistryOfLab(): Promise<void> {
  const { registryMirror, registry } = await lab();
  const options = `--registry-mirror=${registryMirror} --insecure-registry=${registry}`;
  await host.exec(`
    mkdir -p /etc/systemd/system/docker.service.d
    printf '[Service]\\nEnvironment="DOCKER_OPTS=%s"\\n' '${options}' >/etc/systemd/system/docker.service.d/mirror.conf`);
}

function screen(): string {
  return terminal.look().join('\n');
}

/** The question that waits for an answer; undefined where the shell does. */
function question(): string | undefined {
  const lines = terminal.look();
  if (lines.at(-1) === PROMPT.trim()) return undefined;
  const last = lines.findLastIndex((line) => /^[?✔] /.test(line));
  return lines[last]?.startsWith('? ') ? lines.slice(last).join('\n') : '';
}

/** Waits until the screen shows something else than a question that was answered already. */
async function next(answered: string): Promise<string | undefined> {
  for (const until = Date.now() + ANSWER_LIMIT_MS; Date.now() < until; await sleep(100)) {
    const found = question();
    if (found === undefined || (found !== '' && found !== answered)) return found;
  }
  throw new Error(`after ${JSON.stringify(answered)} nothing was asked:\n${screen()}`);
}

interface Answer {
  readonly to: string;
  readonly type?: string;
  readonly press?: readonly string[];
}

/** Starts the wizard and takes what it offers, but for these answers, in their order. @returns the last question */
async function answer(answers: readonly Answer[], end: string): Promise<string[]> {
  const asked: string[] = [];
  const left = [...answers];
  let before = '';
  // What is typed before the shell asks for it stands before its prompt; before it was taken, that looks like the end.
  await eventually(async () => expect(terminal.look().at(-1)).toBe(PROMPT.trim()));
  terminal.type('provision');
  await eventually(async () => expect(terminal.look().at(-1)).toBe(`${PROMPT}provision`));
  terminal.press('Enter');
  for (;;) {
    const current = await next(before);
    if (current === undefined) throw new Error(`it ended before ${JSON.stringify(end)}:\n${screen()}`);
    asked.push(current);
    if (current.includes(end)) break;
    const own = left[0] && current.startsWith(`? ${left[0].to}`) ? left.shift() : undefined;
    if (own?.type !== undefined) terminal.type(own.type);
    // What was typed shows before Enter leaves the question: the next one is told from it by its text.
    await sleep(300);
    before = question() ?? '';
    terminal.press(...(own?.press ?? ['Enter']));
  }
  expect(left).toEqual([]);
  return asked;
}

describe('the wizard', () => {
  it('leads from an empty folder to a site that answers', async () => {
    const asked = await answer(
      [
        { to: 'Address or name of the host', type: host.address },
        { to: 'Who shall administer', press: ['Down', 'Enter'] },
        { to: 'Name of the account', type: 'alice' },
        { to: 'Packages to install', type: 'jq' },
        { to: 'Its folder', type: '../app' },
      ],
      'Apply this plan?',
    );
    expect(asked.length).toBeGreaterThan(20);
    terminal.type('y');
    terminal.press('Enter');
    for (const until = Date.now() + APPLY_LIMIT_MS; question() !== undefined; await sleep(500)) {
      if (Date.now() > until) throw new Error(`the apply does not end:\n${screen()}`);
    }
    expect(screen()).toContain(`https://${host.address}`);
    expect(screen()).toContain('provision --inventory inventory/site.yml');
    const { stdout } = await host.exec(`curl -ksm 10 -w '%{http_code}' -o /dev/null https://${host.address}/status`);
    expect(stdout).toBe('200');
    expect((await host.exec('id -nG alice')).stdout).toContain('alice');
  });

  it('leaves an inventory behind that runs headless, and changes nothing', async () => {
    const inventory = join(folder, 'site/inventory/site.yml');
    expect(readFileSync(inventory, 'utf8')).toMatch(/^# yaml-language-server: \$schema=/);
    const again = await provision(['--inventory', inventory, '--yes', '--json'], env);
    expect(summaryOf(again)).toMatchObject({ status: 'ok', changed: 0, failed: 0, exchanges: 1 });
    expect(again.code).toBe(0);
  });
});
