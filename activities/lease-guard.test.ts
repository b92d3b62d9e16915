import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StageFailedError } from '../src/errors.js';
import type { TrialLease } from './contracts.js';
import { HeldSeconds } from './held-seconds.js';
import { LeaseGuard, sumGpuSeconds, type LeaseUse } from './lease-guard.js';

describe('LeaseGuard', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const guard = (lease: TrialLease, more: Partial<LeaseUse> = {}) => {
    const now = () => performance.now();
    const cards = new HeldSeconds({ now });
    const use = { cards, earlierGpuSeconds: 0, earlierWallSeconds: 0, now, ...more };
    return { cards, lease: new LeaseGuard(lease, use) };
  };
  const reason = ({ signal }: LeaseGuard): StageFailedError => {
    expect(signal.reason).toBeInstanceOf(StageFailedError);
    return signal.reason as StageFailedError;
  };

  it('ends an attempt when it has held its cards for as long as it may', () => {
    const { cards, lease } = guard({ gpuSeconds: 60 });
    vi.advanceTimersByTime(1_000_000);
    cards.take(2);
    vi.advanceTimersByTime(29_999);
    expect(lease.signal.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(reason(lease)).toMatchObject({
      failureClass: 'budget',
      message:
        "Expected the trial to end within its share of the sweep's budget, 60 card-seconds, got none " +
        'of it left after 60: raise budget.gpu_hours or usd in the sweep file, or see in its log what took so long.',
    });
  });

  it('counts what the attempts before held', () => {
    const { cards, lease } = guard({ gpuSeconds: 60 }, { earlierGpuSeconds: 45.5 });
    cards.take(1);
    vi.advanceTimersByTime(14_499);
    expect(lease.signal.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(reason(lease).message).toContain('after 60, 45.5 of them for attempts before:');
  });

  it('counts two stages at once as two, and none while nothing is held', () => {
    const { cards, lease } = guard({ gpuSeconds: 10 });
    const releases = [cards.take(1), cards.take(1)];
    vi.advanceTimersByTime(4_000);
    for (const release of releases) release();
    vi.advanceTimersByTime(60_000);
    expect(lease.signal.aborted).toBe(false);
    cards.take(1);
    vi.advanceTimersByTime(2_001);
    expect(lease.signal.aborted).toBe(true);
  });

  it('lets nothing begin when the stage before used up the last of it', () => {
    const { cards, lease } = guard({ gpuSeconds: 10 });
    const release = cards.take(1);
    vi.advanceTimersByTime(9_999.9);
    release();
    vi.advanceTimersByTime(100);
    cards.take(1);
    expect(lease.signal.aborted).toBe(true);
  });

  it('ends an attempt that only waits, where its wall clock is capped', () => {
    const { lease } = guard({ gpuSeconds: 10, wallSeconds: 30 }, { earlierWallSeconds: 10 });
    vi.advanceTimersByTime(19_999);
    expect(lease.signal.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(reason(lease).message).toContain('30 seconds, got none of it left after 30, 10 of them');
    expect(reason(lease).message).toContain('budget.wall_clock_hours');
  });

  it('leaves a finished result to be found when nothing is left, but lets nothing begin', () => {
    const { lease } = guard({ gpuSeconds: 10 }, { earlierGpuSeconds: 11 });
    vi.advanceTimersByTime(1000);
    expect(lease.signal.aborted).toBe(false);
    expect(() => {
      lease.requireLeft();
    }).toThrow('10 card-seconds, got none of it left after 11, 11 of them');
    expect(lease.signal.aborted).toBe(true);
  });

  it('waits longer than a timer can', () => {
    const { lease } = guard({ wallSeconds: 3_000_000 });
    vi.advanceTimersByTime(2_999_999_000);
    expect(lease.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1_001);
    expect(lease.signal.aborted).toBe(true);
  });

  it.each([
    ['no lease', {}],
    ['one that was stopped', { gpuSeconds: 1, wallSeconds: 1 }],
  ])('ends nothing with %s', (_, terms) => {
    const { cards, lease } = guard(terms);
    lease.stop();
    cards.take(100);
    vi.advanceTimersByTime(1_000_000);
    expect(lease.signal.aborted).toBe(false);
  });
});

describe('sumGpuSeconds', () => {
  it('takes failures that do not tell for none', () => {
    const failure = { class: 'crash', reason: '', stage: 'merge', attempt: 1 } as const;
    expect(
      sumGpuSeconds([failure, { ...failure, gpuSeconds: 1.5 }, { ...failure, gpuSeconds: 2 }]),
    ).toBe(3.5);
  });
});
