import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { contextTag } from '../../../src/resources/docker/build-context.ts';
import { builtImage, type DockerImageInput, dockerImage } from '../../../src/resources/docker/image.ts';
import { planned } from '../local-target.ts';
import { shells } from '../shells.ts';
import { changesOf, desired, probeText } from '../table.ts';
import { type Answer, type FakeEngine, fakeEngine, type HostState, trace } from './fake-engine.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

let context: string;
let build: DockerImageInput;

beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), 'image-'));
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\n');
  build = { name: 'shop/app', build: { context, args: { VERSION: '3 "x"' } } };
});
afterEach(() => rmSync(context, { recursive: true, force: true }));

describe('docker-image', () => {
  it('is named after what it is built from', () => {
    const tag = contextTag(context, { args: { VERSION: '3 "x"' } });
    expect(dockerImage(build).id).toBe(`docker-image:shop/app:${tag}`);
    expect(builtImage('shop/app', { context, args: { VERSION: '3 "x"' } })).toBe(`shop/app:${tag}`);
    expect(dockerImage({ pull: 'redis:8' }).id).toBe('docker-image:redis:8');
  });

  it('asks for all images with one call', () => {
    const text = probeText(dockerImage, [{ pull: 'redis:8' }, build]);
    expect(text.match(/docker image inspect/g)).toHaveLength(1);
    expect(text).toContain(`redis:8 shop/app:${contextTag(context, { args: { VERSION: '3 "x"' } })} 2>/dev/null`);
  });

  it.each([
    { pull: 'redis:8', images: ['["sha256:a",["redis:8"],["redis@sha256:0"],""]'], exists: true },
    { pull: 'redis:8', images: ['["sha256:a",["redis:7","redis:8.0"],[],""]'], exists: false },
    { pull: 'redis', images: ['["sha256:a",["redis:latest"],[],null]'], exists: true },
    { pull: 'docker.io/library/redis:8', images: ['["sha256:a",["redis:8"],null,null]'], exists: true },
    { pull: 'redis:8', images: ['["sha256:a",["example.com/redis:8"],null,null]'], exists: false },
    { pull: 'docker.io/ann/app:1', images: ['["sha256:a",["ann/app:1"],null,null]'], exists: true },
    {
      pull: 'localhost:5000/app:1',
      images: ['["sha256:a",["a:1"],[],null]', '["sha256:a",["localhost:5000/app:1"],[],null]'],
      exists: true,
    },
    { pull: `redis@${DIGEST}`, images: [`["sha256:a",null,["redis@${DIGEST}"],null]`], exists: true },
    { pull: `redis:8@${DIGEST}`, images: [`["sha256:a",[],["redis@${DIGEST}"],null]`], exists: true },
    { pull: `redis:8@${DIGEST}`, images: ['["sha256:a",["redis:8"],["redis@sha256:0"],null]'], exists: false },
    { pull: 'redis:8', images: [''], exists: false },
  ])('$pull among $images: $exists', ({ pull, images, exists }) => {
    const [actual] = dockerImage.parse(`${images.join('\n')}\n`, desired(dockerImage, [{ pull }]));
    expect(actual).toMatchObject({ exists });
  });

  it('knows its own images by what the builder wrote into them', () => {
    const tag = contextTag(context, { args: { VERSION: '3 "x"' } });
    const read = (label: string) =>
      dockerImage.parse(`["sha256:a",["shop/app:${tag}"],[],"${label}"]\n`, desired(dockerImage, [build]))[0] as never;
    expect(changesOf(dockerImage, build, read(tag))).toEqual([]);
    expect(changesOf(dockerImage, build, read(''))).toMatchObject([{ action: 'update', what: 'content' }]);
    const written = (id: string) =>
      dockerImage.parse(
        `recorded shop/app:${tag} sha256:${id}\n["sha256:a",["shop/app:${tag}"],[],"${tag}"]\n`,
        desired(dockerImage, [build]),
      )[0] as never;
    expect(changesOf(dockerImage, build, written('a'))).toEqual([]);
    expect(changesOf(dockerImage, build, written('b'))).toMatchObject([{ action: 'update', what: 'content' }]);
    expect(changesOf(dockerImage, build, { exists: false })).toEqual([
      { action: 'create', what: '', to: `built from ${context}` },
    ]);
    expect(changesOf(dockerImage, { pull: 'redis:8' }, { exists: false })).toEqual([
      { action: 'create', what: '', to: 'pulled' },
    ]);
  });

  it.each([
    { what: 'the one that was pulled', id: 'a', digests: [`redis@${DIGEST}`], changes: [] },
    { what: 'one without a digest, as it was pulled', id: 'a', digests: null, changes: [] },
    {
      what: 'one that was pulled since by hand',
      id: 'b',
      digests: [`postgres@${DIGEST}`, `redis@${DIGEST}`],
      changes: [],
    },
    { what: 'that of another name', id: 'b', digests: [`postgres@${DIGEST}`], changes: ['content'] },
    { what: 'one that was never pulled', id: 'b', digests: [], changes: ['content'] },
  ])('knows what it pulled: $what', ({ id, digests, changes }) => {
    const wish = { pull: 'docker.io/library/redis:8' };
    const read = (output: string) => dockerImage.parse(output, desired(dockerImage, [wish]))[0] as never;
    const image = `["sha256:${id}",["postgres:17","redis:8"],${JSON.stringify(digests)},null]\n`;
    const found = changesOf(dockerImage, wish, read(`recorded redis:8 sha256:a\n${image}`));
    expect(found.map(({ what }) => what)).toEqual(changes);
    expect(changesOf(dockerImage, wish, read(image))).toEqual([]);
  });

  it('cannot tell while the engine does not answer', () => {
    const [actual] = dockerImage.parse('\nsilent\n', desired(dockerImage, [build]));
    expect(actual).toEqual({ unknown: 'the Docker Engine does not answer' });
  });

  it.each<[string, unknown, RegExp]>([
    ['neither', {}, /needs either pull, or name and build/],
    ['both', { pull: 'redis:8', name: 'app', build: { context: '/tmp' } }, /needs either/],
    ['a name that is an option', { pull: '--all' }, /pull/],
    ['a name that is code', { pull: '$(touch /tmp/x)' }, /pull/],
    ['two names', { pull: 'redis:8 redis:7' }, /pull/],
    ['capital letters', { pull: 'Redis' }, /pull/],
    ['a tag for a built image', { name: 'app:1', build: { context: '/tmp' } }, /name/],
    ['a relative context', { name: 'app', build: { context: 'app' } }, /build.context/],
    ['an argument that is none', { name: 'app', build: { context: '/tmp', args: { 'A=B': '1' } } }, /build.args/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => dockerImage(wrong as DockerImageInput)).toThrow(message);
  });

  it('tells of a context that is not there as soon as the role names it', () => {
    rmSync(context, { recursive: true });
    expect(() => dockerImage(build)).toThrow(expect.objectContaining({ code: 'file-unreadable' }));
  });
});

