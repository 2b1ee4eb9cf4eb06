/** `npm run demo`: the main job on a throwaway host, from bare to an URL that answers. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findHost, type LabHost, startHost } from './host.ts';
import { lab } from './lab.ts';
import { LabError } from './lab-error.ts';
import { say } from './progress.ts';
import { stateFile } from './state.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEMO_HOST = 'demo';
const ANSWER_LIMIT_S = 60;

/** Starts the demo's host where it does not run yet, provisions it, and looks whether the site answers. */
export async function demoUp(): Promise<number> {
  const host = (await findHost(DEMO_HOST)) ?? (await startHost({ name: DEMO_HOST }));
  const password = adminPassword();
  const code = await provision(await demoEnvironment(host, { password }));
  if (code !== 0) return code;
  const url = `https://127.0.0.1:${host.ports.https}`;
  await waitForAnswer(url);
  process.stdout.write(`
The site answers (its certificate is self-signed):

  ${url}/          and http://127.0.0.1:${host.ports.http}/, which leads there
  ${url}/admin     user developer, password ${password}

  log in      ssh -i ${host.keyFile} -p ${host.ports.ssh} root@127.0.0.1
  again       npm run demo          changes nothing, in a fraction of a second
  remove      npm run demo:down
`);
  return 0;
}

/** Removes the demo's host with all that it stored. */
export async function demoDown(): Promise<number> {
  const host = await findHost(DEMO_HOST);
  await host?.stop();
  say(host ? 'the demo is removed' : 'there is no demo to remove');
  return 0;
}

/** What inventory/demo.yml takes from the environment. */
export async function demoEnvironment(
  host: LabHost,
  { user = 'root', password }: { user?: string; password: string },
): Promise<NodeJS.ProcessEnv> {
  const { registryMirror, registry } = await lab();
  return {
    DEMO_USER: user,
    DEMO_HOST: host.address,
    DEMO_KEY_FILE: host.keyFile,
    DEMO_HOST_KEY: host.hostKey,
    DEMO_REGISTRY_MIRROR: registryMirror,
    DEMO_REGISTRY: registry,
    DEMO_ADMIN_PASSWORD: password,
  };
}

function provision(env: NodeJS.ProcessEnv): Promise<number> {
  const args = ['--inventory', 'inventory/demo.yml', '--yes'];
  say(`bin/provision ${args.join(' ')}`);
  const child = spawn('bin/provision', args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

/** The same at every call, so that a second one changes nothing. */
function adminPassword(): string {
  const file = stateFile('demo-password');
  try {
    return readFileSync(file, 'utf8');
  } catch {
    writeFileSync(file, randomBytes(12).toString('base64url'), { mode: 0o600 });
    return readFileSync(file, 'utf8');
  }
}

async function waitForAnswer(url: string): Promise<void> {
  for (let waited = 0; waited < ANSWER_LIMIT_S; waited += 1) {
    if ((await statusOf(`${url}/status`)) === 200) return;
    if (waited % 5 === 0) say(`waiting for ${url}/status (${waited} s of ${ANSWER_LIMIT_S} s)`);
    await sleep(1000);
  }
  throw new LabError(`${url}/status does not answer with 200`, 'Look at the lines above, and at the host.');
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request(url, { rejectUnauthorized: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
