import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { newPlaces, type Place } from '../../src/engine/places.ts';

/** Enters, works through these stretches, and notes when each of them is done. */
function host(name: string, enter: () => Promise<Place>, told: string[]) {
  return async (...stretches: readonly Promise<unknown>[]) => {
    const place = await enter();
    told.push(`${name} begins`);
    for (const stretch of stretches) {
      await place.lend(stretch);
      told.push(`${name} goes on`);
    }
    place.leave();
  };
}

it('so many at a time, in order', async () => {
  const [enter, told] = [newPlaces(2), [] as string[]];
  const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const all = [host('a', enter, told)(one.promise), host('b', enter, told)(two.promise), host('c', enter, told)()];
  await sleep(50);
  expect(told).toEqual(['a begins', 'b begins']);
  two.resolve();
  await Promise.all(all.slice(1));
  expect(told.slice(2)).toEqual(['b goes on', 'c begins']);
  one.resolve();
  await all[0];
});

it('one that does not answer lends its place, and has one again before it goes on', async () => {
  const [enter, told] = [newPlaces(1), [] as string[]];
  const [silent, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const all = [
    host('hung', enter, told)(silent.promise),
    host('slow', enter, told)(slow.promise, sleep(10)),
    host('quick', enter, told)(sleep(10)),
  ];
  await sleep(4_500);
  expect(told).toEqual(['hung begins', 'slow begins', 'quick begins', 'quick goes on']);
  slow.resolve();
  await all[1];
  silent.reject(new Error('timed out'));
  await expect(all[0]).rejects.toThrow('timed out');
  expect(told.slice(4)).toEqual(['slow goes on', 'slow goes on']);
});

it('one that leaves while it waits for a place again keeps none', async () => {
  const enter = newPlaces(1);
  const [first, answer] = [await enter(), Promise.withResolvers<void>()];
  const lent = first.lend(answer.promise, 0);
  const second = await enter();
  answer.resolve();
  await sleep(5);
  first.leave();
  second.leave();
  await lent;
  const third = await Promise.race([enter(), sleep(500)]);
  expect(third).toBeDefined();
});

it('one that works has to leave before the one that lent its place goes on', async () => {
  const [enter, told] = [newPlaces(1), [] as string[]];
  const slow = host('slow', enter, told)(sleep(2_200));
  const place = await enter();
  told.push('next begins');
  await sleep(300);
  expect(told).toEqual(['slow begins', 'next begins']);
  place.leave();
  await slow;
  expect(told.at(-1)).toBe('slow goes on');
});
