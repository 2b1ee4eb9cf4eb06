import { describe, expect, it } from 'vitest';
import { baseImages } from '../../../src/resources/docker/base-images.ts';

describe('the base images of a Dockerfile', () => {
  it.each([
    { dockerfile: 'FROM debian:trixie-slim\nRUN true\n', images: ['debian:trixie-slim'] },
    { dockerfile: '# FROM x\n  from debian:13 AS base \r\nFROM base\nCOPY --from=base /a /b\n', images: ['debian:13'] },
    { dockerfile: 'FROM --platform=linux/amd64 example.com:5000/a/b:1 as x', images: ['example.com:5000/a/b:1'] },
    { dockerfile: 'FROM scratch\nCOPY a /\n', images: [] },
    { dockerfile: 'ARG VERSION=18\nFROM node:${VERSION}\n', images: ['node:18'] },
    { dockerfile: 'ARG VERSION="18"\nFROM node:$VERSION-slim\n', args: { VERSION: '20' }, images: ['node:20-slim'] },
    { dockerfile: 'ARG VERSION=18\nFROM node:${VERSION}-slim\n', args: { VERSION: '20' }, images: ['node:20-slim'] },
    { dockerfile: 'ARG BASE\nFROM ${BASE}\n', images: [] },
    { dockerfile: 'ARG BASE\nFROM ${BASE}\n', args: { BASE: 'redis:8' }, images: ['redis:8'] },
    { dockerfile: 'FROM a:1\nARG BASE=b:1\nFROM ${BASE}\n', images: ['a:1'] },
    { dockerfile: 'FROM a:1\nFROM b:1\nFROM a:1\n', images: ['a:1', 'b:1'] },
    { dockerfile: 'FROM a:1\nRUN <<E\nSELECT x\nFROM t WHERE y\nE\n', images: ['a:1'] },
    { dockerfile: '', images: [] },
  ])('$dockerfile: $images', ({ dockerfile, args, images }) => {
    expect(baseImages(dockerfile, args)).toEqual(images);
  });
});
