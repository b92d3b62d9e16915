import { expect, test } from 'vitest';
import { activities, failureOf, setFault } from './run-trial.fixture.js';
import { createSlotPool, type SlotPool } from './slots.js';

/** Tells how what ran in its slot ended. */
function watchedPool(): { readonly pool: SlotPool; readonly ends: string[] } {
  const ends: string[] = [];
  const inner = createSlotPool([{ id: 'gpu' }]);
  const pool: SlotPool = {
    size: 1,
    free: 1,
    run: (signal, work, options) =>
      inner.run(
        signal,
        async (slot) => {
          try {
            const result = await work(slot);
            ends.push('ended');
            return result;
          } catch (error) {
            ends.push('failed');
            throw error;
          }
        },
        options,
      ),
  };
  return { pool, ends };
}

test('a slot is free once the programs have ended: what they wrote is read after it', async () => {
  setFault({ lm_eval: 'no-results' });
  const { pool, ends } = watchedPool();
  const failure = await failureOf({}, activities({ gpuPool: pool }));
  expect(failure.type).toBe('no_output');
  expect(ends).toEqual(['ended']);
});

test('a program that fails has its slot until then', async () => {
  setFault({ lm_eval: 'exit' });
  const { pool, ends } = watchedPool();
  const failure = await failureOf({}, activities({ gpuPool: pool }));
  expect(failure.type).toBe('crash');
  expect(ends).toEqual(['failed']);
});
