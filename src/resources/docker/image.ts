import * as z from 'zod';
import { sh } from '../../shell/sh.ts';
import { type Change, defineResource, type Unknown } from '../contract.ts';
import { absolutePath, line } from '../fields.ts';
import type { Build } from './build.ts';
import { type BuildSettings, CONTEXT_LABEL, contextTag } from './build-context.ts';
import { NO_ENGINE } from './engine.ts';
import { familiarName, imageReference, imageRepository } from './image-name.ts';
import { isPulledAs, printRecords, readRecords, restoreImage } from './image-record.ts';

const input = z
  .strictObject({
    /** `redis:8`, `registry.example.com/app@sha256:...`; without tag and digest it is `latest`. */
    pull: imageReference().optional(),
    /** Name of the image to build, without a tag: the tag is the hash of what it is built from. */
    name: imageRepository().optional(),
    build: z
      .strictObject({
        /** A folder on this machine. */
        context: absolutePath(),
        /** Within the context; default `Dockerfile`. */
        dockerfile: line().min(1).optional(),
        /** Build arguments: they stay readable in the image's history, so no secrets. */
        args: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an ARG'), z.string()).optional(),
        /** The stage to build; default is the last one. */
        target: line().min(1).optional(),
      })
      .optional(),
  })
  .refine(({ pull, name, build }) => (pull === undefined) === (name !== undefined && build !== undefined), {
    error: 'needs either pull, or name and build',
  });

type Input = z.input<typeof input>;

export type DockerImageInput =
  | { readonly pull: string }
  | { readonly name: string; readonly build: NonNullable<Input['build']> };

interface DockerImage {
  /** The image's whole name, as compose files refer to it. */
  readonly reference: string;
  /** Undefined where it is pulled. */
  readonly build: Build | undefined;
}

interface ActualImage {
  readonly exists: boolean;
  /** Whether it is another one than was built or pulled under this name. */
  readonly isOther?: boolean;
}

/** The whole name of the image that `dockerImage({ name, build })` makes: `shop/app:1f0c5b6a7d8e9f01`. */
export function builtImage(name: string, { context, ...settings }: BuildSettings & { readonly context: string }) {
  return `${name}:${contextTag(context, settings)}`;
}

const INSPECT_FORMAT = `[{{json .ID}},{{json .RepoTags}},{{json .RepoDigests}},{{with .Config}}{{with .Labels}}{{json (index . "${CONTEXT_LABEL}")}}{{else}}null{{end}}{{else}}null{{end}}]`;

/**
 * An image in the host's Docker Engine: pulled, or built there from a folder of this machine that is streamed to it.
 * An image that is there is not pulled again, even where its tag has moved on since: name a version or a digest.
 *
 * @example dockerImage({ pull: 'redis:8' })
 * @example dockerImage({ name: 'shop/app', build: { context: '/home/me/shop', args: { VERSION: '3' } } })
 */
export const dockerImage = defineResource<DockerImageInput, DockerImage, ActualImage>({
  kind: 'docker-image',
  schema: input.transform(({ pull, name, build }): DockerImage => {
    if (pull !== undefined) return { reference: pull, build: undefined };
    if (name === undefined || build === undefined) return z.NEVER;
    const tag = contextTag(build.context, build);
    return { reference: `${name}:${tag}`, build: { ...build, tag } };
  }),
  name: ({ reference }) => reference,
  timeoutMs: 30 * 60_000,

  // One call where all are there. Only where one is missing it takes a second, to tell that from a silent engine.
  probe: (all) => sh`
    ${printRecords(all.map(({ reference }) => reference))}
    command -v docker >/dev/null || exit 0
    docker image inspect --format ${INSPECT_FORMAT} ${all.map(({ reference }) => reference)} 2>/dev/null ||
      docker version >/dev/null 2>&1 || echo silent
  `,

  parse(output, all): (ActualImage | Unknown)[] {
    const lines = output.split('\n');
    if (lines.includes('silent')) return all.map(() => ({ unknown: NO_ENGINE }));
    const found = new Map(lines.filter((text) => text.startsWith('[')).flatMap(readImage));
    const recorded = readRecords(output);
    return all.map(({ reference, build }): ActualImage => {
      const name = familiarName(reference);
      const image = found.get(name);
      if (image === undefined) return { exists: false };
      const isRecorded = image.id === (recorded.get(name) ?? image.id);
      const isRight = build ? isRecorded && image.builtAs === build.tag : isRecorded || isPulledAs(name, image.digests);
      return { exists: true, isOther: !isRight };
    });
  },

  diff({ build }, { exists, isOther }): Change[] {
    const to = build ? `built from ${build.context}` : 'pulled';
    if (!exists) return [{ action: 'create', what: '', to }];
    return isOther ? [{ action: 'update', what: 'content', from: 'another image of that name', to }] : [];
  },

  async perform({ reference, build }, _changes, actual, target) {
    // Built or pulled anew it might have another id, and the containers that run would be of another image.
    const mayBeHere = build !== undefined || actual?.isOther === true;
    if (mayBeHere && (await target.run(restoreImage(reference))).code === 0) return;
    // Loaded when needed: Docker's client takes longer to load than a run that changes nothing takes in all.
    if (build) await (await import('./build.ts')).buildImage(reference, build, target);
    else await (await import('./pull.ts')).pullImage(reference, target);
  },

  // What is pulled comes from where there is one for all.
  shared: ({ reference, build }) => build && reference,

  async fetch({ reference }, from, target) {
    await (await import('./image-transfer.ts')).sendImage(reference, from, target);
  },
});

interface SeenImage {
  readonly id: string;
  /** By which it was pulled: `redis@sha256:...`. */
  readonly digests: readonly string[];
  /** The tag that the builder wrote into the image. */
  readonly builtAs: string | null;
}

/** The image under each of its names. */
function readImage(line: string): [string, SeenImage][] {
  const [id, tags, digests, builtAs] = JSON.parse(line) as [string, string[] | null, string[] | null, string | null];
  return [...(tags ?? []), ...(digests ?? [])].map((name) => [
    familiarName(name),
    { id, digests: digests ?? [], builtAs },
  ]);
}
