/** A Docker Engine in memory, as far as throwaway hosts need one. */
import { PassThrough, Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';

export interface FakeContainer {
  readonly id: string;
  readonly options: Docker.ContainerCreateOptions;
  isRunning: boolean;
}

export interface FakeDocker {
  readonly docker: Docker;
  readonly containers: Map<string, FakeContainer>;
  /** Images that are there, with their labels. */
  readonly images: Map<string, Record<string, string>>;
  /** What it was asked to pull, and to build: names of images, and the files of the build context. */
  readonly pulled: string[];
  readonly built: { readonly options: Docker.ImageBuildOptions; readonly files: Record<string, string> }[];
  /** Scripts that were run, and how they are answered: exit code and output. `undefined`: never. */
  readonly scripts: string[];
  answer: (script: string) => { code: number; stdout?: string } | undefined;
  /** What createContainer throws, where it does. */
  refuse: (options: Docker.ContainerCreateOptions) => Error | undefined;
  /** Messages of the next build or pull. */
  messages: object[];
}

function notFound(): Error {
  return Object.assign(new Error('no such thing'), { statusCode: 404 });
}

export function fakeDocker(): FakeDocker {
  let number = 0;
  const fake: FakeDocker = {
    containers: new Map(),
    images: new Map(),
    pulled: [],
    built: [],
    scripts: [],
    messages: [],
    answer: (script) => ({ code: 0, stdout: script.includes('ssh_host') ? 'ssh-ed25519 AAAA\n' : '' }),
    refuse: () => undefined,
    docker: undefined as unknown as Docker,
  };

  function containerOf(id: string) {
    const find = () => fake.containers.get(id) ?? Promise.reject(notFound());
    return {
      id,
      async start() {
        (await find()).isRunning = true;
      },
      async remove() {
        await find();
        fake.containers.delete(id);
      },
      async inspect() {
        const { options } = await find();
        return {
          Id: id,
          Name: `/${options.name}`,
          Config: { Labels: options.Labels },
          NetworkSettings: { Networks: { bridge: { IPAddress: '' } }, Ports: { '22/tcp': [{ HostPort: '40022' }] } },
        };
      },
      async exec({ Cmd }: { Cmd: string[] }) {
        const script = Cmd.at(-1) ?? '';
        fake.scripts.push(script);
        const answer = fake.answer(script);
        return {
          async start() {
            const stream = new PassThrough();
            if (answer !== undefined) stream.end(answer.stdout ?? '');
            return stream;
          },
          inspect: async () => ({ ExitCode: answer?.code }),
        };
      },
    };
  }

  async function progress(): Promise<NodeJS.ReadableStream> {
    const messages = fake.messages;
    fake.messages = [];
    return Readable.from([JSON.stringify(messages)]);
  }

  const engine = {
    ping: async () => 'OK',
    async createContainer(options: Docker.ContainerCreateOptions) {
      const error = fake.refuse(options);
      if (error) throw error;
      number += 1;
      const id = `id-${number}`;
      fake.containers.set(id, { id, options, isRunning: false });
      return containerOf(id);
    },
    getContainer: containerOf,
    async listContainers({ filters: { label } }: { filters: { label: string[] } }) {
      return [...fake.containers.values()]
        .filter(({ options: { Labels = {} } }) =>
          label.every((text) => {
            const [name = '', value] = text.split(/=(.*)/s, 2);
            return name in Labels && (value === undefined || Labels[name] === value);
          }),
        )
        .map(({ id, options }) => ({ Id: id, Labels: options.Labels }));
    },
    getImage: (name: string) => ({
      inspect: async () => ({ Config: { Labels: fake.images.get(name) ?? (await Promise.reject(notFound())) } }),
    }),
    async pull(name: string) {
      fake.pulled.push(name);
      if (!fake.messages.some((message) => 'error' in message)) fake.images.set(name, {});
      return progress();
    },
    async buildImage(context: NodeJS.ReadableStream, options: Docker.ImageBuildOptions) {
      const files: Record<string, string> = {};
      for await (const entry of context.pipe(extract())) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        files[entry.header.name] = Buffer.concat(chunks).toString();
      }
      fake.built.push({ options, files });
      if (!fake.messages.some((message) => 'error' in message)) {
        fake.images.set(options.t ?? '', options.labels as unknown as Record<string, string>);
      }
      return progress();
    },
    modem: {
      demuxStream: (stream: PassThrough, stdout: PassThrough) => stream.pipe(stdout, { end: false }),
      async followProgress(stream: Readable, onEnd: (error: null) => void, onEvent: (event: object) => void) {
        for (const message of (await json(stream)) as object[]) onEvent(message);
        onEnd(null);
      },
    },
  };
  return Object.assign(fake, { docker: engine as unknown as Docker });
}
