import { expect, it } from 'vitest';
import type { RunTrialInput } from './contracts.js';
import { TakenTrials } from './taken-trials.js';

function setUp() {
  const clock = { now: 0 };
  const trials = new TakenTrials(() => clock.now);
  const take = (workKey: string) => {
    const trial = { isBegun: false, given: [] as string[], end: (): void => undefined };
    trial.end = trials.add({
      input: { workKey } as RunTrialInput,
      countUse: () => ({ gpuSeconds: 0, sinceMs: 0 }),
      hasBegun: () => trial.isBegun,
      handBack: (why) => trial.given.push(why),
    });
    return trial;
  };
  return { clock, trials, take };
}

it('moves those that have waited long, the latest first, and none that has begun or ended', () => {
  const { clock, trials, take } = setUp();
  const [a, b, c, d] = [take('a'), take('b'), take('c'), take('d')] as const;
  expect(trials.movable).toBe(0);
  clock.now = 10_000;
  const late = take('late');
  d.isBegun = true;
  c.end();
  expect(trials.movable).toBe(2);
  expect(trials.move(1, 'free there')).toBe(1);
  expect([a, b, c, d, late].map(({ given }) => given)).toEqual([[], ['free there'], [], [], []]);
});

it('keeps a trial in the end that comes back again and again', () => {
  const { clock, trials, take } = setUp();
  let moved = 0;
  for (let time = 0; time < 9; time += 1) {
    const trial = take('a');
    clock.now += 20_000;
    moved += trials.move(9, 'r');
    trial.end();
  }
  expect(moved).toBe(3);
});

it('hands back at once what has not begun, or all', () => {
  const { trials, take } = setUp();
  const [a, b] = [take('a'), take('b')] as const;
  a.isBegun = true;
  trials.handBackUnbegun('drains');
  expect([a.given, b.given]).toEqual([[], ['drains']]);
  trials.handBackAll('ends');
  expect([a.given, b.given]).toEqual([['ends'], ['drains', 'ends']]);
});
