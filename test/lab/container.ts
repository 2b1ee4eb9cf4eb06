import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { addressOf, docker, type ExecResult, execIn, LAB_LABEL, RUN_LABEL } from './docker.ts';

const ALREADY_STOPPED = 304;

export interface ContainerOptions {
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Files that are there before it starts: absolute path to content. */
  readonly files?: Readonly<Record<string, string>>;
}

/** One container beside the hosts, to try an image in. */
export interface LabContainer {
  readonly address: string;
  exec(script: string): Promise<ExecResult>;
  /** What it printed so far. */
  logs(): Promise<string>;
  /** Stops it as the engine stops it on a host, and starts it again. */
  restart(): Promise<void>;
  /** Asks it to end, unless it has; its exit code, 137 when it had to be killed after ten seconds. */
  end(): Promise<number>;
  remove(): Promise<void>;
}

/** Starts a container from an image that the engine has. */
export async function startContainer({ image, env = {}, files = {} }: ContainerOptions): Promise<LabContainer> {
  const container = await docker.createContainer({
    Image: image,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [LAB_LABEL]: 'host', [RUN_LABEL]: process.env.PROVISION_LAB_RUN ?? '' },
  });
  const tar = pack();
  for (const [path, content] of Object.entries(files)) tar.entry({ name: path.slice(1), mode: 0o755 }, content);
  tar.finalize();
  await container.putArchive(Readable.from(tar), { path: '/' });
  await container.start();
  return {
    address: addressOf(await container.inspect()),
    exec: (script) => execIn(container.id, script),
    logs: async () => (await container.logs({ stdout: true, stderr: true })).toString(),
    restart: () => container.restart(),
    end: async () => {
      await container.stop().catch((error) => {
        if (error.statusCode !== ALREADY_STOPPED) throw error;
      });
      return (await container.inspect()).State.ExitCode;
    },
    remove: () => container.remove({ force: true, v: true }),
  };
}
