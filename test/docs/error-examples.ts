/** The errors that docs/errors.md shows, each brought about by the code that a user would run into. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { notIssued } from '../../roles/certs/acme-problem.ts';
import packages from '../../roles/packages.ts';
import { parseCommandLine } from '../../src/cli/arguments/arguments.ts';
import { outputError } from '../../src/cli/stray.ts';
import { drain } from '../../src/deploy/balancer.ts';
import type { DeployHost } from '../../src/deploy/deploy-host.ts';
import { startProof } from '../../src/deploy/prove.ts';
import { deployProject } from '../../src/deploy/redeploy.ts';
import { roll } from '../../src/deploy/rolling.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import { type AssignedRole, evaluateRoles } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import { compare, readProbes } from '../../src/engine/plan.ts';
import type { Balancer, RoleDefinition } from '../../src/engine/role.ts';
import { type ErrorCode, ProvisionError } from '../../src/errors.ts';
import { readPlays } from '../../src/import/playbook/playbook.ts';
import {
  command,
  composeService,
  defineRole,
  dockerImage,
  file,
  type Handler,
  httpCheck,
  port,
  sh,
  z,
} from '../../src/index.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { selectHosts } from '../../src/inventory/patterns.ts';
import { writeReport } from '../../src/report/html/write.ts';
import type { ComposeService } from '../../src/resources/compose/desired.ts';
import { digestOf } from '../../src/resources/compose/files.ts';
import type { Resource } from '../../src/resources/contract.ts';
import { contextTag } from '../../src/resources/docker/build-context.ts';
import type { ActualReleases } from '../../src/resources/releases/release.ts';
import { renderTemplate } from '../../src/resources/templates/template-text.ts';
import { findRun } from '../../src/runs/read.ts';
import { Secret } from '../../src/shell/secret.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { becomeError } from '../../src/transport/become-errors.ts';
import { connectionLost, notRun, timedOut } from '../../src/transport/exchange-errors.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { hostKeyCheck } from '../../src/transport/host-key.ts';
import { resolveAddress } from '../../src/transport/ssh-config.ts';
import { unreachable } from '../../src/transport/tcp.ts';
import type { Connection, HostAddress } from '../../src/transport/types.ts';
import { checkAssertion } from '../../src/trial/scripts.ts';
import { encryptVault } from '../../src/vault/vault.ts';
import { sandbox } from '../engine/sandbox.ts';
import { folderWith, load, resolve } from '../inventory/inventory-files.ts';
import { sampleRun } from '../report/html/sample.ts';
import { fakeEngine, trace } from '../resources/docker/fake-engine.ts';
import { localTarget } from '../resources/local-target.ts';

/** What a failing promise or call ends with. */
type Failing = () => unknown;

const ADDRESS: HostAddress = {
  name: 'web1',
  transport: 'ssh',
  hostname: '203.0.113.10',
  port: 22,
  user: 'deploy',
  keyFiles: [],
  jumps: [],
  hostKeys: { mode: 'strict', knownHostsFiles: ['/home/alice/.ssh/known_hosts'], pinned: [] },
  become: { method: 'auto' },
  connectTimeoutMs: 15_000,
  keepAliveMs: 10_000,
};

const HOST_KEY = publicKey('a');
const NOWHERE = '/no/such/path';

/** An inventory of one host with these lines among its variables. */
function inventoryWith(...lines: readonly string[]): string {
  return ['all:', '  vars:', ...lines.map((line) => `    ${line}`), '  hosts:', '    web1:', ''].join('\n');
}

/** The lines of an encrypted text. */
function sealed(plain: string): readonly string[] {
  return encryptVault(plain, Secret.named('password', 'correct horse'), 'prod').trimEnd().split('\n');
}

