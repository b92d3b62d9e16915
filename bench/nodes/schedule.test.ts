import { describe, expect, it } from 'vitest';
import { barrierSchedule, listSchedule } from './schedule.js';

describe('a schedule of drawn times', () => {
  it('gives the next trial to the slot that is free first', () => {
    expect(listSchedule([3, 1, 1, 1], 2)).toBe(3);
  });

  it('waits at a barrier for the longest of each generation', () => {
    expect(barrierSchedule([3, 1, 1, 1], 2, 2)).toBe(4);
  });

  it('costs a barrier nothing where all take the same time and fill the slots', () => {
    const same = new Array<number>(16).fill(2);
    expect(barrierSchedule(same, 8, 8)).toBe(listSchedule(same, 8));
  });

  it('leaves slots empty in the last round of a generation that does not fill them', () => {
    expect(barrierSchedule(new Array<number>(18).fill(1), 8, 9)).toBe(4);
  });
});
