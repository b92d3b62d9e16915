import { describe, expect, it } from 'vitest';
import { HeldSeconds } from './held-seconds.js';

function clock() {
  let at = 5000;
  return { now: () => at, pass: (seconds: number) => void (at += 1000 * seconds) };
}

describe('HeldSeconds', () => {
  it('counts what is held for as long as it is held', () => {
    const { now, pass } = clock();
    const held = new HeldSeconds({ now });
    pass(10);
    const release = held.take(2);
    pass(3);
    expect(held.total).toBe(6);
    release();
    pass(10);
    expect(held.total).toBe(6);
  });

  it('adds what is held at once, unless that counts as one', () => {
    const { now, pass } = clock();
    const [all, one] = [new HeldSeconds({ now }), new HeldSeconds({ now, mostAtOnce: 1 })];
    const releases = [all, one].flatMap((held) => [held.take(1), held.take(2)]);
    pass(2);
    for (const release of releases) release();
    expect([all.total, one.total]).toEqual([6, 2]);
  });

  it('gives back once, however often it is told to', () => {
    const { now, pass } = clock();
    const held = new HeldSeconds({ now });
    const release = held.take(1);
    held.take(1);
    release();
    release();
    pass(1);
    expect(held.total).toBe(1);
  });

  it('gives back what failing work held', async () => {
    const held = new HeldSeconds();
    await expect(held.during(4, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    expect(held.rate).toBe(0);
  });
});