export const ERROR_EXAMPLES: Partial<Record<ErrorCode, Failing>> = {
  usage: () => parseCommandLine(['plan', '--inventry', 'prod.yml']),
  'inventory-not-found': () => loadInventory('prd.yml', { env: {} }),
  'inventory-script-failed'() {
    const dir = folderWith({ 'cloud.sh': '#!/bin/sh\necho no credentials >&2\nexit 3\n' });
    chmodSync(join(dir, 'cloud.sh'), 0o755);
    return loadInventory(join(dir, 'cloud.sh'), { env: {} });
  },
  'inventory-syntax': () => load(inventoryWith('packages: [curl', 'users: []')),
  'inventory-structure': () => load('all:\n  hosts: [web1, web2]\n'),
  'inventory-duplicate-host': () =>
    resolve(
      [
        'all:',
        '  vars: { roles: [packages] }',
        '  hosts:',
        '    web1: { ansible_host: 203.0.113.10 }',
        '    web2: { ansible_host: 203.0.113.10 }',
        '',
      ].join('\n'),
    ),
  'inventory-empty-group': () => load('all:\n  hosts:\n    web1:\n  children:\n    db:\n      hosts:\n'),
  'inventory-no-host-matches': async () => selectHosts(await load('all:\n  hosts:\n    web1:\n    web2:\n'), 'web3'),
  'inventory-unresolved-reference': () =>
    resolve(inventoryWith('roles: [packages]', 'packages: ["{{ editor }}"]', 'editors: vim')),
  'secret-missing': () => resolve(inventoryWith('roles: [packages]', 'secrets:', '  db_app: { env: DB_APP_PASSWORD }')),
  'vault-damaged': () =>
    load(inventoryWith('db_password: !vault |', '  $ANSIBLE_VAULT;1.1;AES256', '  3132333435363738393')),
  'vault-password-missing': () =>
    resolve(inventoryWith('ansible_password: !vault |', ...sealed('hunter2').map((line) => `  ${line}`))),
  'inventory-unknown-variable': () => resolve(inventoryWith('roles: [packages]', 'pakages: [curl]')),
  'inventory-bad-parameter': () =>
    resolve(inventoryWith('roles: [docker]', 'docker: { source: debian, user: [alice] }')),
  'role-not-found': () => resolve(inventoryWith('roles: [packages, stak]')),
  'resource-invalid': () =>
    evaluate(
      defineRole({ name: 'motd', params: z.object({}), resources: () => [file({ path: 'etc/motd', content: '' })] }),
      {},
      { motd: 'prod.yml:4:5' },
    ),
  'resource-duplicate': () =>
    evaluateRoles(
      {
        name: 'web1',
        secrets: [],
        localPath: (path) => path,
        peers: () => [],
        roles: [
          assigned(motd('motd', 'Welcome\n')),
          assigned(motd('branding', 'Welcome to the shop\n')),
          assigned(packages),
        ],
      },
      ASSUMED_FACTS,
    ),
  'template-invalid': () =>
    renderTemplate({ source: 'files/motd.hbs', text: 'Welcome to {{ hostname }}\n' }, { name: 'web1', owner: 'alice' }),
  'playbook-invalid': () => readPlays(join(folderWith({ 'tasks.yml': '- debug: { msg: hello }\n' }), 'tasks.yml')),
  'file-unreadable': () => contextTag(join(folderWith({ 'app/app.py': '' }), 'app')),
  'run-not-found': () => findRun('/home/alice/.local/state/provision/runs', undefined),
  'key-unreadable': () =>
    resolveAddress(
      { name: 'web1', keyFile: '/home/alice/.ssh/deploy' },
      { home: '/nonexistent', user: 'alice', sshConfigFile: '/nonexistent/config' },
    ),

  unreachable: () => raise(unreachable(ADDRESS, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))),
  'host-key-unknown': () => raise(hostKeyCheck(ADDRESS).verify(HOST_KEY)),
  'host-key-changed': () => {
    const known = `203.0.113.10 ssh-ed25519 ${publicKey('b').toString('base64')}\n`;
    const knownHosts = join(folderWith({ known_hosts: `# known\n${known}` }), 'known_hosts');
    const hostKeys = { ...ADDRESS.hostKeys, knownHostsFiles: [knownHosts] };
    raise(hostKeyCheck({ ...ADDRESS, hostKeys }).verify(HOST_KEY));
  },
  'become-password-missing': () => raise(becomeError(ADDRESS, 'sudo: a password is required\n', 1)),
  'shell-unusable': () => raise(becomeError(ADDRESS, 'This account is currently not available.\n', 1)),
  'connection-lost': () => raise(connectionLost('web1', 'the host closed the connection')),

  'host-locked': () => {
    const holder = 'token 4711\nalice@laptop, provision apply, process 4711\n2026-11-21T03:12:45.120Z\n';
    raise(notRun('web1', '/run/provision.lock', 'locked', holder));
  },
  'test-failed': () => {
    const host = fakeConnection(() => ({ stdout: 'Hello\n' }));
    return checkAssertion(host, { run: 'cat /etc/motd', exits: 0, prints: 'Welcome' }, 1000);
  },
  'report-unwritable': () => {
    const { run, events } = sampleRun({ hosts: 1, resources: 1 });
    writeReport('/dev', run, events);
  },
  'output-unwritable'() {
    const cause = { errno: -28, code: 'ENOSPC', syscall: 'write' };
    throw outputError('standard output', Object.assign(new Error('ENOSPC: no space left on device, write'), cause));
  },
  'unsupported-host': () => evaluate(packages, { packages: ['curl'] }, {}, 'apk'),
  conflict() {
    const resource = port({ port: 443, by: ['haproxy'] });
    const listener = 'LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=812,fd=6))\n';
    const [actual] = resource.kind.parse(listener, [resource.desired]);
    onHost(() => compare([{ role: 'haproxy', resource }], new Map([[resource, actual]])));
  },
  'probe-failed'() {
    const resource = file({ path: '/etc/motd', content: '' });
    const probe = { kind: resource.kind, resources: [resource], script: sh`` };
    onHost(() => readProbes([probe], [{ code: 127, stdout: '' }], 'sh: 9: sha256sum: not found\n'));
  },
  'apply-failed': () =>
    run([
      command({
        name: 'activate',
        script: sh`echo 'license.example.com does not answer' >&2; exit 4`,
        creates: NOWHERE,
      }),
    ]),
  'not-converged': () => run([command({ name: 'activate', argv: ['true'], creates: NOWHERE })]),
  'handler-failed': () =>
    run([command({ name: 'settings', script: sh`touch settings`, unless: sh`[ -e settings ]` }, { notify: RESTART })]),
  async 'not-healthy'() {
    // The second look is at its end.
    vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(60_001);
    onTestFinished(() => void vi.restoreAllMocks());
    const check = httpCheck({
      name: 'app-1',
      container: 'shop-app-1',
      url: 'http://127.0.0.1:18001/status',
      body: 'OK',
    });
    const log =
      'Traceback (most recent call last):\n  File "app.py", line 3\nModuleNotFoundError: No module named \'redis\'\n';
    const answer = `status 404 /run/http-0\nbody ${Buffer.from('Not ready\n').toString('base64')} /run/http-0\n`;
    let looks = 0;
    const target = {
      ...localTarget(),
      run: async () => ({ code: 0, stderr: '', stdout: looks++ === 0 ? answer : log }),
    };
    await check.kind.perform?.(check.desired, [], undefined, target).catch((error: ProvisionError) => {
      throw error.at({ host: 'web1', task: check.id });
    });
  },
  'balancer-failed': () => {
    const stderr = 'socat[812] E connect(5, AF=1 "/run/haproxy/admin.sock", 25): Connection refused\n';
    const balancer = deployHost('lb1', async () => ({ code: 1, stdout: '', stderr }));
    return drain([{ balancer, backend: 'app', server: 'app-1' }]);
  },
  'certificate-not-issued': () => {
    const names = ['shop.example.com', 'www.shop.example.com'];
    const output =
      'unreachable: www.shop.example.com leads to 198.51.100.9, where another server answers: HTTP/1.1 404 Not Found';
    const place = { host: 'lb1', task: 'acme-certificate:shop.example.com' };
    throw notIssued({ names, host: 'acme-v02.api.letsencrypt.org', output }).at(place);
  },
  'handshake-failed': handshake,
  async 'proof-impossible'() {
    const proof = startProof({ url: 'http://127.0.0.1:9/', clients: 1, intervalMs: 60_000 });
    onTestFinished(async () => void (await proof.stop()));
    return proof.requireAnswer();
  },
  'release-not-found': () => {
    const host = deployHost('web1', async () => ({ code: 0, stdout: 'sha256:1\n', stderr: '' }));
    const kept = { version: '', commit: '', by: 'alice@laptop', at: '2026-11-21T03:12:45.120Z', digest: '' };
    const actual: ActualReleases = {
      releases: [7, 8].map((number) => ({ ...kept, number })),
      current: 8,
      ran: [7, 8],
      images: new Map(),
      references: new Map(),
      held: undefined,
      journal: undefined,
    };
    const project = {
      name: 'shop',
      places: [{ host, release: { ...SHOP, services: {} }, actual }],
      balancers: [],
      allBalancers: [],
    };
    const abort = new AbortController().signal;
    const context = { emit: () => {}, stop: abort, abort };
    const steps = newSteps({ role: 'redeploy', ...context });
    return deployProject(project, { action: 'rollback', to: 2, by: kept.by, begunMs: 0, steps, context });
  },
  async 'build-failed'() {
    const step = { digest: 'sha256:1', name: '[3/4] RUN pip install -r requirements.txt' };
    const error = 'process "/bin/sh -c pip install -r requirements.txt" did not complete successfully: exit code: 1';
    const printed = 'ERROR: No matching distribution found for flsk==3.1\n';
    await image({ name: 'shop/app', build: { context: folderWith({ Dockerfile: 'FROM scratch\n' }) } }, [
      trace([{ ...step, error }], [{ step: step.digest, text: printed }]),
      { error },
    ]);
  },
  'pull-failed': () => image({ pull: 'redis:800' }, [{ error: 'manifest for redis:800 not found: manifest unknown' }]),
  'disk-full': () => raise(notRun('web1', '/run/provision.lock', 'full', '')),
  'command-timed-out': () => raise(timedOut('web1', 120, undefined)),
};

