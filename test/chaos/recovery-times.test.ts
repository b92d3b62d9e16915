import { describe, expect, it } from 'vitest';
import { measureRescheduling, spread, type ToolCall } from './recovery-times.js';

const calls: ToolCall[] = [
  { work: '/runs/1/n1/a', at: 10 },
  { work: '/runs/1/n1/b', at: 11 },
  { work: '/runs/1/n2/c', at: 11 },
  { work: null, at: 12 },
  { work: '/runs/1/n2/b', at: 18 },
  { work: '/runs/1/n2/a', at: 19 },
];
const died = [{ folder: 'n1', atMs: 12_000 }];
const never = (): boolean => false;

describe('measureRescheduling', () => {
  it('takes the time from the death of a node until its work is started again, wherever', () => {
    expect(measureRescheduling(died, calls, new Map(), never)).toEqual([7, 6]);
  });

  it('leaves out work that was accepted before the death', () => {
    const ended = new Map([['a', 11_500]]);
    expect(measureRescheduling(died, calls, ended, never)).toEqual([6]);
  });

  it('leaves out what something else delayed', () => {
    const isDisturbed = (_: number, toMs: number): boolean => toMs > 18_500;
    expect(measureRescheduling(died, calls, new Map(), isDisturbed)).toEqual([6]);
  });
});

describe('spread', () => {
  it('gives the nearest ranks', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(spread(values)).toEqual({ count: 100, p50: 50, p99: 99, max: 100 });
    expect(spread([])).toBeUndefined();
  });
});
