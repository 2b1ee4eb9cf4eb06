import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { sh } from '../../shell/sh.ts';
import type { Target } from '../contract.ts';
import { registryOf } from './image-name.ts';

/** What `docker login` leaves: https://docs.docker.com/reference/cli/docker/login/. */
const Config = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().optional() })).default({}) });

/** Docker Hub is called by its first address there. */
const HUB = 'https://index.docker.io/v1/';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/**
 * The name and password with which root has logged in to the image's registry on the host; undefined where it has not.
 * They come over a stream of their own, and into no answer of a script, which `--debug` would show.
 */
export async function registryCredentials(image: string, target: Target): Promise<Credentials | undefined> {
  const stream = await target.stream(sh`cat ~root/.docker/config.json 2>/dev/null || :`);
  stream.end();
  const config = Config.safeParse(parseJson(await text(stream)));
  const registry = registryOf(image);
  const serveraddress = registry === 'docker.io' ? HUB : registry;
  const auth = config.data?.auths[serveraddress]?.auth;
  if (auth === undefined) return undefined;
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, 'base64').toString()) ?? [];
  return username === undefined || password === undefined ? undefined : { username, password, serveraddress };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
