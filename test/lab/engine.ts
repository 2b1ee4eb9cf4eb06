import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineProblem } from './docker.ts';
import { LabError } from './lab-error.ts';
import { type Note, step } from './progress.ts';
import { aptInstall, runProcess } from './run-process.ts';
import { stateFile } from './state.ts';

const SOCKET = '/var/run/docker.sock';
const START_LIMIT_MS = 60_000;

/** Sees to it that a Docker Engine answers: installs and starts one where we are root on Debian, else tells what is missing. */
export async function ensureEngine(): Promise<void> {
  const problem = await engineProblem();
  if (problem === undefined) return;
  if (process.env.DOCKER_HOST) {
    throw new LabError(
      `no Docker Engine answers at ${process.env.DOCKER_HOST}: ${problem}`,
      'Mend or unset DOCKER_HOST.',
    );
  }
  if (/EACCES/.test(problem)) {
    throw new LabError(
      `you may not use the Docker Engine at ${SOCKET}`,
      'Run `sudo usermod -aG docker $USER` and log in anew.',
    );
  }
  if (process.getuid?.() !== 0 || !isDebian()) {
    throw new LabError(`no Docker Engine answers at ${SOCKET}: ${problem}`, hintForUser());
  }
  if (!hasDockerd()) await step('Docker Engine: install', (note) => aptInstall(['docker.io', 'iptables'], note));
  if ((await engineProblem()) !== undefined) await step('Docker Engine: start', startEngine);
}

/** Stops the engine if `ensureEngine` started it; whether it did. */
export async function stopEngine(): Promise<boolean> {
  const pidFile = stateFile('engine.pid');
  if (!existsSync(pidFile)) return false;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (!isRunning(pid, 'dockerd')) return false;
  process.kill(pid, 'SIGTERM');
  for (const deadlineMs = Date.now() + 30_000; isRunning(pid, 'dockerd'); await sleep(100)) {
    if (Date.now() > deadlineMs)
      throw new LabError(`the Docker Engine does not stop (process ${pid})`, `See ${stateFile('engine.log')}.`);
  }
  rmSync(pidFile);
  return true;
}

function isDebian(): boolean {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*debian/m.test(release);
}

function hintForUser(): string {
  if (process.platform !== 'linux') return 'Install and start Docker Desktop, or set DOCKER_HOST.';
  if (!isDebian()) return 'Install and start Docker (https://docs.docker.com/engine/install/), or set DOCKER_HOST.';
  return 'Run `sudo apt-get install docker.io iptables` and `sudo usermod -aG docker $USER`, then log in anew.';
}

function hasDockerd(): boolean {
  return ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'].some((path) => existsSync(path));
}

async function startEngine(note: Note): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    const hint = 'See `journalctl -u docker`.';
    await runProcess('systemctl', ['start', 'docker'], { timeoutMs: START_LIMIT_MS, note, hint });
    return;
  }
  removeStaleFiles();
  const logFile = stateFile('engine.log');
  const log = openSync(logFile, 'w');
  // A session of its own: the engine goes on when this terminal closes or its user presses Ctrl-C.
  const daemon = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] });
  let failure: string | undefined;
  daemon.on('error', (error) => {
    failure = error.message;
  });
  daemon.on('exit', (code) => {
    failure = `dockerd exited with ${code}`;
  });
  daemon.unref();
  for (const deadlineMs = Date.now() + START_LIMIT_MS; (await engineProblem()) !== undefined; await sleep(100)) {
    note(lastLines(logFile, 1));
    if (Date.now() > deadlineMs) failure ??= `dockerd does not answer within ${START_LIMIT_MS / 1000} s`;
    if (failure) throw new LabError(`${failure}\n  ${lastLines(logFile, 10)}`, `See ${logFile}.`);
  }
  writeFileSync(stateFile('engine.pid'), String(daemon.pid));
}

/** An engine that was killed leaves its process ids behind; once such a number is in use again, dockerd refuses to start. */
function removeStaleFiles(): void {
  const pidFiles = { '/var/run/docker.pid': 'dockerd', '/var/run/docker/containerd/containerd.pid': 'containerd' };
  for (const [file, name] of Object.entries(pidFiles)) {
    if (existsSync(file) && !isRunning(Number(readFileSync(file, 'utf8')), name)) rmSync(file);
  }
  if (!existsSync('/var/run/docker.pid')) rmSync(SOCKET, { force: true });
}

function isRunning(pid: number, name: string): boolean {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return false;
  // A process that ended stays as a zombie (Z) where the first process does not reap, as in many containers.
  return new RegExp(`^\\d+ \\(${name}\\) [^ZX]`).test(readFileSync(stat, 'utf8'));
}

function lastLines(file: string, count: number): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n  ');
}
