/** Hosts with Docker, as a rolling redeploy sees them: its scripts are not run but recognised, and change what is there. */
import type { ScriptResult } from '../../src/resources/contract.ts';

/** A container in the place of a replica. */
interface Container {
  readonly release: number;
  readonly id: string;
  isUp: boolean;
  /** How often it was started again. */
  starts: number;
  restart: string;
}

/** How applications behave. */
export interface AppWays {
  /** Releases, or single replicas (`web1-app-1`), whose health check fails. */
  readonly ill: Set<number | string>;
  /** Status of the answer to `/prepare`. */
  prepare: number;
  /** So many times the answer to `/ready` is that it is not. */
  notReady: number;
}

export interface DockerHosts {
  /** By replica: `web1-app-1`. */
  readonly containers: ReadonlyMap<string, Container>;
  make(replica: string, release: number): void;
  /** Whether it runs and answers as it should. */
  isWell(replica: string): boolean;
  /** How often all containers of a host were looked at. */
  readonly looks: number;
  /** What a host does about a script, and answers. */
  answer(host: string, script: string): Partial<ScriptResult>;
}

/** What a release has for a place. */
export function digestOf(release: number, place: string): string {
  return `digest-${release}-${place}`;
}

/** Where a replica answers: 18001 for app-1. */
export function portOf(place: string): number {
  return 18_000 + Number(place.slice('app-'.length));
}

/** @param write is told what happens: `  start web1-app-3 of release 2` */
export function dockerHosts(ways: AppWays, write: (entry: string) => void): DockerHosts {
  const containers = new Map<string, Container>();
  let made = 0;
  let looks = 0;

  function make(replica: string, release: number): void {
    made += 1;
    containers.set(replica, { release, id: `c${made}`, isUp: true, starts: 0, restart: 'unless-stopped' });
  }

  function isWell(replica: string): boolean {
    const container = containers.get(replica);
    return container?.isUp === true && !ways.ill.has(container.release) && !ways.ill.has(replica);
  }

  /** As `INSPECT_FORMAT` asks for it. */
  function inspect(host: string, place: string): string {
    const container = containers.get(`${host}-${place}`);
    if (container === undefined) return `error: no such object: shop-${place}`;
    const { id, release, restart, isUp, starts } = container;
    const state = isUp ? ['running', 0] : ['exited', 137];
    const image = `sha256:${release}`;
    const ports = { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(portOf(place)) }] };
    const rest = [`start ${starts} of ${id}`, null, null, ports, ['shop_default', [place]]];
    return JSON.stringify([
      'container',
      id,
      'shop',
      place,
      image,
      'shop/app:1',
      restart,
      0,
      0,
      null,
      ...state,
      ...rest,
    ]);
  }

  function statusAt(replica: string, path: string): number {
    if (!containers.get(replica)?.isUp) return 0;
    if (path === '/status') return isWell(replica) ? 200 : 503;
    write(`  ask ${replica} for ${path}`);
    if (path === '/prepare') return ways.prepare;
    ways.notReady -= 1;
    return ways.notReady < 0 ? 200 : 404;
  }

  /** What curl prints for the URLs in a script. */
  function answersTo(host: string, script: string): string {
    // Nothing else was written down for a replica than what it is asked now.
    const paths = new Map([...script.matchAll(/^path_(\d+)=\$\{asked:-(\S+)\}$/gm)].map(([, i, path]) => [i, path]));
    const run = script.replace(/^if \[ "\$differs" \]; then$[\s\S]*?^else$/m, '');
    const urls = run.matchAll(/http:\/\/127\.0\.0\.1:180(\d\d)(?:(\/\w+)|"\$path_(\d+)")/g);
    return [...urls]
      .map(([, port, given, number], i) => [port, given ?? paths.get(number) ?? '', i] as const)
      .map(([port, path, i]) => `status ${statusAt(`${host}-app-${Number(port)}`, path)} /run/http-${i}\n`)
      .join('');
  }

  /** What the probe of `composeService` prints. */
  function look(host: string, script: string): string {
    const known = /^known='?([^'\n]*?)'? others=/.exec(script)?.[1]?.split(' ') ?? [];
    const own = [...containers].filter(([replica]) => replica.startsWith(`${host}-`));
    const here = own.map(([replica, container]) => ({ place: replica.slice(host.length + 1), ...container }));
    const others = here.map(({ place }) => `shop-${place}`).filter((name) => !known.includes(name));
    const names = [...known, ...others];
    return [
      'directory /opt/shop',
      ...here.flatMap(({ place, id, release }) => [
        `made ${place} ${id} ${digestOf(release, place)} `,
        `services/${place}.yml:services`,
      ]),
      `docker ${names.join(' ')}`,
      ...names.map((name) => inspect(host, name.slice('shop-'.length))),
      '["image","sha256:0"]',
      answersTo(host, script),
    ].join('\n');
  }

  function answer(host: string, script: string): Partial<ScriptResult> {
    const found = (pattern: RegExp) => pattern.exec(script)?.slice(1) ?? [];
    if (script.startsWith('known=')) {
      looks += 1;
      return { stdout: look(host, script) };
    }
    if (/^docker inspect /m.test(script)) {
      const [place = ''] = found(/ shop-(\S+) 2>&1/);
      return { stdout: `${inspect(host, place)}\n${answersTo(host, script)}` };
    }
    if (script.startsWith('docker logs')) return { stdout: 'the reason\n' };
    const [policy, names = ''] = found(/^docker update --restart (\S+) (.*) >/);
    if (policy !== undefined) {
      const replicas = names.replaceAll('shop-', `${host}-`).split(' ');
      for (const replica of replicas) (containers.get(replica) as Container).restart = policy;
      write(`  restart policy ${policy} for ${replicas.join(' ')}`);
      return {};
    }
    const [release, started] = found(/cat <\.provision\/releases\/(\d+)\/\S+\.yml.*?--force-recreate (\S+)/s);
    if (started !== undefined) {
      make(`${host}-${started}`, Number(release));
      write(`  start ${host}-${started} of release ${release}`);
      return {};
    }
    const [stopped] = found(/docker stop -t 10 shop-(\S+)/);
    if (stopped !== undefined) {
      containers.delete(`${host}-${stopped}`);
      write(`  stop ${host}-${stopped}`);
      return {};
    }
    if (script.includes('curl')) return { stdout: answersTo(host, script) };
    throw new Error(`what is this? ${script}`);
  }

  return {
    containers,
    make,
    isWell,
    answer,
    get looks() {
      return looks;
    },
  };
}
