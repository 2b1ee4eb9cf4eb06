/** Two application hosts behind two load balancers. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabHost, startHost } from '../lab/host.ts';
import { lab } from '../lab/lab.ts';
import { type AppFolder, appFolder, version } from './app-variants.ts';
import { provision, type Run, type RunHooks } from './provision.ts';

const NAMES = ['lb1', 'lb2', 'app1', 'app2'] as const;
type Name = (typeof NAMES)[number];

/** Of the application: variables of its environment. */
type Times = Readonly<Record<string, number>>;

/** What the inventory says of the application, or of its backend, besides. */
type Settings = Readonly<Record<string, unknown>>;

export interface ClusterSite {
  readonly hosts: Readonly<Record<Name, LabHost>>;
  readonly app: AppFolder;
  /** Where each load balancer answers. */
  readonly urls: readonly string[];
  /** From now on the inventory has the application under that name alone, with places that begin at that port. */
  rename(service: string, hostPort: number, settings?: Settings, backend?: Settings): Promise<void>;
  run(command: 'plan' | 'apply' | 'redeploy' | 'rollback', ...options: readonly string[]): Promise<Run>;
  /** A redeploy that is killed when it tells of that. */
  killedAt(step: RegExp): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts the hosts; nothing is applied yet. The application is version 1. */
export async function startCluster(times: Times): Promise<ClusterSite> {
  const started = await Promise.all(NAMES.map((name) => startHost({ name: `cluster-${name}` })));
  const hosts = Object.fromEntries(NAMES.map((name, i) => [name, started[i]])) as Record<Name, LabHost>;
  const app = appFolder();
  app.become(version('1'));
  let inventory = await writeInventory(hosts, app, times);
  const env = { PATH: process.env.PATH, HOME: mkdtempSync(join(tmpdir(), 'provision-home-')) };
  return {
    hosts,
    app,
    urls: [hosts.lb1, hosts.lb2].map((host) => `https://127.0.0.1:${host.ports.https}`),
    async rename(service, hostPort, settings, backend) {
      inventory = await writeInventory(hosts, app, times, { service, hostPort, settings, backend });
    },
    run: (command, ...options) => provision([command, '-i', inventory, '--verbose', ...options], env),
    killedAt(step) {
      const onOutput: RunHooks['onOutput'] = (text, child) => {
        if (step.test(text)) child.kill('SIGKILL');
      };
      return provision(['redeploy', '-i', inventory, '--verbose'], env, { onOutput });
    },
    async stop() {
      await Promise.all(started.map((host) => host.stop()));
    },
  };
}

interface Application {
  readonly service: string;
  readonly hostPort?: number;
  readonly settings?: Settings | undefined;
  readonly backend?: Settings | undefined;
}

/** JSON is YAML. */
async function writeInventory(
  hosts: ClusterSite['hosts'],
  app: AppFolder,
  times: Times,
  { service, hostPort, settings, backend }: Application = { service: 'app' },
): Promise<string> {
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
            haproxy: {
              routes: [{ path: '/', service }],
              backends: { [service]: { hosts: 'application', ...backend } },
            },
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
                [service]: {
                  build: app.path,
                  replicas: 2,
                  port: 5000,
                  ...(hostPort !== undefined && { host_port: hostPort }),
                  env: { REDIS_HOST: 'redis', ...times },
                  health: { path: '/status', body: 'OK', timeout: '20s' },
                  drain: { prepare: '/prepare-for-deploy', ready: '/ready-for-deploy', body: 'Ready' },
                  rollout: { steady: '2s' },
                  ...settings,
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
