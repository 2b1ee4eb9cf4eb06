import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { highestGiven, noteNumber } from '../../src/deploy/numbers.ts';
import { raw } from '../../src/shell/sh.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';
import { BALANCER, deployHost } from './deploy-host.ts';

describe.each(shells())('the numbers that load balancers know, in %s', (_, options) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'numbers-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A load balancer whose state is in the folder of the test. */
  function balancer(name: string) {
    const here = (script: string) => raw(script.replaceAll('/var/lib/provision/balancer', join(folder, name)));
    return deployHost(name, (script) => runScript(here(script), options), BALANCER);
  }

  it('are none before the first one', async () => {
    expect(await highestGiven([balancer('lb1'), balancer('lb2')], 'shop')).toBe(0);
  });

  it('are those of configurations that were kept', async () => {
    mkdirSync(join(folder, 'lb1/shop'), { recursive: true });
    for (const name of ['9.cfg', '10.cfg', 'new', 'x12.cfg']) writeFileSync(join(folder, 'lb1/shop', name), '');
    expect(await highestGiven([balancer('lb1')], 'shop')).toBe(10);
  });

  it('are those that were given, of each project its own', async () => {
    const [first, second] = [balancer('lb1'), balancer('lb2')];
    await noteNumber([first, second], 'shop', 4);
    await noteNumber([second], 'shop', 11);
    expect(await highestGiven([first, second], 'shop')).toBe(11);
    expect(await highestGiven([first], 'shop')).toBe(4);
    expect(await highestGiven([first, second], 'blog')).toBe(0);
    expect(existsSync(join(folder, 'lb1/shop/last.new'))).toBe(false);
  });
});

it('what cannot be written down tells on which host', async () => {
  const full = deployHost('lb1', () => ({ code: 1, stderr: 'No space left on device' }), BALANCER);
  await expect(noteNumber([full], 'shop', 4)).rejects.toMatchObject({ code: 'disk-full', host: 'lb1' });
});
