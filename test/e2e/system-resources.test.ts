/** Packages and services against a real apt, dpkg and systemd, of both releases. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packages } from '../../src/resources/packages.ts';
import { reloadService, restartService, service } from '../../src/resources/service.ts';
import { type LabHost, startHost } from '../lab/host.ts';
import { applyOn, runOn } from './host-target.ts';

describe.each(['trixie', 'bookworm'] as const)('system resources on %s', (distro) => {
  let host: LabHost;
  beforeAll(async () => {
    host = await startHost({ distro, name: `system-${distro}` });
  });
  afterAll(() => host?.stop());

  describe('packages', () => {
    it('installs on a host without package lists, and then has nothing to do', async () => {
      const wish = { names: ['jq', 'awk'] };
      expect(await applyOn(host, packages, wish)).toEqual({
        changes: [{ action: 'create', what: 'jq' }],
        left: [],
        failure: undefined,
      });
      expect((await applyOn(host, packages, wish)).changes).toEqual([]);
    });

    it('removes, and does not take what is left of the configuration for a package', async () => {
      await applyOn(host, packages, { names: ['logrotate'] });
      expect(await applyOn(host, packages, { names: ['logrotate'], state: 'absent' })).toMatchObject({ left: [] });
      expect((await host.exec("dpkg-query -W -f '${db:Status-Status}' logrotate")).stdout).toBe('config-files');
      const again = await applyOn(host, packages, { names: ['logrotate'] });
      expect(again).toMatchObject({ changes: [{ action: 'create', what: 'logrotate' }], left: [] });
    });

    it('names every package that there is not, and who provides a virtual one', async () => {
      const { failure } = await applyOn(host, packages, { names: ['jq', 'nosuch1', 'nosuch2'] });
      expect(failure).toBe('reason: the package sources of this host do not have: nosuch1 nosuch2\n');
      const virtual = await applyOn(host, packages, { names: ['mail-transport-agent'] });
      expect(virtual.failure).toMatch(/do not have: mail-transport-agent\n[\s\S]*provided by:\n[\s\S]*postfix/);
    });

    it('waits for another installation', async () => {
      // fcntl(2) and not flock(1): it is what dpkg locks with.
      await host.exec(`cd /root && apt-get -q download hello && mv hello_*.deb hello.deb
        perl -MFcntl -e 'open F, ">>/var/lib/dpkg/lock-frontend";
          $lock = pack("s s x![q] q q i", F_WRLCK, 0, 0, 0, 0); fcntl F, F_SETLK, $lock or die; sleep 6' </dev/null >/dev/null 2>&1 &
        sleep 1`);
      const started = performance.now();
      expect(await applyOn(host, packages, { names: ['hello'] })).toMatchObject({ left: [], failure: undefined });
      expect(performance.now() - started).toBeGreaterThan(3000);
    });

    it('finishes what an interrupted dpkg left', async () => {
      await host.exec('dpkg --purge hello; dpkg --unpack /root/hello.deb; touch /var/lib/dpkg/updates/0001');
      expect(await applyOn(host, packages, { names: ['hello'] })).toMatchObject({ left: [], failure: undefined });
    });

    it('recognises a full disk', async () => {
      await host.exec('apt-get clean; mount -t tmpfs -o size=4k none /var/cache/apt/archives');
      const { failure } = await applyOn(host, packages, { names: ['tree'] });
      await host.exec('umount /var/cache/apt/archives');
      expect(failure).toMatch(/^No space left on device:\n/);
    });
  });

  describe('service', () => {
    const INSTALL = '[Install]\nWantedBy=multi-user.target';

    async function unit(name: string, text: string): Promise<void> {
      const file = `/etc/systemd/system/${name}.service`;
      await host.exec(`cat >${file} <<'E'\n[Service]\n${text}\nE\nsystemctl daemon-reload`);
    }

    const start = (name: string) => applyOn(host, service, { name, state: 'running' });

    it('starts and enables, restarts, stops and disables', async () => {
      await unit('good', `ExecStart=/bin/sleep 1000\n${INSTALL}`);
      const run = await applyOn(host, service, { name: 'good', state: 'running', enabled: true });
      expect(run.changes.map(({ what, from }) => [what, from])).toEqual([
        ['state', 'stopped'],
        ['enabled', 'disabled'],
      ]);
      expect(run).toMatchObject({ left: [], failure: undefined });
      const pid = () => host.exec('systemctl show -p MainPID --value good');
      const before = (await pid()).stdout;
      expect((await runOn(host, restartService('good').script)).code).toBe(0);
      expect((await pid()).stdout).not.toBe(before);
      expect((await runOn(host, reloadService('good').script)).stderr).toContain('Job type reload is not applicable');
      const stop = await applyOn(host, service, { name: 'good', state: 'stopped', enabled: false });
      expect(stop).toMatchObject({ left: [], failure: undefined });
      expect((await runOn(host, restartService('good').script)).code).toBe(0);
      expect((await start('good')).changes).toHaveLength(1);
    });

    it.each([
      { name: 'dies', text: "ExecStart=/bin/sh -c 'echo last words; exit 3'", says: ['exit status 3', 'last words'] },
      {
        name: 'dies-later',
        text: "Restart=always\nExecStart=/bin/sh -c 'sleep 0.3; echo last words; exit 4'",
        says: ['dies-later.service is', 'last words'],
      },
      {
        name: 'waits',
        text: "Restart=always\nRestartSec=60\nExecStart=/bin/sh -c 'echo last words; exit 5'",
        says: ['exit status 5', 'last words'],
      },
      { name: 'silent', text: 'Type=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep 9', says: ['result timeout'] },
      { name: 'nosuch', text: 'ExecStart=/nonexistent', says: ['exit status 203'] },
    ])('fails with the last words of a service that $name', async ({ name, text, says }) => {
      await unit(name, text);
      const { failure } = await start(name);
      for (const part of says) expect(failure).toContain(part);
    });

    it('starts one that failed too often to be started, once its cause is gone', async () => {
      await unit('often', 'Restart=always\nRestartSec=0\nExecStart=/bin/false');
      expect((await start('often')).failure).toBeDefined();
      await host.exec('sleep 1');
      expect((await start('often')).changes).toMatchObject([{ from: 'failed' }]);
      await unit('often', 'Restart=always\nExecStart=/bin/sleep 1000');
      expect(await start('often')).toMatchObject({ left: [], failure: undefined });
    });

    it('counts one that has done its work, and remains, as running', async () => {
      await unit('once', 'Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true');
      expect(await start('once')).toMatchObject({ left: [], failure: undefined });
    });

    it('fails where the service is not installed', async () => {
      const { changes, failure } = await start('missing');
      expect(changes).toEqual([{ action: 'update', what: 'state', from: 'not installed', to: 'running' }]);
      expect(failure).toContain('Unit missing.service not found');
      expect((await runOn(host, restartService('missing').script)).code).toBe(0);
    });
  });
});
