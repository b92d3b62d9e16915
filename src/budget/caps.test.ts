import { describe, expect, it } from 'vitest';
import { formatUsd, readCaps } from './caps.js';
import { raiseBudget } from './raise-budget.js';

describe('readCaps', () => {
  it('counts in seconds, and names each cap as its file does', () => {
    expect(readCaps({ gpu_hours: 12, wall_clock_hours: 1 })).toEqual({
      gpu: { seconds: 43_200, text: '12 GPU-hours', key: 'budget.gpu_hours' },
      wallClock: { seconds: 3600, text: '1 hour', key: 'budget.wall_clock_hours' },
    });
    expect(readCaps({ usd_per_gpu_hour: 3 })).toEqual({});
  });

  it('turns money into cards, and takes the tighter one of both', () => {
    const money = { usd: 80, usd_per_gpu_hour: 4 };
    const gpu = { seconds: 72_000, text: '$80', key: 'budget.usd' };
    expect(readCaps({ ...money, gpu_hours: 30 })).toEqual({ gpu });
    expect(readCaps({ ...money, gpu_hours: 10 }).gpu?.text).toBe('10 GPU-hours');
  });
});

it('raiseBudget leaves no binary digits behind', () => {
  expect(raiseBudget({ gpu_hours: 0.1 }, 'gpu_hours', 0.2)).toEqual({ gpu_hours: 0.3 });
});

it('formatUsd keeps the cents', () => {
  expect([0.004, 24.3, 80].map(formatUsd)).toEqual(['$0.004', '$24.30', '$80']);
});
