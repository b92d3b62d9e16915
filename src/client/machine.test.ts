import { expect, it } from 'vitest';
import { readMachine } from './machine.js';

it('knows the RAM that is left and the cores', async () => {
  const { availableRamBytes, cores } = await readMachine({});
  expect(availableRamBytes).toBeGreaterThan(0);
  expect(cores).toBeGreaterThanOrEqual(1);
});

it.each([
  ['0,1', 2],
  ['GPU-1a', 1],
  ['', 0],
])('CUDA_VISIBLE_DEVICES %j leaves %i cards', async (visible, cards) => {
  expect((await readMachine({ CUDA_VISIBLE_DEVICES: visible })).cards).toBe(cards);
});
