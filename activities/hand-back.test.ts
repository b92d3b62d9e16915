import { expect, test, vi } from 'vitest';
import {
  activities,
  expectNoSurvivor,
  failureOf,
  setFault,
  toolsCalled,
} from './run-trial.fixture.js';
import { createSlotPool } from './slots.js';
import { TakenTrials } from './taken-trials.js';

const handedBack = { type: 'HandedBack', nonRetryable: true };

/** A pool whose only slot is taken until `free` is called. */
function takenPool() {
  const pool = createSlotPool([{ id: 'merge' }]);
  let free = (): void => undefined;
  void pool.run(
    new AbortController().signal,
    () => new Promise<void>((resolve) => (free = resolve)),
  );
  return {
    pool,
    free: () => {
      free();
    },
  };
}

test('a trial that waits for its merge goes to another node, and no tool has run', async () => {
  let nowMs = 0;
  const taken = new TakenTrials(() => nowMs);
  const { pool, free } = takenPool();
  const failing = failureOf({}, activities({ taken, mergePool: pool }));
  nowMs = 60_000;
  await vi.waitFor(() => {
    expect(taken.movable).toBe(1);
  });
  expect(taken.move(1, 'another node has a free slot')).toBe(1);
  expect(await failing).toMatchObject({
    ...handedBack,
    message: 'trial 7 was handed back: another node has a free slot',
  });
  free();
  expect(toolsCalled()).toEqual([]);
  expect(taken.movable).toBe(0);
});

test('one that has begun is not moved; where its node ends it is handed back and its processes die', async () => {
  let nowMs = 0;
  const taken = new TakenTrials(() => nowMs);
  setFault({ 'mergekit-yaml': { name: 'sleep', seconds: 60 } });
  const failing = failureOf({}, activities({ taken }));
  await vi.waitFor(
    () => {
      expect(toolsCalled()).toEqual(['mergekit-yaml']);
    },
    { timeout: 20_000 },
  );
  nowMs = 60_000;
  expect([taken.movable, taken.move(1, 'r')]).toEqual([0, 0]);
  taken.handBackUnbegun('r');
  taken.handBackAll('node n1 shut down in the middle of it');
  expect(await failing).toMatchObject(handedBack);
  await expectNoSurvivor();
});
