/** This machine as a host for tests: what connections, tasks and facts are made of. */
import type { HostTask } from '../../src/engine/host-run.ts';
import { defineRole } from '../../src/engine/role.ts';
import { z } from '../../src/index.ts';
import type { Resource } from '../../src/resources/contract.ts';
import { raw } from '../../src/shell/sh.ts';
import { type FakeConnection, fakeConnection } from '../../src/transport/fake.ts';
import type { Connection } from '../../src/transport/types.ts';
import { type LocalOptions, runScript } from '../resources/local-target.ts';

/** Nothing is remembered of any host. */
export const NO_FACTS = { recall: async () => undefined, remember: async () => undefined };

export const NEVER = new AbortController().signal;

/** Runs what it is asked in a shell of this machine. */
export function localConnection(host = 'web1', options: LocalOptions = {}): FakeConnection {
  return fakeConnection((script) => runScript(raw(script), options), host);
}

/** A host with one role, which brings these resources. */
export function taskOf(
  name: string,
  connect: () => Promise<Connection>,
  resources: readonly Resource[] = [],
): HostTask {
  const definition = defineRole({ name: 'things', params: z.object({}), resources: () => resources });
  return {
    name,
    address: `root@${name}:22`,
    hostname: name,
    roles: [{ definition, params: {}, origin: () => undefined }],
    secrets: [],
    localPath: (path) => path,
    peers: () => [],
    connect,
  };
}
