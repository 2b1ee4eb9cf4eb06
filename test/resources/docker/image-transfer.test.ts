import { Duplex, PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { ScriptResult, Source, Target } from '../../../src/resources/contract.ts';
import { sendImage } from '../../../src/resources/docker/image-transfer.ts';
import { type Script, scriptText } from '../../../src/shell/sh.ts';

/** A host that has built the image 1 as shop/worker:2, and one that fetches it from there: what each is asked, in order. */
function twoHosts({ isThere }: { isThere: boolean }) {
  const asked: string[] = [];
  const told: string[] = [];
  const note = (host: string, script: Script) => {
    const text = scriptText(script).trim();
    asked.push(`${host}: ${text.split('\n')[0]}`);
    return text;
  };
  const from: Source = {
    host: 'app1',
    stream: async (command) =>
      Duplex.from(note('app1', command).includes('inspect') ? ['sha256:1\n'] : ['some ', 'layers']),
  };
  const target: Target = {
    signal: new AbortController().signal,
    progress: (text) => void told.push(text),
    run: async (script): Promise<ScriptResult> => {
      const isUnknown = note('app2', script).startsWith('docker tag') && !isThere;
      return { code: isUnknown ? 1 : 0, stdout: '', stderr: '' };
    },
    stream: async (command) => {
      note('app2', command);
      return new PassThrough();
    },
  };
  return { from, target, asked, told };
}

const NAMED = [
  "app1: docker image inspect --format '{{.Id}}' shop/worker:2",
  'app2: docker tag sha256:1 shop/worker:2',
];
const RECORDED =
  "app2: id=$(docker image inspect --format '{{.Id}}' shop/worker:2) && mkdir -p /var/lib/provision/images/shop &&";

it('sends an image, and tells how much', async () => {
  const { from, target, asked, told } = twoHosts({ isThere: false });
  await sendImage('shop/worker:2', from, target);
  const sent = ['app1: docker save shop/worker:2 | gzip -1', 'app2: gunzip | docker load >&2'];
  expect(asked).toEqual([...NAMED, ...sent, RECORDED]);
  expect(told).toEqual(['1 KiB sent']);
});

it('sends nothing that is there under another name, as of a service that is built from the same files', async () => {
  const { from, target, asked, told } = twoHosts({ isThere: true });
  await sendImage('shop/worker:2', from, target);
  expect(asked).toEqual([...NAMED, RECORDED]);
  expect(told).toEqual([]);
});
