import { describe, expect, it } from 'vitest';
import {
  familiarName,
  imageReference,
  imageRepository,
  registryOf,
  splitReference,
} from '../../../src/resources/docker/image-name.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('names of images', () => {
  it.each([
    { name: 'redis', familiar: 'redis:latest', registry: 'docker.io', split: ['redis', 'latest'] },
    { name: 'redis:8', familiar: 'redis:8', registry: 'docker.io', split: ['redis', '8'] },
    { name: 'library/redis:8', familiar: 'redis:8', registry: 'docker.io', split: ['library/redis', '8'] },
    {
      name: 'docker.io/library/redis',
      familiar: 'redis:latest',
      registry: 'docker.io',
      split: ['docker.io/library/redis', 'latest'],
    },
    {
      name: 'index.docker.io/ann/a:1',
      familiar: 'ann/a:1',
      registry: 'docker.io',
      split: ['index.docker.io/ann/a', '1'],
    },
    { name: 'ann/a_b.c-d/e:V1', familiar: 'ann/a_b.c-d/e:V1', registry: 'docker.io', split: ['ann/a_b.c-d/e', 'V1'] },
    {
      name: 'localhost:5000/a:1',
      familiar: 'localhost:5000/a:1',
      registry: 'localhost:5000',
      split: ['localhost:5000/a', '1'],
    },
    { name: 'localhost/a', familiar: 'localhost/a:latest', registry: 'localhost', split: ['localhost/a', 'latest'] },
    {
      name: 'registry:5000/a',
      familiar: 'registry:5000/a:latest',
      registry: 'registry:5000',
      split: ['registry:5000/a', 'latest'],
    },
    { name: 'ghcr.io/a/b:1', familiar: 'ghcr.io/a/b:1', registry: 'ghcr.io', split: ['ghcr.io/a/b', '1'] },
    { name: `redis:8@${DIGEST}`, familiar: `redis@${DIGEST}`, registry: 'docker.io', split: ['redis', DIGEST] },
  ])('$name', ({ name, familiar, registry, split: [repository, tag] }) => {
    expect(imageReference().safeParse(name).success).toBe(true);
    expect(familiarName(name)).toBe(familiar);
    expect(registryOf(name)).toBe(registry);
    expect(splitReference(name)).toEqual({ repository, tag });
  });

  it.each([
    '',
    'Redis',
    'a b',
    'a:',
    ':1',
    'a@sha256:1',
    '-a',
    'a/',
    '/a',
    'a//b',
    'a:b:c',
    '$(id)',
    'a\n',
    'ünï',
    'https://a/b',
  ])('refuses %j', (name) => {
    expect(imageReference().safeParse(name).success).toBe(false);
    expect(imageRepository().safeParse(name).success).toBe(false);
  });

  it('has no tag where there shall be none', () => {
    expect(imageRepository().safeParse('example.com:5000/shop/app').success).toBe(true);
    expect(imageRepository().safeParse('app:1').success).toBe(false);
  });
});
