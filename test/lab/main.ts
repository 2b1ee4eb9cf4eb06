/**
 * The lab: throwaway hosts for the tests and the demo. Started by `setup.sh`, which sees to Node and the dependencies.
 *
 *   up                          set up the engine, images and registry; quick when all is there
 *   down [--all]                remove the hosts and the registry; with --all the images, and the engine if it was started here
 *   host [NAME] [RELEASE]       start a host and tell how to log in to it
 *   run -- COMMAND [ARG...]     set up, run the command, remove the hosts that it started
 *   demo up | down              set up and provision the demo's host, or remove it
 */
import { ProvisionError } from '../../src/errors.ts';
import { demoDown, demoUp } from './demo.ts';
import { type DownOptions, down } from './down.ts';
import { type LabHost, startHost } from './host.ts';
import { LabError } from './lab-error.ts';
import { withLock } from './lock.ts';
import { say } from './progress.ts';
import { RELEASES } from './releases.ts';
import { runCommand } from './run.ts';
import { ensureTestTools } from './test-tools.ts';
import { up } from './up.ts';

const USAGE =
  'Usage: setup.sh up | down [--all] | host [NAME] [RELEASE] | run -- COMMAND [ARG...] | demo up | demo down';

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'up' && rest.length === 0) return setUp();
  if (command === 'down' && rest.length === 0) return tearDown({ all: false });
  if (command === 'down' && rest.join() === '--all') return tearDown({ all: true });
  if (command === 'host') return host(rest);
  if (command === 'run' && rest[0] === '--' && rest[1] !== undefined) return run(rest[1], rest.slice(2));
  if (command === 'demo' && rest[0] === 'up') return demo();
  if (command === 'demo' && rest[0] === 'down') return demoDown();
  throw new LabError(`unknown command: ${argv.join(' ')}`, USAGE);
}

async function setUp(): Promise<number> {
  await withLock(up);
  return 0;
}

async function tearDown(options: DownOptions): Promise<number> {
  await withLock(() => down(options));
  return 0;
}

async function host([name = 'host', release = RELEASES[0]]: readonly string[]): Promise<number> {
  const distro = RELEASES.find((known) => known === release);
  if (distro === undefined) throw new LabError(`unknown release: ${release}`, `Take one of ${RELEASES.join(', ')}.`);
  await withLock(up);
  process.stdout.write(describe(await startHost({ name, distro })));
  return 0;
}

async function run(command: string, args: readonly string[]): Promise<number> {
  await withLock(async () => {
    await up();
    await ensureTestTools();
  });
  return runCommand(command, args);
}

async function demo(): Promise<number> {
  await withLock(up);
  return demoUp();
}

function describe({ name, distro, address, ports, keyFile, hostKey, users }: LabHost): string {
  return `${name}: Debian ${distro} at ${address}; remove it with: sh test/lab/setup.sh down
  ssh -i ${keyFile} -p ${ports.ssh} root@127.0.0.1
  ssh -i ${keyFile} -p ${ports.ssh} ${users.deploy.name}@127.0.0.1     sudo without a password
  ssh -i ${keyFile} -p ${ports.ssh} ${users.operator.name}@127.0.0.1   sudo with the password: ${users.operator.password}
  ssh -i ${keyFile} -p ${ports.ssh} ${users.guest.name}@127.0.0.1      no sudo
  http://127.0.0.1:${ports.http}  https://127.0.0.1:${ports.https}
  host key: ${hostKey}
`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabError || error instanceof ProvisionError)) throw error;
  say(error.message);
  if (error.hint !== undefined) say(error.hint);
  process.exit(1);
}
