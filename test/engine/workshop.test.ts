import { describe, expect, it } from 'vitest';
import { newWorkshop, type Order, type Workshop } from '../../src/engine/workshop.ts';
import { ProvisionError } from '../../src/index.ts';

const never = new AbortController().signal;

/** Hosts that wish for the same image, and what they did for it. */
function hosts(workshop: Workshop, doings: Partial<Record<string, Partial<Order>>> = {}) {
  const done: string[] = [];
  const bring = (host: string, signal = never) => {
    const source = { host, stream: () => Promise.reject(new Error('no stream here')) };
    const make = async () => {
      await (doings[host]?.make?.() ?? Promise.resolve());
      done.push(`${host} makes`);
    };
    const fetch: Order['fetch'] = async (from) => {
      await (doings[host]?.fetch?.(from) ?? Promise.resolve());
      done.push(`${host} fetches from ${from.host}`);
    };
    const progress = (text: string) => void done.push(`${host}: ${text}`);
    return workshop.bring({ thing: 'image', source, make, fetch }, { progress, signal });
  };
  return { done, bring };
}

const failure = () => Promise.reject(new ProvisionError('build-failed', 'no luck'));

describe('a workshop', () => {
  it('has one host make it, and the others fetch it from there', async () => {
    const { done, bring } = hosts(newWorkshop());
    await Promise.all([bring('web1'), bring('web2')]);
    await bring('web3');
    expect(done.filter((line) => !line.includes('waiting'))).toEqual([
      'web1 makes',
      'web2 fetches from web1',
      'web3 fetches from web1',
    ]);
    expect(done[0]).toBe('web2: waiting for web1, which makes it');
  });

  it('has each make it where the first one failed', async () => {
    const { done, bring } = hosts(newWorkshop(), { web1: { make: failure } });
    const [first, second] = await Promise.allSettled([bring('web1'), bring('web2')]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'build-failed' } });
    expect(second.status).toBe('fulfilled');
    expect(done.at(-1)).toBe('web2 makes');
  });

  it('makes what cannot be fetched', async () => {
    const { done, bring } = hosts(newWorkshop(), { web2: { fetch: failure } });
    await Promise.all([bring('web1'), bring('web2')]);
    expect(done.at(-1)).toBe('web2 makes');
  });

  it('makes again what is gone from the host that made it', async () => {
    const { done, bring } = hosts(newWorkshop());
    await bring('web1');
    await bring('web1');
    expect(done).toEqual(['web1 makes', 'web1 makes']);
  });

  it('lets nobody go whose work is being fetched', async () => {
    const workshop = newWorkshop();
    const sent = Promise.withResolvers<void>();
    const { done, bring } = hosts(workshop, { web2: { fetch: () => sent.promise } });
    await bring('web1');
    const fetching = bring('web2');
    let hasLeft = false;
    const leaving = workshop.leave('web1').then(() => {
      hasLeft = true;
    });
    await new Promise(setImmediate);
    expect(hasLeft).toBe(false);
    sent.resolve();
    await Promise.all([leaving, fetching]);
    expect(done.at(-1)).toBe('web2 fetches from web1');
    await workshop.leave('web3');
  });

  it('does not wait where the user breaks it off', async () => {
    const workshop = newWorkshop();
    const made = Promise.withResolvers<void>();
    const { bring } = hosts(workshop, { web1: { make: () => made.promise } });
    const first = bring('web1');
    const user = new AbortController();
    const second = bring('web2', user.signal);
    user.abort();
    await expect(second).rejects.toMatchObject({ code: 'interrupted' });
    made.resolve();
    await first;
  });
});
