import { expect, it } from 'vitest';
import { slots } from '../../src/transport/slots.ts';

it('hands out so many slots, and each again when it is free, in order', async () => {
  const take = slots(2);
  const free = await take();
  await take();
  const order: number[] = [];
  const third = take().then((freeThird) => {
    order.push(3);
    freeThird();
  });
  const fourth = take().then(() => order.push(4));
  await Promise.resolve();
  expect(order).toEqual([]);
  free();
  await Promise.all([third, fourth]);
  expect(order).toEqual([3, 4]);
});
