import { describe, expect, it } from 'vitest';
import { bringHeldConfigs, hasStaleConfig, heldBack } from '../../src/deploy/held-config.ts';
import type { Project } from '../../src/deploy/project.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import type { Emit } from '../../src/engine/events.ts';
import { type FileInput, file } from '../../src/resources/file.ts';
import type { FakeAnswer } from '../../src/transport/fake.ts';
import { BALANCER, deployHost } from './deploy-host.ts';

const CONFIG: FileInput = { path: BALANCER.configFile, content: 'new routes\n', heldBy: BALANCER.holdFolder };

/** A load balancer whose configuration has that content. */
function balancer(bytes: string, held: string | undefined, answer?: FakeAnswer) {
  const resource = file(CONFIG);
  const metadata = { type: 'file', mode: '0644', owner: 'root', group: 'root', links: 1 };
  const actual = { metadata, mounted: false, sha256: 'of something', held, bytes: Buffer.from(bytes) } as never;
  const changes = resource.kind.diff(resource.desired, actual);
  const status = changes.length > 0 ? 'change' : 'ok';
  const host = deployHost('lb1', answer, { ...BALANCER });
  return {
    ...host,
    survey: { ...host.survey, findings: [{ role: 'haproxy', resource, actual, changes, status }] },
  } as typeof host;
}

/** A project of which somebody went back to a release, or not. */
function project(balancers: Project['balancers'], isHeld = true): Project {
  const actual = { held: isHeld ? { by: 'alice@laptop', at: '2026-01-01T00:00:00Z' } : undefined };
  return { name: 'shop', places: [{ actual } as Project['places'][number]], balancers, allBalancers: balancers };
}

const steps = (emit: Emit = () => undefined) => {
  const [stop, abort] = [new AbortController().signal, new AbortController().signal];
  return newSteps({ role: 'redeploy', emit, stop, abort });
};

describe('the configuration of a load balancer', () => {
  it.each([
    ['that is held, and another one', 'old routes\n', 'since a rollback', true, true],
    ['that is another one', 'old routes\n', undefined, true, false],
  ])('%s', (_, bytes, held, isStale, isHeld) => {
    const host = balancer(bytes, held);
    expect([hasStaleConfig(host), heldBack(project([host])).includes(host)]).toEqual([isStale, isHeld]);
  });

  it('of none is neither', () => {
    const host = deployHost('web1');
    expect([hasStaleConfig(host), heldBack(project([host]))]).toEqual([false, []]);
  });

  it('that another project holds is not for this one to bring', () => {
    expect(heldBack(project([balancer('old routes\n', 'since a rollback')], false))).toEqual([]);
  });

  it('that is held is written and loaded, the others stay', async () => {
    const [held, other] = [balancer('old routes\n', 'since a rollback'), balancer('old routes\n', undefined)];
    await bringHeldConfigs(project([held, other]), steps());
    expect([held, other].map(({ connection }) => connection.exchanges)).toEqual([1, 0]);
    expect(held.connection.asked[0]?.script).toContain(BALANCER.configFile);
  });

  it('that another project holds as well is left to that', async () => {
    const host = balancer('old routes\n', 'since a rollback', () => ({ code: 75, stdout: 'blog' }));
    const told: unknown[] = [];
    await bringHeldConfigs(
      project([host]),
      steps((event) => event.type === 'step-finished' && told.push(...event.changes)),
    );
    expect(told).toEqual([{ action: 'run', what: 'left as it is', to: 'a release of blog holds it as well' }]);
  });

  it('that haproxy does not take ends it, with the reason', async () => {
    const host = balancer('old routes\n', 'since a rollback', () => ({ code: 1, stderr: 'no such backend: web\n' }));
    await expect(bringHeldConfigs(project([host]), steps())).rejects.toMatchObject({
      code: 'balancer-failed',
      host: 'lb1',
      detail: 'no such backend: web',
    });
  });
});
