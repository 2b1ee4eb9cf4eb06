import { aptRepository, type Facts, ProvisionError, type Resource } from '../../src/index.ts';

/** iptables is only recommended by the engine, which cannot publish a port without it. */
const COMMON = ['docker.io', 'iptables'];

const FROM_DOCKER = ['docker-ce', 'docker-ce-cli', 'containerd.io', 'docker-buildx-plugin', 'docker-compose-plugin'];

/** Of the key that https://docs.docker.com/engine/install/debian/ names. */
const DOCKER_KEY = '9DC858229FC7DD38854AE2D88D81803C0EBFCD88';

/** The packages that make the engine, its client and Compose. @throws ProvisionError `unsupported-host` */
export function dockerPackages(source: 'distro' | 'docker.com', { os, osVersion }: Facts): string[] {
  if (source === 'docker.com') return [...FROM_DOCKER, 'iptables'];
  if (os === 'ubuntu') return [...COMMON, 'docker-compose-v2'];
  if (os !== 'debian') throw unsupported(os, 'Use a host with Debian or Ubuntu.');
  // Up to bookworm the client is part of docker.io. Testing and unstable have no version.
  const hasClientPackage = osVersion === '' || Number(osVersion) >= 13;
  return [...COMMON, ...(hasClientPackage ? ['docker-cli'] : []), 'docker-compose'];
}

/** Docker's own repository. @throws ProvisionError `unsupported-host` */
export function dockerRepository({ os, codename, architecture }: Facts): Resource {
  if (os !== 'debian' && os !== 'ubuntu') throw unsupported(os, 'Use a host with Debian or Ubuntu.');
  if (codename === '') throw unsupported(`${os} without a codename`, 'Set docker.source to distro.');
  const repository = `https://download.docker.com/linux/${os}`;
  return aptRepository({
    name: 'docker',
    uris: [repository],
    suites: [codename],
    components: ['stable'],
    architectures: [architecture],
    signingKey: { url: `${repository}/gpg` },
    fingerprint: DOCKER_KEY,
  });
}

function unsupported(os: string, hint: string): ProvisionError {
  return new ProvisionError('unsupported-host', `no packages of Docker are known for ${os || 'this system'}`, { hint });
}