describe.each(shells())('the look in %s', (_, { shell = ['sh'] }) => {
  it('finds no image on a host without Docker', async () => {
    const bare = {
      shell: [`/bin/${shell[0] === 'ash' ? 'busybox' : shell[0]}`, ...(shell[0] === 'ash' ? ['ash'] : shell.slice(1))],
    };
    expect(await planned(dockerImage, { pull: 'redis:8' }, { ...bare, env: { PATH: '/nowhere' } })).toMatchObject([
      { action: 'create' },
    ]);
  });
});

async function engine(answers: readonly Answer[], state?: HostState): Promise<FakeEngine> {
  const fake = await fakeEngine(answers, state);
  onTestFinished(() => fake.close());
  return fake;
}

async function perform(input: DockerImageInput, { target }: FakeEngine): Promise<void> {
  const { kind, desired } = dockerImage(input);
  await kind.perform?.(desired, [], undefined, target);
}

describe('a pull', () => {
  it('asks for one tag and tells how far it is', async () => {
    const messages = [
      { status: 'Pulling from library/redis', id: '8' },
      { status: 'Already exists', progressDetail: {}, id: 'aaa' },
      { status: 'Pulling fs layer', progressDetail: {}, id: 'bbb' },
      { status: 'Downloading', progressDetail: { current: 1_000_000, total: 3_000_000 }, id: 'bbb' },
      { status: 'Download complete', progressDetail: {}, id: 'bbb' },
      { status: 'Extracting', progressDetail: { current: 500, total: 3_000_000 }, id: 'bbb' },
      { status: 'Pull complete', progressDetail: {}, id: 'bbb' },
      { status: 'Status: Downloaded newer image for redis:8' },
    ];
    const fake = await engine([{ messages }]);
    await perform({ pull: 'redis:8' }, fake);
    expect(fake.requests).toMatchObject([{ path: '/images/create', query: { fromImage: 'redis', tag: '8' } }]);
    expect(fake.target.told).toEqual([
      'pulling redis:8',
      'pulling redis:8: 1 of 1 layers',
      'pulling redis:8: 1 of 2 layers',
      'pulling redis:8: 1 of 2 layers, 977 KiB of 2.9 MiB',
      'pulling redis:8: 1 of 2 layers, 2.9 MiB of 2.9 MiB',
      'pulling redis:8: 1 of 2 layers, 2.9 MiB of 2.9 MiB',
      'pulling redis:8: 2 of 2 layers, 2.9 MiB of 2.9 MiB',
    ]);
  });

  it.each([
    { pull: 'redis', tag: 'latest' },
    { pull: `redis:8@${DIGEST}`, tag: DIGEST },
  ])('never asks for all tags: $pull', async ({ pull, tag }) => {
    const fake = await engine([{ messages: [] }]);
    await perform({ pull }, fake);
    expect(fake.requests[0]?.query).toMatchObject({ fromImage: 'redis', tag });
  });

  it.each([
    {
      answer: { messages: [{ error: 'manifest unknown', errorDetail: { message: 'manifest unknown' } }] },
      error: { code: 'pull-failed', message: 'redis:9 cannot be pulled: manifest unknown', hint: /name and the tag/ },
    },
    {
      answer: { status: 404, messages: [{ message: 'pull access denied for redis, repository does not exist' }] },
      error: {
        code: 'pull-failed',
        message: 'redis:9 cannot be pulled: pull access denied for redis, repository does not exist',
        hint: /docker login/,
      },
    },
    {
      answer: { messages: [{ error: 'write /var/lib/docker/x: no space left on device' }] },
      error: { code: 'disk-full', message: 'no space is left for the image redis:9', hint: /docker image prune/ },
    },
  ])('fails with $error.message', async ({ answer, error }) => {
    await expect(perform({ pull: 'redis:9' }, await engine([answer]))).rejects.toMatchObject({
      ...error,
      hint: expect.stringMatching(error.hint),
    });
  });

  it.each([
    ['server gave HTTP response to HTTPS client', 'plain HTTP. Name it in docker.insecure_registries: [reg.lan:5000];'],
    ['tls: x509: certificate signed by unknown authority', '/etc/docker/certs.d/reg.lan:5000/ca.crt on the host'],
    ['Head "https://reg.lan:5000/v2/shop/manifests/2": no basic auth credentials', 'docker login reg.lan:5000'],
    ['unauthorized: access to the requested resource is not authorized', 'docker login reg.lan:5000'],
    ['denied: requested access to the resource is denied', 'docker login reg.lan:5000'],
    ['toomanyrequests: you have reached your limit', 'docker login reg.lan:5000'],
  ])('says what to do with the registry that answers: %s', async (message, hint) => {
    const failed = perform({ pull: 'reg.lan:5000/shop:2' }, await engine([{ status: 500, messages: [{ message }] }]));
    await expect(failed).rejects.toMatchObject({ code: 'pull-failed', hint: expect.stringContaining(hint) });
  });

  it('ends when the user interrupts', async () => {
    const fake = await engine([{ messages: [{ status: 'Pulling fs layer', id: 'aaa' }], hangs: true }]);
    setTimeout(fake.target.abort, 100);
    await expect(perform({ pull: 'redis:8' }, fake)).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('says that the host has no engine', async () => {
    const fake = await engine([{ messages: [] }]);
    fake.close();
    await expect(perform({ pull: 'redis:8' }, fake)).rejects.toMatchObject({ code: 'pull-failed' });
  });

  it.each([
    { pull: 'registry.example.com/app:1', auths: { 'registry.example.com': { auth: 'YW5uOnA6dw==' } } },
    { pull: 'redis:8', auths: { 'https://index.docker.io/v1/': { auth: 'YW5uOnA6dw==' } } },
  ])('uses what root has logged in with: $pull', async ({ pull, auths }) => {
    const fake = await engine([{ messages: [] }], { config: JSON.stringify({ auths }) });
    await perform({ pull }, fake);
    const serveraddress = Object.keys(auths)[0];
    expect(fake.requests[0]?.credentials).toEqual({ username: 'ann', password: 'p:w', serveraddress });
  });

  it.each(['', '{"auths":{}}', '{"auths":{"other":{"auth":"YTpi"}}}', '{"credsStore":"pass"}', 'no JSON'])(
    'sends no credentials where there are none: %s',
    async (config) => {
      const fake = await engine([{ messages: [] }], { config });
      await perform({ pull: 'redis:8' }, fake);
      expect(fake.requests[0]?.credentials).toEqual({});
    },
  );
});

describe('a build', () => {
  it('sends the context and what goes with it', async () => {
    const fake = await engine([{ messages: [trace([{ digest: 'a', name: '[1/1] FROM scratch' }])] }]);
    const input = { name: 'shop/app', build: { context, args: { A: '1' }, target: 'web', dockerfile: 'Dockerfile' } };
    await perform(input, fake);
    const tag = contextTag(context, input.build);
    expect(fake.requests).toMatchObject([
      {
        path: '/build',
        query: {
          t: `shop/app:${tag}`,
          version: '2',
          target: 'web',
          dockerfile: 'Dockerfile',
          buildargs: '{"A":"1"}',
          labels: `{"provision.context":"${tag}"}`,
        },
      },
    ]);
    expect(fake.requests[0]?.body.toString()).toContain('FROM scratch\n');
    expect(fake.target.told).toEqual(['sending 1 KiB of build context', '[1/1] FROM scratch']);
  });

  it('is not needed where what was built before only lost its name', async () => {
    const fake = await engine([{ messages: [] }], { keepsBuilt: true });
    await perform(build, fake);
    expect(fake.requests).toEqual([]);
  });

  it('pulls what the build starts from first, where it is missing', async () => {
    writeFileSync(join(context, 'Dockerfile'), 'FROM debian:13\n');
    const fake = await engine([{ messages: [] }], { missing: ['debian:13'] });
    await perform(build, fake);
    expect(fake.requests.map(({ path, query }) => [path, query.fromImage])).toEqual([
      ['/images/create', 'debian'],
      ['/build', undefined],
    ]);
  });

  it('tells why an image is missing that it starts from', async () => {
    const denied = { status: 404, messages: [{ message: 'pull access denied for private/base' }] };
    const step = { digest: 'a', name: '[internal] load metadata for docker.io/private/base:1', error: 'no such host' };
    const failed = { messages: [trace([step]), { error: 'no such host' }] };
    await expect(perform(build, await engine([denied, failed], { missing: ['private/base:1'] }))).rejects.toMatchObject(
      {
        code: 'pull-failed',
        message: 'private/base:1 cannot be pulled: pull access denied for private/base',
      },
    );
  });

  it('builds all the same where it was no image that could not be pulled', async () => {
    const denied = { status: 404, messages: [{ message: 'not found' }] };
    await perform(build, await engine([denied, { messages: [] }], { missing: ['table'] }));
  });

  it('fails with the step, and what it printed last', async () => {
    const step = { digest: 'a', name: '[2/2] RUN make' };
    const messages = [
      trace([step], [{ step: 'a', text: 'cc app.c\nerror: ünï\n' }]),
      trace([{ ...step, error: 'process "/bin/sh -c make" did not complete successfully: exit code: 2' }]),
      { error: 'process "/bin/sh -c make" did not complete successfully: exit code: 2' },
    ];
    await expect(perform(build, await engine([{ messages }]))).rejects.toMatchObject({
      code: 'build-failed',
      message: expect.stringMatching(/^the build of shop\/app:\w{16} failed at \[2\/2\] RUN make: exit code 2$/),
      detail: 'cc app.c\nerror: ünï',
    });
  });

  it('recognises a full disk', async () => {
    const messages = [{ error: 'write /var/lib/docker/x: no space left on device' }];
    await expect(perform(build, await engine([{ messages }]))).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('fails where the engine refuses', async () => {
    const answer = { status: 500, messages: [{ message: 'invalid reference format' }] };
    await expect(perform(build, await engine([answer]))).rejects.toMatchObject({
      code: 'build-failed',
      message: expect.stringContaining('failed: invalid reference format'),
    });
  });

  it('refuses files that have changed since they gave the image its name', async () => {
    const { kind, desired } = dockerImage(build);
    writeFileSync(join(context, 'new'), '');
    const { target } = await engine([{ messages: [] }]);
    await expect(kind.perform?.(desired, [], undefined, target)).rejects.toThrow('have changed since this run began');
  });

  it('ends when the user interrupts', async () => {
    const fake = await engine([{ messages: [trace([{ digest: 'a', name: 'RUN sleep' }])], hangs: true }]);
    setTimeout(fake.target.abort, 100);
    await expect(perform(build, fake)).rejects.toMatchObject({ code: 'interrupted' });
  });
});