/** The error of that example, with paths as they would be for Alice, whose inventory is /home/alice/shop/prod.yml. */
export async function exampleError(failing: Failing): Promise<ProvisionError> {
  const error = await Promise.resolve()
    .then(failing)
    .then(
      () => expect.fail('the example does not fail'),
      (reason: unknown) => reason,
    );
  if (!(error instanceof ProvisionError)) throw error;
  const { code, message, location, host, task, hint, detail } = error;
  const atHome = (text: string | undefined) =>
    text
      ?.replaceAll(/\/[^\s:]*\/provision-inventory-[^/]+/g, '/home/alice/shop')
      .replaceAll('/home/alice/shop/prod.yml', 'prod.yml')
      .replaceAll('shop/known_hosts', '.ssh/known_hosts');
  return new ProvisionError(code, atHome(message) ?? '', {
    location: atHome(location),
    hint: atHome(hint),
    detail: atHome(detail),
    host,
    task,
  });
}

const RESTART: Handler = {
  id: 'restart shop',
  script: sh`echo 'Job for shop.service failed because the control process exited with error code.' >&2; exit 1`,
};

const SHOP = { project: 'shop', directory: '/opt/shop', sources: [] };

function deployHost(name: string, run: Connection['run']): DeployHost {
  const stream = () => Promise.reject(new Error('no stream'));
  const connection: Connection = { host: name, exchanges: 0, run, stream, close: async () => {} };
  const balancer: Balancer = {
    adminSocket: '/run/haproxy/admin.sock',
    masterSocket: '/run/haproxy-master.sock',
    configFile: '/etc/haproxy/haproxy.cfg',
    backupFile: '/var/lib/provision/balancer/before.cfg',
    holdFolder: '/var/lib/provision/balancer/held',
    reload: { id: 'reload haproxy', script: sh`true` },
    servers: [],
    site: undefined,
  };
  return {
    name,
    connection,
    survey: { facts: ASSUMED_FACTS, pending: new Set(), findings: [] },
    balancer,
    isChosen: true,
  };
}

