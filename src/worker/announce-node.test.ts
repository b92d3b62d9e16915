import { expect, it } from 'vitest';
import { AnnouncementPace } from './announce-node.js';

/** Looks each second at states that stay for so many seconds; the seconds at which one was told. */
function follow(...states: readonly (readonly [state: string, seconds: number])[]): number[] {
  const pace = new AnnouncementPace();
  const told: number[] = [];
  let second = 0;
  for (const [state, seconds] of states)
    for (let passed = 0; passed < seconds; passed += 1, second += 1)
      if (pace.isDue(state, second * 1000)) told.push(second);
  return told;
}

it('announces itself at once and each minute', () => {
  expect(follow(['2 free', 150])).toEqual([0, 60, 120]);
});

it('tells a change once it has lasted, the latest in the end', () => {
  expect(follow(['2 free', 10], ['1 free', 1], ['0 free', 20])).toEqual([0, 13]);
});

it('does not tell of moments between trials, nor oftener than each 5 s', () => {
  const quick = Array.from({ length: 30 }, (_, index) => [`${index % 2} free`, 1] as const);
  expect(follow(...quick)).toEqual([0]);
  const slow = Array.from({ length: 10 }, (_, index) => [`${index % 2} free`, 3] as const);
  expect(follow(...slow)).toEqual([0, 5, 14, 23]);
});

it('tries again what did not come through', () => {
  const pace = new AnnouncementPace();
  expect(pace.isDue('2 free', 0)).toBe(true);
  pace.noteLost();
  expect([1, 4, 5].map((second) => pace.isDue('2 free', second * 1000))).toEqual([
    false,
    false,
    true,
  ]);
});
