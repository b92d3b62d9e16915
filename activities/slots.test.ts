import { expect, test } from 'vitest';
import { createSlotPool } from './slots.js';

const { signal } = new AbortController();

test("a slot is one trial's at a time, first come, first served", async () => {
  const pool = createSlotPool([{ id: 'only', cudaDevices: ['1'] }]);
  const log: string[] = [];
  const work = (name: string) =>
    pool.run(signal, async (slot) => {
      log.push(`${name} takes ${slot.id}`);
      await Promise.resolve();
      log.push(`${name} ends`);
    });
  await Promise.all([work('a'), work('b')]);
  expect(log).toEqual(['a takes only', 'a ends', 'b takes only', 'b ends']);
});

test('says how many slots nothing runs in', async () => {
  const pool = createSlotPool([{ id: 'a' }, { id: 'b' }]);
  expect(await pool.run(signal, () => Promise.resolve(pool.free))).toBe(1);
  expect(pool.free).toBe(2);
});

test('work that fails gives its slot back', async () => {
  const pool = createSlotPool([{ id: 'only' }]);
  await expect(pool.run(signal, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
  await expect(pool.run(signal, (slot) => Promise.resolve(slot.id))).resolves.toBe('only');
});

test('work that has ended frees one slot, however much is waiting', async () => {
  const pool = createSlotPool([{ id: 'only' }]);
  const { signal } = new AbortController();
  await pool.run(signal, () => Promise.resolve());
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  };
  await Promise.all([pool.run(signal, work), pool.run(signal, work), pool.run(signal, work)]);
  expect(most).toBe(1);
});

test('who stops waiting takes no slot', async () => {
  const pool = createSlotPool([{ id: 'only' }]);
  const abort = new AbortController();
  let finish = (): void => undefined;
  const holder = pool.run(signal, () => new Promise<void>((resolve) => (finish = resolve)));
  const waiter = pool.run(abort.signal, () => Promise.resolve('ran'));
  abort.abort(new Error('cancelled'));
  await expect(waiter).rejects.toThrow('cancelled');
  finish();
  await holder;
  await expect(pool.run(signal, () => Promise.resolve('free'))).resolves.toBe('free');
});

test('who needs the cards where its model lies waits for them, while others pass', async () => {
  const pool = createSlotPool([
    { id: 'a', cudaDevices: ['0', '1'] },
    { id: 'b', cudaDevices: ['2', '3'] },
  ]);
  const log: string[] = [];
  let finish = (): void => undefined;
  const holder = pool.run(signal, () => new Promise<void>((resolve) => (finish = resolve)));
  const sharing = { id: 'place', cudaDevices: ['0', '1'] };
  const note = (slot: { id: string }) => Promise.resolve(void log.push(slot.id));
  const bound = pool.run(signal, note, { sharing });
  await pool.run(signal, note);
  finish();
  await Promise.all([holder, bound]);
  expect(log).toEqual(['b', 'a']);
});

test('refuses cards that no slot has: who waits for them would wait for ever', async () => {
  const pool = createSlotPool([{ id: 'only', cudaDevices: ['1'] }]);
  const other = { sharing: { id: 'place', cudaDevices: ['2'] } };
  await expect(pool.run(signal, () => Promise.resolve(), other)).rejects.toThrow('no slot');
});
