/** Builds in a real engine: the one that the lab runs in. What hosts pull and build is part of the main job's tests. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DockerImageInput, dockerImage } from '../../src/resources/docker/image.ts';
import { IMAGE_RECORDS } from '../../src/resources/docker/image-record.ts';
import { converge, localTarget, planned } from '../resources/local-target.ts';

const NAME = `provision-test/image-${process.pid}`;

describe('docker-image', () => {
  let context: string;
  let wish: DockerImageInput;
  let leftovers: string[];

  beforeEach(() => {
    context = mkdtempSync(join(tmpdir(), 'image-'));
    leftovers = [];
    wish = { name: NAME, build: { context, args: { GREETING: `it's "$HOME" ünï` } } };
  });
  afterEach(() => {
    rmSync(context, { recursive: true });
    const images = [...leftovers, ...docker('image', 'ls', '-q', NAME).split('\n').filter(Boolean)];
    if (images.length > 0) docker('image', 'rm', '-f', ...images);
    rmSync(join(IMAGE_RECORDS, NAME.replace(/\/.*/, '')), { recursive: true, force: true });
  });

  function docker(...args: string[]): string {
    return execFileSync('docker', args, { encoding: 'utf8' }).trim();
  }

  function write(dockerfile: string): void {
    writeFileSync(join(context, 'Dockerfile'), dockerfile);
    writeFileSync(join(context, 'app.txt'), 'app\n');
    writeFileSync(join(context, 'secret.txt'), 'secret\n');
    writeFileSync(join(context, '.dockerignore'), 'secret.txt\n');
  }

  const image = () => dockerImage(wish).id.replace('docker-image:', '');
  const run = (...argv: string[]) => docker('run', '--rm', image(), ...argv);

  it('builds what only BuildKit can, once', async () => {
    write(
      'FROM debian:trixie-slim\nARG GREETING\nRUN --mount=type=cache,target=/cache printf %s "$GREETING" >/greeting\nCOPY . /app/\n',
    );
    expect(await converge(dockerImage, wish)).toMatchObject([{ action: 'create' }]);
    expect(run('cat', '/greeting')).toBe(`it's "$HOME" ünï`);
    expect(run('ls', '/app')).not.toContain('secret.txt');
    expect(run('stat', '-c', '%U:%G %a', '/app/app.txt')).toBe('root:root 644');
    expect(await planned(dockerImage, wish)).toEqual([]);
    writeFileSync(join(context, 'app.txt'), 'new\n');
    expect(await planned(dockerImage, wish)).toMatchObject([{ action: 'create' }]);
  });

  it.each([
    { other: 'any', make: () => docker('tag', 'debian:trixie-slim', image()) },
    {
      other: 'one that was committed from a container of it',
      make() {
        const container = docker('create', image(), 'true');
        docker('cp', join(context, '.dockerignore'), `${container}:/app.txt`);
        const committed = docker('commit', container, image());
        docker('rm', container);
        leftovers.push(committed);
      },
    },
  ])('sees another image under its name, $other, and gives the name back', async ({ make }) => {
    write('FROM debian:trixie-slim\nCOPY app.txt /\n');
    await converge(dockerImage, wish);
    const id = docker('image', 'inspect', '--format', '{{.Id}}', image());
    // What somebody's container has stays there, without a name.
    const container = docker('create', image(), 'true');
    try {
      make();
      expect(await converge(dockerImage, wish)).toMatchObject([{ action: 'update', what: 'content' }]);
      expect(docker('image', 'inspect', '--format', '{{.Id}}', image())).toBe(id);
      expect(run('cat', '/app.txt')).toBe('app');
    } finally {
      docker('rm', container);
    }
  });

  it('builds again what is gone', async () => {
    write('FROM debian:trixie-slim\nCOPY app.txt /\n');
    await converge(dockerImage, wish);
    docker('image', 'rm', image());
    expect(await converge(dockerImage, wish)).toMatchObject([{ action: 'create' }]);
    expect(run('cat', '/app.txt')).toBe('app');
  });

  it.each([
    {
      what: 'a step',
      dockerfile: 'FROM debian:trixie-slim\nRUN seq 30 && echo last words && exit 7\n',
      message: /failed at \[2\/2\] RUN seq 30 && echo last words && exit 7: exit code 7$/,
      detail: /^17\n[\s\S]*\n30\nlast words$/,
    },
    {
      what: 'the Dockerfile',
      dockerfile: 'FROM debian:trixie-slim\nFOO bar\n',
      message: /line 2: unknown instruction: FOO/,
    },
    { what: 'a file', dockerfile: 'FROM scratch\nCOPY secret.txt /\n', message: /secret\.txt/ },
  ])('says which $what is wrong', async ({ dockerfile, message, detail }) => {
    write(dockerfile);
    const { kind, desired } = dockerImage(wish);
    const failed = await kind.perform?.(desired, [], undefined, localTarget()).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'build-failed',
      message: expect.stringMatching(message),
      ...(detail === undefined ? {} : { detail: expect.stringMatching(detail) }),
    });
    expect(await planned(dockerImage, wish)).toMatchObject([{ action: 'create' }]);
  });
});
