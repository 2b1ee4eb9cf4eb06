/** An interrupt before the first replica: no step more is begun, and nothing is left that a later run would go on with. */
import { describe, expect, it } from 'vitest';
import { rollBack } from '../../src/deploy/going-back.ts';
import { bringImages } from '../../src/deploy/preparation.ts';
import { deployProject } from '../../src/deploy/redeploy.ts';
import type { Finding } from '../../src/engine/plan.ts';
import { ProvisionError } from '../../src/errors.ts';
import { composeService } from '../../src/resources/compose/service.ts';
import { dockerImage } from '../../src/resources/docker/image.ts';
import { scriptText, sh } from '../../src/shell/sh.ts';
import type { FakeHost } from './deploy-host.ts';
import { cluster, request, told } from './fake-cluster.ts';
import { fakeShop } from './fake-shop.ts';

const UNTOUCHED = {
  code: 'interrupted',
  message: 'interrupted before the first replica of shop',
  hint: expect.stringContaining('No replica was touched, and nothing is left unfinished'),
};

const MIGRATION = {
  id: 'command:migrate',
  kind: { kind: 'command', apply: () => sh`alembic upgrade head` },
  desired: {},
};

/** Both hosts have a service that needs that as well, and it is to be done there. */
function withService(needed: unknown) {
  const { project, ...hosts } = cluster();
  const service = composeService({
    ...{ project: 'shop', directory: '/opt/shop', service: 'app', image: 'shop/app:1', replicas: 1 },
    slots: [{ name: 'app-1', container: 'shop-app-1', definition: '' }],
    needs: [MIGRATION.id],
  });
  const findings = [service, needed].map((resource) => {
    return { role: 'stack', resource, actual: {}, changes: [], status: 'change' } as unknown as Finding;
  });
  const places = project.places.map((place) => {
    return { ...place, host: { ...place.host, survey: { ...place.host.survey, findings } } };
  });
  return { ...hosts, project: { ...project, places } };
}

/** Its connection ends with the migration. */
function lose({ connection }: FakeHost): void {
  const { run } = connection;
  connection.run = async (script, options) => {
    if (scriptText(script).includes('alembic')) throw new ProvisionError('connection-lost', 'it was closed');
    return run(script, options);
  };
}

/** What a host has left written down as under way. */
function unfinished(host: FakeHost): boolean {
  const scripts = told(host);
  return scripts.lastIndexOf('mv .provision/deploy.new') > scripts.lastIndexOf('rm -f .provision/deploy.json');
}

describe('an interrupt before the first replica', () => {
  it('before an image ends it there', async () => {
    const { project, app1 } = withService(dockerImage({ pull: 'shop/app:1' }));
    await expect(bringImages(project, request('redeploy', 'start'))).rejects.toMatchObject(UNTOUCHED);
    expect(told(app1)).toBe('');
  });

  it('while it migrates ends it with that migration, and tells so on the hosts', async () => {
    const { project, app1, app2 } = withService(MIGRATION);
    const ended = deployProject(project, request('redeploy', 'app1 app: migrate'));
    await expect(ended).rejects.toMatchObject(UNTOUCHED);
    expect(told(app1)).toContain('alembic');
    expect(told(app2)).not.toContain('alembic');
    for (const host of [app1, app2]) expect(told(host)).not.toContain('deploy.json');
    expect(told(app1)).toMatch(/redeploy shop: release 3 stays; interrupted after 45\.\d s/);
    expect(told(app2)).toMatch(/redeploy shop: release 2 stays; interrupted after 45\.\d s/);
  });

  it('that is followed by a second one says what is still going on', async () => {
    const { project, app1 } = withService(MIGRATION);
    lose(app1);
    await expect(deployProject(project, request('redeploy', 'app1 app: migrate', true))).rejects.toMatchObject({
      code: 'interrupted',
      message: 'broken off before the first replica of shop',
      hint: 'No replica was touched. What was going on on a host may go on there to its end. Run it again: it waits for that.',
    });
  });

  it.each(['app1', 'app2'])('while the release is written down on %s leaves nothing unfinished', async (at) => {
    const { project, app1, app2 } = cluster();
    const ended = deployProject(project, request('redeploy', `${at} release 8: write down`));
    await expect(ended).rejects.toMatchObject(UNTOUCHED);
    expect(told(app2).includes('"deploy":')).toBe(at === 'app2');
    for (const host of [app1, app2]) {
      expect(unfinished(host)).toBe(false);
      expect(told(host)).toContain('forget 8');
      expect(told(host)).toContain('stays; interrupted after');
      expect(told(host)).not.toContain('ln -s');
    }
  });

  it('leaves unfinished what was so before', async () => {
    const journal = { action: 'redeploy', from: 3, to: 4, by: 'bob@desk', at: '2026-11-20T00:00:00Z' } as const;
    const { project, app1, app2 } = cluster([1, 2], journal);
    const ended = deployProject(project, request('redeploy', 'app2 release 8: write down'));
    await expect(ended).rejects.toMatchObject({ hint: expect.stringContaining('What was unfinished before still is') });
    expect(unfinished(app1)).toBe(true);
    expect(app1.connection.asked.findLast(({ script }) => script.includes('deploy.new'))?.inputs.join()).toContain(
      '"by":"bob@desk"',
    );
    expect(unfinished(app2)).toBe(false);
  });

  it('before a rollback begins leaves nothing unfinished', async () => {
    const { project, app1, app2 } = cluster();
    await expect(deployProject(project, request('rollback', 'start'))).rejects.toMatchObject(UNTOUCHED);
    for (const host of [app1, app2]) expect(told(host)).not.toContain('deploy.new');
  });

  it('leaves the load balancers the configuration that they have', async () => {
    const shop = fakeShop();
    const { project, lb1 } = cluster();
    shop.interrupt();
    const ended = rollBack(project, shop.sites, shop.options.steps, false);
    await expect(ended).rejects.toMatchObject({ code: 'interrupted' });
    expect(told(lb1)).toBe('');
  });
});

it('a migration that fails leaves nothing to go on with', async () => {
  const { project, app1 } = withService(MIGRATION);
  const { run } = app1.connection;
  app1.connection.run = async (script, options) =>
    scriptText(script).includes('alembic') ? { code: 1, stdout: '', stderr: 'no such table' } : run(script, options);
  await expect(deployProject(project, request('redeploy'))).rejects.toMatchObject({
    message: 'the migration of app failed: nothing else was touched',
    hint: 'Mend the cause and redeploy again.',
  });
});