/** Two replicas, of which the second one is older than the release, and does not get ready. */
async function handshake(): Promise<void> {
  const [fresh, old] = ['services:\n  app-1: {}\n', 'services:\n  app-2: {}\n'];
  const slots = [fresh, old].map((definition, i) => ({
    name: `app-${i + 1}`,
    container: `shop-app-${i + 1}`,
    definition,
    port: 18_001 + i,
  }));
  const drain = { prepare: '/prepare', path: '/ready', body: 'ready' };
  const service = composeService({ ...SHOP_SERVICE, slots, drain }).desired as ComposeService;
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  onTestFinished(() => void vi.restoreAllMocks());
  const inspected = slots.map(({ name, port }, i) =>
    JSON.stringify([
      ...[
        'container',
        `c${i + 1}`,
        'shop',
        name,
        'sha256:1',
        'shop/app:1',
        'unless-stopped',
        0,
        0,
        null,
        'running',
        0,
        't',
        null,
        null,
      ],
      ...[{ '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] }, ['shop_default', ['app-1']]],
    ]),
  );
  const state = [
    'directory /opt/shop',
    ...slots.map(({ name, definition }, i) => `made ${name} c${i + 1} ${digestOf(definition)}`),
    'docker shop-app-1 shop-app-2 ',
    ...inspected,
    '["image","sha256:1"]',
    '',
  ].join('\n');
  const host = deployHost('web1', async (script) => {
    const text = scriptText(script);
    if (text.includes('docker inspect') && !text.includes(drain.prepare)) return { code: 0, stdout: state, stderr: '' };
    const isPrepared = text.includes(drain.path);
    // The first answer comes at the end of the time.
    if (isPrepared) clock += 60_001;
    const status = isPrepared ? 404 : 200;
    const body = Buffer.from(isPrepared ? 'Not ready' : '').toString('base64');
    return { code: 0, stdout: `status ${status} /run/http-0\nbody ${body} /run/http-0\n`, stderr: '' };
  });
  const release = {
    number: 9,
    digests: new Map([
      ['app-1', digestOf(fresh)],
      ['app-2', digestOf('newer')],
    ]),
    ports: new Map(),
    images: new Map([['app', 'sha256:1']]),
    references: new Map(),
    replicas: new Map([['app', 1]]),
    checks: new Map(),
  };
  const abort = new AbortController().signal;
  const steps = newSteps({ role: 'redeploy', emit: () => {}, stop: abort, abort });
  await roll([{ host, service, release, servers: () => [] }], { steps });
}

const SHOP_SERVICE = { project: 'shop', directory: '/opt/shop', service: 'app', image: 'shop/app:1', rolling: true };

/** Applies these on a host of the engine's tests. */
async function run(resources: readonly Resource[]): Promise<void> {
  const host = sandbox();
  onTestFinished(() => host.remove());
  const { summary } = await host.run({ shop: resources.map((resource) => inFolder(resource, host.folder)) });
  raise(summary.error);
}

/** Commands run in / where nothing else is said. */
function inFolder(resource: Resource, cwd: string): Resource {
  return { ...resource, desired: { ...(resource.desired as object), cwd } };
}

async function image(input: Parameters<typeof dockerImage>[0], messages: readonly object[]): Promise<void> {
  const engine = await fakeEngine([{ messages }]);
  onTestFinished(() => engine.close());
  const { kind, desired, id } = dockerImage(input);
  await kind.perform?.(desired, [], undefined, engine.target).catch((error: ProvisionError) => {
    throw error.at({ host: 'web1', task: id });
  });
}

function evaluate(
  role: unknown,
  params: Record<string, unknown>,
  origins: Readonly<Record<string, string>> = {},
  packageManager = ASSUMED_FACTS.packageManager,
): void {
  const spec = { name: 'web1', secrets: [], localPath: (path: string) => path, peers: () => [] };
  evaluateRoles({ ...spec, roles: [assigned(role, params, origins)] }, { ...ASSUMED_FACTS, packageManager });
}

function assigned(
  role: unknown,
  params: Record<string, unknown> = {},
  origins: Readonly<Record<string, string>> = {},
): AssignedRole {
  const definition = role as RoleDefinition;
  return { definition, params: definition.params.parse(params), origin: ([name]) => origins[String(name)] };
}

function motd(name: string, content: string) {
  return defineRole({ name, params: z.object({}), resources: () => [file({ path: '/etc/motd', content })] });
}

/** A public key in its wire format: RFC 8709. */
function publicKey(letter: string): Buffer {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([field(Buffer.from('ssh-ed25519')), field(Buffer.from(letter.repeat(32)))]);
}

/** The engine says last of all on which host it happened. */
function onHost(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ host: 'web1' }) : error;
  }
}

function raise(error: ProvisionError | undefined): never {
  throw error ?? new Error('there is no error');
}
