import * as z from 'zod';
import { sh } from '../shell/sh.ts';
import { type BuildSettings, contextTag } from './build-context.ts';
import { type Change, defineResource, type Unknown } from './contract.ts';
import { buildImage, CONTEXT_LABEL, pullImage } from './docker-image-transfer.ts';
import { absolutePath, line } from './fields.ts';

/** https://github.com/distribution/reference: `[host[:port]/]path[:tag][@digest]`. */
const PART = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const HOST = '(?:localhost|[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\\d))(?::\\d{1,5})?';
const NAME = `(?:${HOST}/)?${PART}(?:/${PART})*`;
const REPOSITORY = new RegExp(`^${NAME}$`);
const REFERENCE = new RegExp(`^${NAME}(?::[\\w][\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);

const pulled = z.strictObject({
  /** `redis:8`, `registry.example.com/app@sha256:...`; without tag and digest it is `latest`. */
  pull: z.string().max(400).regex(REFERENCE, 'must be the name of an image: redis:8'),
});

const built = z.strictObject({
  /** Name of the image without a tag: the tag is the hash of what it is built from. */
  name: z.string().max(200).regex(REPOSITORY, 'must be the name of an image without a tag: shop/app'),
  build: z.strictObject({
    /** A folder on this machine. */
    context: absolutePath(),
    /** Within the context; default `Dockerfile`. */
    dockerfile: line().min(1).optional(),
    /** Build arguments: they stay readable in the image's history, so no secrets. */
    args: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an ARG'), z.string()).optional(),
    /** The stage to build; default is the last one. */
    target: line().min(1).optional(),
  }),
});

export type DockerImageInput = z.input<typeof pulled> | z.input<typeof built>;

interface DockerImage {
  /** The image's whole name: what compose files refer to. */
  readonly reference: string;
  readonly build?: (BuildSettings & { readonly context: string; readonly tag: string }) | undefined;
}

interface ActualImage {
  readonly exists: boolean;
  /** The label that built images carry. */
  readonly context?: string | undefined;
}

const schema = z.unknown().transform((raw, refinement): DockerImage => {
  const isBuilt = typeof raw === 'object' && raw !== null && 'build' in raw;
  const result = (isBuilt ? built : pulled).safeParse(raw);
  if (!result.success) {
    for (const { path, message } of result.error.issues) refinement.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  }
  if ('pull' in result.data) return { reference: withTag(result.data.pull) };
  const { name, build } = result.data;
  const tag = contextTag(build.context, build);
  return { reference: `${name}:${tag}`, build: { ...build, tag } };
});

/** The whole name of the image that `dockerImage({ name, build })` makes: `shop/app:1f0c5b6a7d8e9f01`. */
export function builtImage(name: string, { context, ...settings }: BuildSettings & { context: string }): string {
  return `${name}:${contextTag(context, settings)}`;
}

/**
 * An image in the host's Docker Engine: pulled, or built there from a folder of this machine that is streamed to it.
 * An image that is there is not pulled again, even where its tag has moved on: name a version or a digest.
 *
 * @example dockerImage({ pull: 'redis:8' })
 * @example dockerImage({ name: 'shop/app', build: { context: '/home/me/shop', args: { VERSION: '3' } } })
 */
export const dockerImage = defineResource<DockerImageInput, DockerImage, ActualImage>({
  kind: 'docker-image',
  schema,
  name: ({ reference }) => reference,
  timeoutMs: 30 * 60_000,

  // Where all are there it is one call; an image that is missing costs a second one, to tell it from a silent engine.
  probe: (all) => sh`
    command -v docker >/dev/null || exit 0
    docker image inspect --format \
      '{{json .RepoTags}} {{json .RepoDigests}} {{with .Config}}{{json (index .Labels "${CONTEXT_LABEL_RAW}")}}{{end}}' \
      ${all.map(({ reference }) => reference)} 2>/dev/null ||
      docker version >/dev/null 2>&1 || echo silent
  `,

  parse(output, all): (ActualImage | Unknown)[] {
    const lines = output.split('\n');
    if (lines.includes('silent')) return all.map(() => ({ unknown: 'the Docker Engine does not answer' }));
    const found = new Map(lines.filter((text) => text.startsWith('[')).flatMap(readImage));
    return all.map(({ reference }) => found.get(familiarName(reference)) ?? { exists: false });
  },

  diff({ reference, build }, actual): Change[] {
    if (!actual.exists) return [{ action: 'create', what: '', to: build ? `built as ${reference}` : `pulled` }];
    if (build === undefined || actual.context === build.tag) return [];
    return [{ action: 'update', what: 'content', from: 'an image that was not built from this context', to: build.tag }];
  },

  async perform({ reference, build }, _changes, _actual, target) {
    if (build === undefined) await pullImage(reference, target);
    else await buildImage(reference, build, target);
  },
});
