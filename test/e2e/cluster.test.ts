/** Two application hosts behind two load balancers: one redeploy over all of them, which no visitor of either notices. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LabHost, startHost } from '../lab/host.ts';
import { lab } from '../lab/lab.ts';
import { type AppFolder, appFolder, doesNotStart, version } from './app-variants.ts';
import { type Load, withLoad } from './load.ts';
import { provision, type Run } from './provision.ts';
import { output, succeeds } from './redeploy-site.ts';

const NAMES = ['lb1', 'lb2', 'app1', 'app2'] as const;
type Name = (typeof NAMES)[number];

let hosts: Record<Name, LabHost>;
let app: AppFolder;
let inventory: string;
const env = { PATH: process.env.PATH, HOME: mkdtempSync(join(tmpdir(), 'provision-home-')) };

beforeAll(async () => {
  const started = await Promise.all(NAMES.map((name) => startHost({ name: `cluster-${name}` })));
  hosts = Object.fromEntries(NAMES.map((name, i) => [name, started[i]])) as Record<Name, LabHost>;
  app = appFolder();
  app.become(version('1'));
  inventory = await writeInventory();
  await succeeds(run('apply', '--yes'));
});
afterAll(() => Promise.all(Object.values(hosts ?? {}).map((host) => host.stop())));

it('brings out a new version on all hosts, builds its image once, and takes it back', async () => {
  app.become(version('2'));
  const { result } = await unnoticed(() => succeeds(run('redeploy')));
  expect(await versions()).toEqual(['2', '2', '2', '2']);
  expect(output(result)).toMatch(/app1: .*image palindrome\/app:\w+: build/);
  expect(output(result)).toMatch(/app2: .*image palindrome\/app:\w+: fetch from app1/);
  const images = await Promise.all(
    [hosts.app1, hosts.app2].map(
      async (host) =>
        (await host.exec("docker inspect -f '{{.Image}}' $(docker ps -q --filter name=palindrome-app-)")).stdout,
    ),
  );
  expect(new Set(images.join('').trim().split('\n')).size).toBe(1);

  await unnoticed(() => succeeds(run('rollback')));
  expect(await versions()).toEqual(['1', '1', '1', '1']);
});

it('ends where a new version does not start on the first host, and never touches the second', async () => {
  const before = await containers(hosts.app2);
  app.become(version('3'), doesNotStart());
  const { result } = await unnoticed(() => run('redeploy'));
  expect(result.code, output(result)).toBe(1);
  expect(await containers(hosts.app2)).toEqual(before);
  expect(await versions()).toEqual(['1', '1', '1', '1']);
});

it('leaves one balancer out of no redeploy, whatever --limit says', async () => {
  app.become(version('4'));
  await unnoticed(() => succeeds(run('redeploy', '--limit', 'app1')));
  expect(await versions()).toEqual(['1', '1', '4', '4']);
  await unnoticed(() => succeeds(run('redeploy')));
  expect(await versions()).toEqual(['4', '4', '4', '4']);
});

function run(command: string, ...options: readonly string[]): Promise<Run> {
  return provision([command, '-i', inventory, '--verbose', ...options], env);
}

async function unnoticed<T>(work: () => Promise<T>): Promise<Load<T>> {
  const urls = [hosts.lb1, hosts.lb2].map((host) => `https://127.0.0.1:${host.ports.https}`);
  const load = await withLoad({ urls }, work);
  expect({ failed: load.failed, failures: load.failures }).toEqual({ failed: 0, failures: {} });
  expect(load.total).toBeGreaterThan(0);
  return load;
}

/** What each replica says of its version, sorted. */
async function versions(): Promise<string[]> {
  const found = await Promise.all(
    [hosts.app1, hosts.app2].map((host) =>
      host.exec(`
        for port in $(docker ps --filter name=^palindrome-app- --format '{{.Ports}}' | grep -o '[0-9.]*:18[0-9]*'); do
          curl -fsm 5 "http://$port/version"; echo
        done`),
    ),
  );
  return found.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean)).sort();
}

async function containers(host: LabHost): Promise<string> {
  return (await host.exec("docker ps -q --no-trunc | xargs docker inspect -f '{{.Id}} {{.State.StartedAt}}' | sort"))
    .stdout;
}

/** JSON is YAML. */
async function writeInventory(): Promise<string> {
  const { registryMirror, registry } = await lab();
  const reached = (name: Name) => ({
    ansible_host: hosts[name].address,
    ansible_user: 'root',
    ansible_ssh_private_key_file: hosts[name].keyFile,
    provision_host_key: hosts[name].hostKey,
  });
  const content = {
    all: {
      children: {
        lb: {
          vars: {
            roles: ['certs', 'haproxy'],
            certs: { domain: 'app.example.com', provider: 'self-signed' },
            haproxy: { routes: [{ path: '/', service: 'app' }], backends: { app: { hosts: 'application' } } },
          },
          hosts: { lb1: reached('lb1'), lb2: reached('lb2') },
        },
        application: {
          vars: {
            roles: ['docker', 'stack'],
            docker: { source: 'distro', registry_mirrors: [registryMirror], insecure_registries: [registry] },
            stack: {
              name: 'palindrome',
              listen: '{{ private_address }}',
              services: {
                app: {
                  build: app.path,
                  replicas: 2,
                  port: 5000,
                  env: { REDIS_HOST: 'redis', READY_AFTER_SECONDS: 2, PREPARE_MIN_SECONDS: 1, PREPARE_MAX_SECONDS: 2 },
                  health: { path: '/status', body: 'OK', timeout: '20s' },
                  drain: { prepare: '/prepare-for-deploy', ready: '/ready-for-deploy', body: 'Ready' },
                  rollout: { steady: '2s' },
                },
                redis: { image: 'redis:8' },
              },
            },
          },
          hosts: {
            app1: { ...reached('app1'), private_address: hosts.app1.address },
            app2: { ...reached('app2'), private_address: hosts.app2.address },
          },
        },
      },
    },
  };
  const file = join(mkdtempSync(join(tmpdir(), 'provision-inventory-')), 'cluster.yml');
  writeFileSync(file, JSON.stringify(content, undefined, 2));
  return file;
}
