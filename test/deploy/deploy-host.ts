/** A host of a redeploy for tests: what it is asked is answered by a fake. */
import type { DeployHost } from '../../src/deploy/deploy-host.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import type { Balancer } from '../../src/engine/role.ts';
import { sh } from '../../src/shell/sh.ts';
import { type FakeAnswer, type FakeConnection, fakeConnection } from '../../src/transport/fake.ts';

export const BALANCER: Balancer = {
  adminSocket: '/run/admin.sock',
  masterSocket: '/run/master.sock',
  configFile: '/etc/haproxy/haproxy.cfg',
  backupFile: '/var/lib/provision/balancer/before.cfg',
  holdFolder: '/var/lib/provision/balancer/held',
  reload: { id: 'reload haproxy', script: sh`true` },
  servers: [],
  site: undefined,
};

export interface FakeHost extends DeployHost {
  readonly connection: FakeConnection;
}

export function deployHost(name: string, answer?: FakeAnswer, balancer?: Balancer): FakeHost {
  const survey = { facts: ASSUMED_FACTS, pending: new Set<string>(), findings: [] };
  return { name, connection: fakeConnection(answer, name), survey, balancer, isChosen: true };
}
