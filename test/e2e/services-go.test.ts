/** Services that the inventory no longer has, each taken away while clients ask the site. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findHost } from '../lab/host.ts';
import { redeployInventory, version } from './app-variants.ts';
import { provision } from './provision.ts';
import { apply, output, type RedeploySite, startSite, succeeds, unnoticed } from './redeploy-site.ts';

const HOST = `services-${process.pid}`;

let site: RedeploySite;
beforeAll(async () => {
  site = await startSite(HOST, {}, [version('1')]);
});
afterAll(async () => (await findHost(HOST))?.stop());

/** The application under another name, and the route leads there. */
function renamed(name: string, hostPort?: number): string {
  const port = hostPort === undefined ? '' : `          host_port: ${hostPort}\n`;
  return redeployInventory({
    app: site.app,
    edits: {
      '        app:\n          build': `        ${name}:\n${port}          build`,
      'routes: [{ path: /, service: app }]': `routes: [{ path: /, service: ${name} }]`,
    },
  });
}

/** Containers of the application, under whatever name. */
async function containers(): Promise<string[]> {
  const { stdout } = await site.host.exec("docker ps --format '{{.Names}}' | grep -vE -- '-(db|redis)-' | sort");
  return stdout.split('\n').filter(Boolean);
}

it('goes when its route leads to another one that is new, and comes back in the same way', async () => {
  const web = renamed('web', 18_101);
  const planned = await succeeds(provision(['plan', '-i', web], site.env));
  expect(output(planned)).toMatch(/container palindrome-app-1/);
  const run = await unnoticed(site, () => succeeds(apply(site, web)));
  expect(await containers()).toEqual(['palindrome-web-1', 'palindrome-web-2']);
  // Asked by its own handshake, as the release had it.
  expect(output(run)).toMatch(/ready-for-deploy of app-/);
  expect(output(await succeeds(provision(['plan', '-i', web], site.env)))).toContain('nothing to change');
  expect((await site.host.exec('grep -c app- /opt/palindrome/compose.yml')).stdout.trim()).toBe('0');

  await unnoticed(site, () => succeeds(apply(site)));
  expect(await containers()).toEqual(['palindrome-app-1', 'palindrome-app-2']);
  expect(output(await succeeds(provision(['plan', '-i', site.inventory], site.env)))).toContain('nothing to change');
});

it('goes at once where another one gets its port, and the plan says so', async () => {
  const web = renamed('web');
  const planned = await succeeds(provision(['plan', '-i', web], site.env));
  expect(output(planned)).toMatch(
    /container palindrome-app-1 at once: its port 127\.0\.0\.1:18001 is for\s+the replicas of web/,
  );
  await succeeds(apply(site, web));
  expect(await containers()).toEqual(['palindrome-web-1', 'palindrome-web-2']);
});
